"""From the gradients of several tasks to the weights of one update.

An aggregator is a function of the Gram matrix ``G = J J'`` of the tasks' gradients, the rows of
the Jacobian J; it gives a weight for each row, and the update goes against ``d = J' w``.  So what
``J d = G w`` says, how fast every loss falls along -d, is known without J; and G is (m, m) for m
tasks, however many parameters there are.

Some keep what others give up: ``J d >= 0`` for every task (no conflict); d linear in the length of
each gradient (``upgrad``, ``mean``); d = 0 only where a weighted sum of the losses with weights
that are all positive is stationary.  Their tests say which keeps what.
"""

from minillm.training.objectives.aggregators.averages import mean, total
from minillm.training.objectives.aggregators.balanced import aligned_mtl, config, imtl_g, nash_mtl
from minillm.training.objectives.aggregators.conflict_averse import cagrad
from minillm.training.objectives.aggregators.gram import checked_gram, cosines_of, lengths_of
from minillm.training.objectives.aggregators.least_norm import mgda, stationary
from minillm.training.objectives.aggregators.projections import dualproj, pcgrad, upgrad

__all__ = [
    "aligned_mtl",
    "cagrad",
    "checked_gram",
    "config",
    "cosines_of",
    "dualproj",
    "imtl_g",
    "lengths_of",
    "mean",
    "mgda",
    "nash_mtl",
    "pcgrad",
    "stationary",
    "total",
    "upgrad",
]
