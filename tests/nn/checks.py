"""What the tests of layers share."""

import numpy as np

from minillm.autograd import Parameter, Tensor, check_module, gradients_of
from minillm.nn import Module


class Probe(Module):
    """A layer and its input, so that a gradient check covers both."""

    def __init__(self, layer, x):
        self.layer = layer
        self.x = Parameter(x)


def scrambled(module, rng, *, size=1.0):
    """The module in float64 with random numbers everywhere, also where it starts with 0 and 1."""
    module.to_dtype(np.float64)
    for parameter in module.parameters():
        scale = size * max(parameter.shape, default=1) ** -0.5  # keeps products of unit size
        parameter.data = scale * rng.standard_normal(parameter.shape)
    return module


def check_layer(layer, x, rng, **settings):
    """Gradient check of every parameter and of the input; returns the largest error."""
    probe = Probe(scrambled(layer, rng), x)
    return check_module(probe, lambda: probe.layer(probe.x, **settings), rng=rng)


def dtypes_of_output_and_gradients(layer, x, **settings):
    """The set of dtypes that one pass forward and backward produces."""
    probe = Probe(layer, x)
    output = probe.layer(probe.x, **settings)
    gradients = gradients_of((output * output).sum(), probe.parameters())
    return {output.dtype, *(gradient.dtype for gradient in gradients)}


def values(layer, x, **settings):
    """What a layer makes of an array, as an array."""
    return layer(Tensor(x), **settings).data
