"""Floor 2: the ops, each one rule with its formula forward and backward."""

from minillm.autograd.arithmetic import (
    add,
    divide,
    matmul,
    mean,
    multiply,
    negative,
    reshape,
    subtract,
    sum,
    take,
    transpose,
)
from minillm.ops.activations import exp, gelu, log, relu, tanh
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.lookup import embedding
from minillm.ops.losses import IGNORE, cross_entropy, cross_entropy_with_probabilities
from minillm.ops.noise import dropout
from minillm.ops.normalization import layer_norm
from minillm.ops.probabilities import log_softmax, softmax
from minillm.ops.projection import linear
from minillm.ops.shaping import concatenate

__all__ = [
    "IGNORE",
    "add",
    "concatenate",
    "cross_entropy",
    "cross_entropy_with_probabilities",
    "divide",
    "dropout",
    "embedding",
    "exp",
    "gelu",
    "layer_norm",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "mean",
    "multiply",
    "negative",
    "relu",
    "reshape",
    "scaled_dot_product_attention",
    "softmax",
    "subtract",
    "sum",
    "take",
    "tanh",
    "transpose",
]
