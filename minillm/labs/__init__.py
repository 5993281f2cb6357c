"""Floor 9: experiments with several seeds, each kept with everything that made its numbers."""

from minillm.labs.study import Study, mean_and_interval, read_study

__all__ = ["Study", "mean_and_interval", "read_study"]
