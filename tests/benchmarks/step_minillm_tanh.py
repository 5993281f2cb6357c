"""The step with this project and the tanh form of GELU, as the peers in NumPy have it."""

from functools import partial

from minillm import ops
from tests.benchmarks import step_minillm

prepared = partial(step_minillm.prepared, activation=ops.gelu_tanh)
