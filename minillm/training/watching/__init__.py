"""A watch over training: it names the first op, layer or parameter at which it goes wrong."""

from minillm.training.watching.findings import FaultFound, Finding
from minillm.training.watching.limits import WatchLimits
from minillm.training.watching.watch import Watch, watched, watched_steps

__all__ = ["FaultFound", "Finding", "Watch", "WatchLimits", "watched", "watched_steps"]
