"""Answers to lesson 07's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import ops
from minillm.models.bert import Bert, BertConfig


def mean(a):
    return a.mean(axis=-1, keepdims=True)


def backward(h, z, s):
    return (h - mean(h) - z * mean(h * z)) / s


def backward_by_steps(h, z, s):  # section 4 in other letters
    c, r = z * s, 1 / s
    dv = -0.5 * r**3 * (h * c).sum(axis=-1, keepdims=True)
    dc = h * r + 2 * c / h.shape[-1] * dv
    return dc - mean(dc)


def backward_by_projections(h, z, s):  # row by row, two directions taken out of h
    rows = []
    for one, unit, deviation in zip(h, z, s, strict=True):
        for direction in (np.ones_like(unit), unit):
            direction = direction / np.linalg.norm(direction)
            one = one - direction * (direction @ one)
        rows.append(one / deviation)
    return np.array(rows)


def backward_by_a_matrix(h, z, s):
    d = h.shape[-1]
    matrix = np.eye(d) - 1 / d - z[:, :, None] * z[:, None, :] / d
    return np.einsum("nij,nj->ni", matrix, h) / s


def constant_statistics(h, z, s):  # mean and variance taken for constants
    return h / s


def without_mean_of_h(h, z, s):
    return (h - z * mean(h * z)) / s


def without_variance(h, z, s):
    return (h - mean(h)) / s


def plus_instead_of_minus(h, z, s):
    return (h - mean(h) + z * mean(h * z)) / s


def sums_instead_of_means(h, z, s):
    total = h.sum(axis=-1, keepdims=True)
    return (h - total - z * (h * z).sum(axis=-1, keepdims=True)) / s


def down_the_columns(h, z, s):
    return (h - h.mean(axis=0) - z * (h * z).mean(axis=0)) / s


def divided_by_one_less(h, z, s):
    n = h.shape[-1] - 1
    return (h - mean(h) - z * (h * z).sum(axis=-1, keepdims=True) / n) / s


def divided_by_the_variance(h, z, s):
    return backward(h, z, s) / s


def deviation_forgotten(h, z, s):
    return backward(h, z, 1.0)


def four_features(h, z, s):
    return (h - h.sum(axis=-1, keepdims=True) / 4 - z * (h * z).sum(axis=-1, keepdims=True) / 4) / s


def one_deviation(h, z, s):  # the first row's, for all rows
    return backward(h, z, s[0])


def by_the_library(h, z, s):
    return ops.layer_norm.rule(z * s, np.ones(h.shape[-1]), 0 * h[0])[1](h)[0]


def in_place(h, z, s):
    h -= mean(h)
    return (h - z * mean(h * z)) / s


def with_noise(h, z, s):
    return backward(h, z, s) + 1e-3 * np.random.standard_normal(h.shape)


def transformer(x, layers):
    for layer in layers:
        y = layer.norm1(x + layer.attention(x))
        x = layer.norm2(y + layer.feed_forward(y))
    return x


def transformer_by_recursion(x, layers):
    if not layers:
        return x
    *before, last = layers
    x = transformer_by_recursion(x, before)
    y = last.norm1(last.attention(x) + x)
    return last.norm2(last.feed_forward(y) + y)


def transformer_on_a_copy(x, layers):
    stream = x.copy()
    for i in range(len(layers)):
        stream += layers[i].attention(stream)
        stream[:] = layers[i].norm1(stream)
        stream += layers[i].feed_forward(stream)
        stream = layers[i].norm2(stream)
    return stream


def feed_forward_after_the_loop(x, layers):
    for layer in layers:
        x = layer.norm1(x + layer.attention(x))
    return layers[-1].norm2(x + layers[-1].feed_forward(x)) if layers else x


def always_the_first_layer(x, layers):
    return transformer(x, layers[:1] * len(layers))


def two_layers(x, layers):
    return transformer(x, layers[:2])


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


def normalised_by_the_library(x, layers):
    for layer in layers:
        y = ops.layer_norm(x + layer.attention(x), np.ones(x.shape[-1]), np.zeros(x.shape[-1]))
        x = layer.norm2(y.data + layer.feed_forward(y.data))
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


def takes_the_layers_away(x, layers):
    while layers:
        x = transformer(x, [layers.pop(0)])
    return x


def layer_count(d, h, d_ff):
    return 4 * (d * d + d) + d * d_ff + d_ff + d_ff * d + d + 4 * d


def parameters(d, h, d_ff, layers, V, T):
    return (V + T + 2) * d + 2 * d + layers * layer_count(d, h, d_ff)


def parameters_by_shapes(d, h, d_ff, layers, V, T):
    layer = [(d, d), (d,)] * 4 + [(d, d_ff), (d_ff,), (d_ff, d), (d,)] + [(d,)] * 4
    shapes = [(V, d), (T, d), (2, d), (d,), (d,), *(layer * layers)]
    return sum(int(np.prod(shape)) for shape in shapes)


def parameters_by_heads(d, h, d_ff, layers, V, T):
    width = d // h
    attention = h * 3 * (d * width + width) + h * width * d + d
    network = (d + 1) * d_ff + (d_ff + 1) * d
    return float((V + T + 4) * d + layers * (attention + network + 2 * 2 * d))


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


def words_of_bert(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, 30522, T)


def positions_of_bert(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, 512)


def without_segments(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - 2 * d


def tables_in_every_layer(d, h, d_ff, layers, V, T):
    return layers * ((V + T + 2) * d + 2 * d + layer_count(d, h, d_ff))


def without_first_norm(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) - 2 * d


def half(d, h, d_ff, layers, V, T):
    return parameters(d, h, d_ff, layers, V, T) / 2


def asks_the_model(d, h, d_ff, layers, V, T):
    config = BertConfig(
        vocabulary_size=V, width=d, n_layers=layers, n_heads=h, hidden=d_ff, max_length=T
    )
    return Bert(config, rng=np.random.default_rng(0)).parameter_count()


def in_16_bits(d, h, d_ff, layers, V, T):
    return int(np.int64(parameters(d, h, d_ff, layers, V, T)).astype(np.int16))


def forgotten_return(d, h, d_ff, layers, V, T):
    parameters(d, h, d_ff, layers, V, T)


RIGHT = [
    ("07.1", "the two directions taken out", backward),
    ("07.1", "step by step, in these letters", backward_by_steps),
    ("07.1", "projections, a row at a time", backward_by_projections),
    ("07.1", "a matrix for each row", backward_by_a_matrix),
    ("07.2", "a loop", transformer),
    ("07.2", "by recursion", transformer_by_recursion),
    ("07.2", "a copy that is changed in place", transformer_on_a_copy),
    ("07.3", "a formula", parameters),
    ("07.3", "shape by shape", parameters_by_shapes),
    ("07.3", "head by head, as a float", parameters_by_heads),
]
WRONG = [
    ("07.1", "library call", by_the_library),
    ("07.1", "hard-coded size", four_features),
    ("07.1", "ignores an argument", deviation_forgotten),
    ("07.1", "changes its input", in_place),
    ("07.1", "global state", with_noise),
    ("07.1", "one row's deviation for all", one_deviation),
    ("07.1", "mean and variance taken for constants", constant_statistics),
    ("07.1", "without the mean", without_mean_of_h),
    ("07.1", "without the variance", without_variance),
    ("07.1", "a sign", plus_instead_of_minus),
    ("07.1", "sums instead of means", sums_instead_of_means),
    ("07.1", "the wrong axis", down_the_columns),
    ("07.1", "divided by one less", divided_by_one_less),
    ("07.1", "divided by the variance", divided_by_the_variance),
    ("07.2", "library call", normalised_by_the_library),
    ("07.2", "hard-coded size", two_layers),
    ("07.2", "ignores an argument", always_the_first_layer),
    ("07.2", "changes its input", changed_in_place),
    ("07.2", "changes its input", takes_the_layers_away),
    ("07.2", "feed-forward after the loop", feed_forward_after_the_loop),
    ("07.2", "from the last layer to the first", backwards),
    ("07.2", "one residual", one_residual),
    ("07.2", "residual from the start", residual_from_the_start),
    ("07.2", "feed-forward of x", feed_forward_of_x),
    ("07.2", "pre-norm", pre_norm),
    ("07.2", "without norms", without_norms),
    ("07.2", "norms swapped", norms_swapped),
    ("07.2", "returns too early", returns_too_early),
    ("07.3", "library call", asks_the_model),
    ("07.3", "hard-coded size", words_of_bert),
    ("07.3", "hard-coded constant", positions_of_bert),
    ("07.3", "ignores an argument", four_times_the_width),
    ("07.3", "small numbers only", in_16_bits),
    ("07.3", "a forgotten return", forgotten_return),
    ("07.3", "heads multiply", heads_multiply),
    ("07.3", "heads divide", heads_divide),
    ("07.3", "without biases", without_biases),
    ("07.3", "without the output projection", without_output_projection),
    ("07.3", "one norm a layer", one_norm_a_layer),
    ("07.3", "without segments", without_segments),
    ("07.3", "tables in every layer", tables_in_every_layer),
    ("07.3", "without the first norm", without_first_norm),
    ("07.3", "half", half),
]
HALF = [
    ("07.1", (lambda h, z, s: ...,)),
    ("07.2", (lambda x, layers: ...,)),
    ("07.3", (lambda d, h, d_ff, layers, V, T: ...,)),
]
MESSAGES = {
    ("07.1", without_mean_of_h): (
        "shift or a scale",
        "h is the same in every feature",
        "np.array(",
    ),
    ("07.1", deviation_forgotten): ("the gradient of layer normalization", "dL/dx: [["),
    ("07.2", always_the_first_layer): ("each with its own parts", "Layer(mix", "the output: [["),
    ("07.2", changed_in_place): ("changed an argument in place",),
    ("07.3", heads_multiply): ("heads changes nothing", "h = 1, 2, 4 it gives"),
}
