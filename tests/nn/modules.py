"""Small modules that several tests look at."""

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.nn import Dropout, LayerNorm, Linear, Module


class Stack(Module):
    """Attributes of every kind that a module may have."""

    def __init__(self, rng):
        self.name = "a stack"
        self.scale = Parameter([1.0, 2.0])
        self.first = Linear(2, 3, rng=rng)
        self.layers = [Linear(3, 3, rng=rng), np.tanh, LayerNorm(3)]
        self.extra = (Parameter([4.0]),)
        self.dropout = Dropout(0.5, rng=rng)


class Holder(Module):
    """One attribute, whatever it is."""

    def __init__(self, content):
        self.content = content


class Tied(Module):
    """One parameter under two names, and one module under two names."""

    def __init__(self, rng):
        self.encoder = Linear(3, 2, rng=rng)
        self.again = self.encoder
        self.table = Parameter(np.ones((2, 2)))
        self.output = self.table


ONES = Tensor(np.ones((1, 3), dtype=np.float32))
