"""Answers to lesson 05's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import nn, ops

# ---- 05.1


def minus_the_largest(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def through_logarithms(scores):
    below = scores - np.max(scores, axis=1)[:, None]
    return np.exp(below - np.log(np.sum(np.exp(below), axis=1))[:, None])


def by_differences(scores):  # 1 over the sum of exp(s_j - s_i), which may well be infinite
    wide = scores.astype(float)
    return 1 / np.exp(wide[:, None, :] - wide[:, :, None]).sum(axis=-1)


def row_by_row(scores):
    out = np.zeros(scores.shape)
    for i, row in enumerate(scores):
        powers = [np.exp(float(s) - float(max(row))) for s in row]
        out[i] = [p / sum(powers) for p in powers]
    return out


def overflows(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def long_double(scores):
    powers = np.exp(scores.astype(np.longdouble))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(float)


def of_library(scores):
    return ops.softmax(scores).data


def over_all_rows(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def down_the_columns(scores):
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def largest_of_all_rows(scores):  # a row far below the largest has no number left
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=-1, keepdims=True)


def clipped(scores):
    return overflows(np.clip(scores, -500, 500))


def minus_5000(scores):
    return overflows(scores - 5000)


def minus_the_mean(scores):
    return overflows(scores - scores.mean(axis=-1, keepdims=True))


def absolute_values(scores):
    return overflows(scores - np.abs(scores).max(axis=-1, keepdims=True))


def in_place(scores):
    scores -= scores.max(axis=-1, keepdims=True)
    return overflows(scores)


def into_the_same_dtype(scores):  # integers become 0 and 1
    p = np.empty_like(scores)
    p[:] = minus_the_largest(scores)
    return p


def two_rows(scores):
    return np.array([minus_the_largest(scores[i]) for i in range(2)])


def log_of_it(scores):
    return np.log(minus_the_largest(scores))


# ---- 05.2


def parts_of(q, k, v, g):
    """The weights, and the gradient of the scaled scores."""
    p = minus_the_largest(q @ k.T / np.sqrt(q.shape[1]))
    h = g @ v.T
    return p, p * (h - (h * p).sum(axis=1, keepdims=True)) / np.sqrt(q.shape[1])


def backward(q, k, v, g):
    p, ds = parts_of(q, k, v, g)
    return ds @ k, ds.T @ q, p.T @ g


def by_einsum(q, k, v, g):
    s = np.einsum("id,jd->ij", q, k) * q.shape[1] ** -0.5
    p = minus_the_largest(s)
    dp = np.einsum("ie,je->ij", g, v)
    ds = p * dp - p * np.einsum("ij,ij->i", p, dp)[:, None]
    scale = q.shape[1] ** -0.5
    dq, dk = np.einsum("ij,jd->id", ds, k), np.einsum("ij,id->jd", ds, q)
    return dq * scale, dk * scale, np.einsum("ij,ie->je", p, g)


def by_jacobians(q, k, v, g):  # a query at a time
    c = 1 / q.shape[1] ** 0.5
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for i in range(len(q)):
        p = minus_the_largest((c * q[i] @ k.T)[None])[0]
        ds = (np.diag(p) - np.outer(p, p)) @ (v @ g[i])
        dq[i] = c * ds @ k
        dk += c * np.outer(ds, q[i])
        dv += np.outer(p, g[i])
    return [dq, dk, dv]


def of_the_rule(q, k, v, g):
    return ops.scaled_dot_product_attention.rule(q, k, v)[1](g)


def without_scale(q, k, v, g):
    p = minus_the_largest(q @ k.T / np.sqrt(q.shape[1]))
    h = g @ v.T
    ds = p * (h - (h * p).sum(axis=1, keepdims=True))
    return ds @ k, ds.T @ q, p.T @ g


def scale_of_four(q, k, v, g):
    p = minus_the_largest(q @ k.T / 2)
    h = g @ v.T
    ds = p * (h - (h * p).sum(axis=1, keepdims=True)) / 2
    return ds @ k, ds.T @ q, p.T @ g


def width_of_the_values(q, k, v, g):
    p = minus_the_largest(q @ k.T / np.sqrt(v.shape[1]))
    h = g @ v.T
    ds = p * (h - (h * p).sum(axis=1, keepdims=True)) / np.sqrt(v.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def without_mean(q, k, v, g):
    p, _ = parts_of(q, k, v, g)
    ds = p * (g @ v.T) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def mean_down_the_columns(q, k, v, g):
    p, _ = parts_of(q, k, v, g)
    h = g @ v.T
    ds = p * (h - (h * p).sum(axis=0)) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def zero_scores(q, k, v, g):
    p, _ = parts_of(q, k, v, g)
    return q * 0, k * 0, p.T @ g


def swapped(q, k, v, g):
    dq, dk, dv = backward(q, k, v, g)
    return dk, dq, dv


def not_transposed(q, k, v, g):  # right where there are as many queries as keys, and p is even
    p, ds = parts_of(q, k, v, g)
    return ds @ k, ds @ q, p @ g


def of_ones(q, k, v, g):
    return backward(q, k, v, np.ones(g.shape))


def scaled_in_place(q, k, v, g):
    answer = backward(q, k, v, g)
    q /= np.sqrt(q.shape[1])
    return answer


# ---- 05.3


def order_gap(f, x, order):
    return np.abs(f(x[order]) - f(x)[order]).max()


def gap_by_rows(f, x, order):
    shuffled, plain = f(x[order]), f(x)
    return max(abs(shuffled[i] - plain[j]).max() for i, j in enumerate(order))


def gap_by_matrix(f, x, order):
    p = np.eye(len(x))[order]
    return float(np.linalg.norm((f(p @ x) - p @ f(x)).ravel(), np.inf))


def output_not_permuted(f, x, order):
    return np.abs(f(x[order]) - f(x)).max()


def inverse_order(f, x, order):
    return np.abs(f(x[order]) - f(x)[np.argsort(order)]).max()


def signed(f, x, order):
    return (f(x[order]) - f(x)[order]).max()


def mean_of_it(f, x, order):
    return np.abs(f(x[order]) - f(x)[order]).mean()


def turned_round(f, x, order):
    return np.abs(f(x[::-1]) - f(x)[::-1]).max()


def always_zero(f, x, order):
    return 0.0


def sorts_the_order(f, x, order):
    gap = order_gap(f, x, order)
    order.sort()
    return gap


def positions(n, d):
    return np.arange(n)[:, None] * np.ones(d) / n


def sinusoids(n, d):
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(d) // 2 * 2 / d)
    return np.where(np.arange(d) % 2, np.cos(angle), np.sin(angle))


def seeded(n, d):
    return np.random.default_rng(0).standard_normal((n, d))


def small(n, d):
    return 1e-5 * np.arange(n)[:, None] * np.ones(d)


def too_small(n, d):
    return 1e-9 * np.arange(n)[:, None] * np.ones(d)


def of_library_positions(n, d):
    return nn.sinusoids(n, d + d % 2)[:, :d]


def unseeded(n, d):
    return np.random.standard_normal((n, d))


def unseeded_generator(n, d):
    return np.random.default_rng().standard_normal((n, d))


def far_apart(n, d):
    return np.arange(n)[:, None] * np.ones(d)


def drowning(n, d):
    return 100 * far_apart(n, d)


def six_places(n, d):
    return np.arange(n)[:, None] % 6 * np.ones(d)


def thirty_places(n, d):
    return np.arange(n)[:, None] % 31 / 31 * np.ones(d)


def the_same_everywhere(n, d):
    return np.ones((n, d))


def even_and_odd(n, d):
    return np.arange(n)[:, None] % 2 * np.ones(d)


def along_the_width(n, d):
    return np.ones((n, 1)) * np.arange(d)


def mirrored(n, d):
    return np.abs(np.arange(n) - (n - 1) / 2)[:, None] * np.ones(d) / n


def three_wide(n, d):
    return positions(n, 3)


RIGHT = [
    ("05.1", "minus the largest", minus_the_largest),
    ("05.1", "through logarithms", through_logarithms),
    ("05.1", "by differences", by_differences),
    ("05.1", "a row at a time", row_by_row),
    ("05.2", "matrices", backward),
    ("05.2", "einsum", by_einsum),
    ("05.2", "Jacobians", by_jacobians),
    ("05.3", "a ramp", (order_gap, positions)),
    ("05.3", "sinusoids", (gap_by_rows, sinusoids)),
    ("05.3", "drawn with a seed", (gap_by_matrix, seeded)),
    ("05.3", "a small ramp", (order_gap, small)),
]
WRONG = [
    ("05.1", "small numbers only", overflows),
    ("05.1", "long double", long_double),
    ("05.1", "library call", of_library),
    ("05.1", "over all rows", over_all_rows),
    ("05.1", "down the columns", down_the_columns),
    ("05.1", "largest of all rows", largest_of_all_rows),
    ("05.1", "clipped", clipped),
    ("05.1", "hard-coded constant", minus_5000),
    ("05.1", "minus the mean", minus_the_mean),
    ("05.1", "minus the largest absolute value", absolute_values),
    ("05.1", "changes its input", in_place),
    ("05.1", "one dtype only", into_the_same_dtype),
    ("05.1", "hard-coded size", two_rows),
    ("05.1", "logarithm", log_of_it),
    ("05.2", "library call", of_the_rule),
    ("05.2", "scale forgotten", without_scale),
    ("05.2", "hard-coded constant", scale_of_four),
    ("05.2", "scale of the values' width", width_of_the_values),
    ("05.2", "mean forgotten", without_mean),
    ("05.2", "mean down the columns", mean_down_the_columns),
    ("05.2", "zero scores", zero_scores),
    ("05.2", "exchanged", swapped),
    ("05.2", "hard-coded size", not_transposed),
    ("05.2", "ignores an argument", of_ones),
    ("05.2", "changes its input", scaled_in_place),
    ("05.3", "output not permuted", (output_not_permuted, positions)),
    ("05.3", "inverse order", (inverse_order, positions)),
    ("05.3", "sign", (signed, positions)),
    ("05.3", "mean", (mean_of_it, positions)),
    ("05.3", "ignores an argument", (turned_round, positions)),
    ("05.3", "always zero", (always_zero, positions)),
    ("05.3", "changes its input", (sorts_the_order, positions)),
    ("05.3", "library call", (order_gap, of_library_positions)),
    ("05.3", "global state", (order_gap, unseeded)),
    ("05.3", "depends on calls", (order_gap, unseeded_generator)),
    ("05.3", "small numbers only", (order_gap, drowning)),
    ("05.3", "whole numbers", (order_gap, far_apart)),
    ("05.3", "too small", (order_gap, too_small)),
    ("05.3", "period of 6", (order_gap, six_places)),
    ("05.3", "period of 31", (order_gap, thirty_places)),
    ("05.3", "the same everywhere", (order_gap, the_same_everywhere)),
    ("05.3", "even and odd", (order_gap, even_and_odd)),
    ("05.3", "along the width", (order_gap, along_the_width)),
    ("05.3", "mirrored", (order_gap, mirrored)),
    ("05.3", "hard-coded size", (order_gap, three_wide)),
]
HALF = [
    ("05.1", (lambda s: ...,)),
    ("05.2", (lambda q, k, v, g: ...,)),
    ("05.3", (lambda f, x, order: ..., positions)),
    ("05.3", (order_gap, lambda n, d: ...)),
]
MESSAGES = {
    ("05.1", long_double): ("however large the scores", "[[20000.0]]", "not finite"),
    ("05.1", in_place): ("has changed an argument in place",),
    ("05.2", of_the_rule): ("it calls ops.attention.scaled_dot_product_attention",),
    ("05.2", swapped): ("dL/dq: the shape is (2, 1), not (1, 1)",),
    ("05.3", (order_gap, six_places)): ("positions(n=7, d=1)", "positions 0 and 6 can be swapped"),
    ("05.3", (order_gap, far_apart)): ("can be swapped unnoticed", "softmax then sees it alone"),
    ("05.3", (order_gap, drowning)): ("can be swapped unnoticed", "your table reaches"),
    ("05.2", without_mean): ("q=np.array([[0.5]]), k=np.array([[0.5]]), v=np.array([[0.5]])",),
    ("05.3", (order_gap, unseeded_generator)): ("it gives two results",),
}
