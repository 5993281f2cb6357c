"""Tools for data that differ from those of training: is there a shift, and how is it undone?"""

from minillm.tasks.shift.importance import density_ratio, effective_size, weighted_mean
from minillm.tasks.shift.label_shift import label_weights, reweighted
from minillm.tasks.shift.two_sample import TwoSample, by_words, two_sample_test

__all__ = [
    "TwoSample",
    "by_words",
    "density_ratio",
    "effective_size",
    "label_weights",
    "reweighted",
    "two_sample_test",
    "weighted_mean",
]
