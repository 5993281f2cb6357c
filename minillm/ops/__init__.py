"""The ops, each one rule with its formula forward and backward."""

from minillm.autograd.arithmetic import (
    absolute,
    add,
    divide,
    matmul,
    multiply,
    negative,
    power,
    reshape,
    subtract,
    take,
    transpose,
)
from minillm.autograd.elementary import cos, erf, exp, log, rsqrt, sin, sqrt, tanh
from minillm.autograd.reductions import max, mean, min, std, sum, var
from minillm.backend.ids import IGNORE
from minillm.backend.kernel_switch import offer
from minillm.ops import kernels_compiled, kernels_cupy, kernels_numpy
from minillm.ops.activations import (
    gelu,
    gelu_tanh,
    log_sigmoid,
    relu,
    sigmoid,
    silu,
    softplus,
)
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.axes import expand_dims, flip, squeeze, swapaxes
from minillm.ops.balance import balance_loss
from minillm.ops.contraction import einsum
from minillm.ops.contrastive import contrastive_loss
from minillm.ops.cumulative import cumsum, prod
from minillm.ops.elementwise_losses import binary_cross_entropy_with_logits, squared_error
from minillm.ops.lookup import embedding, take_along_axis
from minillm.ops.losses import (
    cross_entropy,
    cross_entropy_with_probabilities,
    nll_loss,
    smoothed_cross_entropy,
)
from minillm.ops.noise import dropout
from minillm.ops.normalization import layer_norm, rms_norm
from minillm.ops.pooling import masked_mean
from minillm.ops.probabilities import log_softmax, logsumexp, softmax
from minillm.ops.projection import linear
from minillm.ops.selection import clip, masked_fill, maximum, minimum, where
from minillm.ops.shaping import broadcast_to, concatenate, pad, split, stack
from minillm.ops.similarity import cosine_similarity

__all__ = [
    "IGNORE",
    "absolute",
    "add",
    "balance_loss",
    "binary_cross_entropy_with_logits",
    "broadcast_to",
    "clip",
    "concatenate",
    "contrastive_loss",
    "cos",
    "cosine_similarity",
    "cross_entropy",
    "cross_entropy_with_probabilities",
    "cumsum",
    "divide",
    "dropout",
    "einsum",
    "embedding",
    "erf",
    "exp",
    "expand_dims",
    "flip",
    "gelu",
    "gelu_tanh",
    "layer_norm",
    "linear",
    "log",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "masked_fill",
    "masked_mean",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "negative",
    "nll_loss",
    "pad",
    "power",
    "prod",
    "relu",
    "reshape",
    "rms_norm",
    "rsqrt",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "sin",
    "smoothed_cross_entropy",
    "softmax",
    "softplus",
    "split",
    "sqrt",
    "squared_error",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tanh",
    "transpose",
    "var",
    "where",
]

offer("numpy", kernels_numpy.kernels)
offer("compiled", kernels_compiled.kernels)
offer("device", kernels_cupy.kernels)
