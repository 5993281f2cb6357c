"""Several processes that train one model: who they are, how they sum, what they compare."""

from minillm.training.ranks.expected_time import Wire, ring_seconds, speed_up, step_seconds
from minillm.training.ranks.ring import ring_all_reduce, ring_rounds, simulated_ring
from minillm.training.ranks.world import Ranks, open_ranks

__all__ = [
    "Ranks",
    "Wire",
    "open_ranks",
    "ring_all_reduce",
    "ring_rounds",
    "ring_seconds",
    "simulated_ring",
    "speed_up",
    "step_seconds",
]
