"""Which tokens of a text does a model's answer hang on?"""

from minillm.models.attribution.gradients import (
    Score,
    gradient_norm,
    gradient_times_input,
    slopes,
)
from minillm.models.attribution.integrated_gradients import completeness_gap, integrated_gradients
from minillm.models.attribution.readings import (
    Reading,
    classifier_reading,
    margin,
    next_token_reading,
)

__all__ = [
    "Reading",
    "Score",
    "classifier_reading",
    "completeness_gap",
    "gradient_norm",
    "gradient_times_input",
    "integrated_gradients",
    "margin",
    "next_token_reading",
    "slopes",
]
