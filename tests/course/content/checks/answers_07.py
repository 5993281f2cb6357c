"""Answers to lesson 07's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

EPS = 1e-5


def normalised(x, eps=EPS, correction=0):
    centred = x - x.mean(axis=-1, keepdims=True)
    s = np.sqrt(x.var(axis=-1, keepdims=True, ddof=correction) + eps)
    return centred / s, s


def mean(a):
    return a.mean(axis=-1, keepdims=True)


def backward(x, gain, g):
    z, s = normalised(x)
    h = gain * g
    return (h - mean(h) - z * mean(h * z)) / s, (g * z).sum(axis=0), g.sum(axis=0)


def constant_statistics(x, gain, g):  # mean and variance taken for constants
    _, s = normalised(x)
    return gain * g / s, *backward(x, gain, g)[1:]


def without_mean_of_h(x, gain, g):
    z, s = normalised(x)
    h = gain * g
    return (h - z * mean(h * z)) / s, *backward(x, gain, g)[1:]


def without_variance(x, gain, g):
    _, s = normalised(x)
    h = gain * g
    return (h - mean(h)) / s, *backward(x, gain, g)[1:]


def gain_forgotten(x, gain, g):
    return backward(x, np.ones_like(gain), g)


def gain_at_the_end(x, gain, g):
    dx, *others = backward(x, np.ones_like(gain), g)
    return gain * dx, *others


def sums_instead_of_means(x, gain, g):
    z, s = normalised(x)
    h = gain * g
    dx = (h - h.sum(axis=-1, keepdims=True) - z * (h * z).sum(axis=-1, keepdims=True)) / s
    return dx, *backward(x, gain, g)[1:]


def down_the_columns(x, gain, g):
    z, s = normalised(x)
    h = gain * g
    dx = (h - h.mean(axis=0) - z * (h * z).mean(axis=0)) / s
    return dx, *backward(x, gain, g)[1:]


def divided_by_one_less(x, gain, g):
    z, s = normalised(x, correction=1)
    h = gain * g
    return (h - mean(h) - z * mean(h * z)) / s, (g * z).sum(axis=0), g.sum(axis=0)


def x_instead_of_z(x, gain, g):
    return backward(x, gain, g)[0], (g * x).sum(axis=0), g.sum(axis=0)


def mean_over_positions(x, gain, g):
    z, _ = normalised(x)
    return backward(x, gain, g)[0], (g * z).mean(axis=0), g.mean(axis=0)


def not_summed(x, gain, g):
    z, _ = normalised(x)
    return backward(x, gain, g)[0], g * z, g


def transformer(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(y + layer.feed_forward(y))
    return x


def feed_forward_after_the_loop(x, layers):
    for layer in layers:
        x = layer.norm1(x + layer.attention(x))
    return layers[-1].norm2(x + layers[-1].feed_forward(x)) if layers else x


def always_the_first_layer(x, layers):
    return transformer(x, layers[:1] * len(layers))


def backwards(x, layers):
    return transformer(x, layers[::-1])


def one_residual(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(layer.feed_forward(y))
    return x


def residual_from_the_start(x, layers):  # x + FFN(y) instead of y + FFN(y)
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(x + layer.feed_forward(y))
    return x


def feed_forward_of_x(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(y + layer.feed_forward(x))
    return x


def pre_norm(x, layers):
    for layer in layers:
        y = x + layer.attention(layer.norm1(x))
        x = y + layer.feed_forward(layer.norm2(y))
    return x


def without_norms(x, layers):
    for layer in layers:
        y = x + layer.attention(x)
        x = y + layer.feed_forward(y)
    return x


def norms_swapped(x, layers):
    for layer in layers:
        y = layer.norm2(x + layer.attention(x))
        x = layer.norm1(y + layer.feed_forward(y))
    return x


def returns_too_early(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        return layer.norm2(y + layer.feed_forward(y))
    return x


def changed_in_place(x, layers):
    for layer in layers:
        x += layer.attention(x)
        y = layer.norm1(x)
        x = layer.norm2(y + layer.feed_forward(y))
    return x


def layer_count(d, h, d_ff):
    return 4 * (d * d + d) + d * d_ff + d_ff + d_ff * d + d + 4 * d


def parameters(d, h, d_ff, layers, V, T):
    return (V + T + 2) * d + 2 * d + layers * layer_count(d, h, d_ff)


def heads_multiply(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) + layers * (h - 1) * 3 * (d * d + d)


def heads_divide(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) + layers * 3 * (d * (d // h) - d * d)


def without_biases(d, h, d_ff, layers, V, T):
    return (V + T + 2) * d + 2 * d + layers * (4 * d * d + 2 * d * d_ff + 4 * d)


def without_output_projection(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - layers * (d * d + d)


def one_norm_a_layer(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - layers * 2 * d


def four_times_the_width(d, h, d_ff, layers, V, T):
    return parameters(d, h, 4 * d, layers, V, T)


def without_segments(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - 2 * d


def tables_in_every_layer(d, h, d_ff, layers, V, T):
    return layers * ((V + T + 2) * d + 2 * d + layer_count(d, h, d_ff))


def without_first_norm(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - 2 * d


def half(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) / 2


RIGHT = {"07.1": (backward,), "07.2": (transformer,), "07.3": (parameters,)}
WRONG = [
    *(("07.1", (f,)) for f in (constant_statistics, without_mean_of_h, without_variance)),
    *(("07.1", (f,)) for f in (gain_forgotten, gain_at_the_end, sums_instead_of_means)),
    *(("07.1", (f,)) for f in (down_the_columns, divided_by_one_less, x_instead_of_z)),
    *(("07.1", (f,)) for f in (mean_over_positions, not_summed)),
    *(("07.2", (f,)) for f in (feed_forward_after_the_loop, always_the_first_layer, backwards)),
    *(("07.2", (f,)) for f in (one_residual, residual_from_the_start, feed_forward_of_x)),
    *(("07.2", (f,)) for f in (pre_norm, without_norms, norms_swapped, returns_too_early)),
    ("07.2", (changed_in_place,)),
    *(("07.3", (f,)) for f in (heads_multiply, heads_divide, without_biases)),
    *(("07.3", (f,)) for f in (without_output_projection, one_norm_a_layer)),
    *(("07.3", (f,)) for f in (four_times_the_width, without_segments, tables_in_every_layer)),
    *(("07.3", (f,)) for f in (without_first_norm, half)),
]
HALF = [
    ("07.1", (lambda x, gain, g: ...,)),
    ("07.1", (lambda x, gain, g: (..., *backward(x, gain, g)[1:]),)),
    ("07.2", (lambda x, layers: ...,)),
    ("07.3", (lambda d, h, d_ff, layers, V, T: ...,)),
]
MESSAGES = {
    ("07.1", without_mean_of_h): ("each row of dL/dx sums to 0", "x_gain_g", "sum to ["),
    ("07.1", not_summed): ("three gradients, shaped like", "dL/dgain has shape (1, 3)"),
    ("07.2", always_the_first_layer): ("each with its own parts", "Layer(mix", "the output: [["),
    ("07.2", changed_in_place): ("changed in place",),
    ("07.3", heads_multiply): ("heads changes nothing", "h = 1, 2, 4 it gives"),
}
