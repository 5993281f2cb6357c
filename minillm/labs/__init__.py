"""Experiments with several seeds, each kept with everything that made its numbers.

A folder for each topic, a file for each study; ``worlds`` makes data whose truth is known,
``learners.py`` holds what several studies train.
"""

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from minillm.labs.study import Study

__all__ = ["Study", "mean_and_interval", "read_settings", "read_study"]
