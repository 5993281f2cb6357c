"""Answers to exercise 04.2: J of a whole table of counts, and its four gradients."""

import random
from itertools import count

import numpy as np

from minillm.models.word_vectors import Weighting, glove


def pieces(W, U, b, c, X, x_max):
    """Weights and errors of all cells; weights of cells with 0 are 0."""
    f = np.minimum((X / x_max) ** 0.75, 1)
    return f, W @ U.T + b[:, None] + c - np.log(np.where(X > 0, X, 1))


def sums(W, U, f, e):
    d_e = 2 * f * e
    return (f * e**2).sum(), d_e @ U, d_e.T @ W, d_e.sum(axis=1), d_e.sum(axis=0)


def by_the_table(W, U, b, c, X, x_max):
    return sums(W, U, *pieces(W, U, b, c, X, x_max))


def by_cells(W, U, b, c, X, x_max):
    i, j = np.nonzero(X)
    x = X[i, j]
    f = np.minimum((x / x_max) ** 0.75, 1)
    e = (W[i] * U[j]).sum(axis=1) + b[i] + c[j] - np.log(x)
    slopes = [np.zeros_like(p) for p in (W, U, b, c)]
    for slope, at, wanted in zip(
        slopes, (i, j, i, j), (U[j], W[i], np.ones(len(x)), np.ones(len(x))), strict=True
    ):
        np.add.at(slope, at, ((2 * f * e) * wanted.T).T)
    return ((f * e * e).sum(), *slopes)


def by_loops(W, U, b, c, X, x_max):
    J, d_W, d_U, d_b, d_c = 0.0, 0 * W, 0 * U, 0 * b, 0 * c
    for i in range(len(X)):
        for j in range(len(X)):
            if X[i, j] == 0:
                continue
            f = min(1.0, (X[i, j] / x_max) ** 0.75)
            e = W[i] @ U[j] + b[i] + c[j] - np.log(X[i, j])
            J += f * e**2
            d_W[i] += 2 * f * e * U[j]
            d_U[j] += 2 * f * e * W[i]
            d_b[i] += 2 * f * e
            d_c[j] += 2 * f * e
    return [J, d_W, d_U, d_b, d_c]


def by_einsum(W, U, b, c, X, x_max):
    log_x = np.log(X, where=X > 0, out=np.zeros_like(X))
    f = np.where(x_max > X, (X / x_max) ** 0.75, 1)
    e = np.einsum("id,jd->ij", W, U) + b[:, None] + c[None] - log_x
    g = 2 * f * e
    return (
        np.einsum("ij,ij,ij", f, e, e),
        np.einsum("ij,jd->id", g, U),
        np.einsum("ij,id->jd", g, W),
        np.einsum("ij->i", g),
        np.einsum("ij->j", g),
    )


def by_the_library(W, U, b, c, X, x_max):
    i, j = np.nonzero(X)
    found = glove(W[i], U[j], b[i], c[j], X[i, j], Weighting(x_max=x_max))
    slopes = [np.zeros_like(p) for p in (W, U, b, c)]
    for slope, at, d in zip(slopes, (i, j, i, j), found[1:], strict=True):
        np.add.at(slope, at, d)
    return (found.loss.sum(), *slopes)


def of_two_words(W, U, b, c, X, x_max):
    X = X.copy()
    X[2:], X[:, 2:] = 0, 0
    return by_the_table(W, U, b, c, X, x_max)


def of_the_paper(W, U, b, c, X, x_max):
    return by_the_table(W, U, b, c, X, 100)


def without_x_max(W, U, b, c, X, x_max):
    return sums(W, U, (X > 0) * 1.0, pieces(W, U, b, c, X, x_max)[1])


def without_second_bias(W, U, b, c, X, x_max):
    return by_the_table(W, U, b, 0 * c, X, x_max)


def in_place(W, U, b, c, X, x_max):
    empty = X == 0
    X[empty] = 1
    f, e = pieces(W, U, b, c, X, x_max)
    return sums(W, U, np.where(empty, 0, f), e)


def in_half_precision(W, U, b, c, X, x_max):
    return tuple(part.astype(np.float16) for part in by_the_table(W, U, b, c, X, x_max))


def with_noise(W, U, b, c, X, x_max):
    return by_the_table(W, U, b + 0.01 * random.random(), c, X, x_max)


so_far = {}


def that_goes_on(W, U, b, c, X, x_max):
    calls = so_far.setdefault("calls", count())
    return by_the_table(W, U, b + next(calls), c, X, x_max)


def not_a_number(W, U, b, c, X, x_max):
    f = np.minimum((X / x_max) ** 0.75, 1)
    with np.errstate(all="ignore"):
        return sums(W, U, f, W @ U.T + b[:, None] + c - np.log(X))


def zeros_as_ones(W, U, b, c, X, x_max):
    return by_the_table(W, U, b, c, np.maximum(X, 1), x_max)


def plus_one(W, U, b, c, X, x_max):
    f, _ = pieces(W, U, b, c, X, x_max)
    return sums(W, U, f, W @ U.T + b[:, None] + c - np.log(X + 1))


def of_counts(W, U, b, c, X, x_max):
    f, _ = pieces(W, U, b, c, X, x_max)
    return sums(W, U, f, W @ U.T + b[:, None] + c - X)


def without_limit(W, U, b, c, X, x_max):
    return sums(W, U, (X / x_max) ** 0.75, pieces(W, U, b, c, X, x_max)[1])


def linear_weight(W, U, b, c, X, x_max):
    return sums(W, U, np.minimum(X / x_max, 1), pieces(W, U, b, c, X, x_max)[1])


def the_mean(W, U, b, c, X, x_max):
    return tuple(part / max((X > 0).sum(), 1) for part in by_the_table(W, U, b, c, X, x_max))


def without_two(W, U, b, c, X, x_max):
    J, *slopes = by_the_table(W, U, b, c, X, x_max)
    return (J, *(slope / 2 for slope in slopes))


def exchanged(W, U, b, c, X, x_max):
    J, d_W, d_U, d_b, d_c = by_the_table(W, U, b, c, X, x_max)
    return J, d_U, d_W, d_b, d_c


def exchanged_biases(W, U, b, c, X, x_max):
    J, d_W, d_U, d_b, d_c = by_the_table(W, U, b, c, X, x_max)
    return J, d_W, d_U, d_c, d_b


def not_transposed(W, U, b, c, X, x_max):
    f, e = pieces(W, U, b, c, X, x_max)
    J, d_W, _, d_b, d_c = sums(W, U, f, e)
    return J, d_W, (2 * f * e) @ W, d_b, d_c


def biases_without_weight(W, U, b, c, X, x_max):
    f, e = pieces(W, U, b, c, X, x_max)
    J, d_W, d_U, *_ = sums(W, U, f, e)
    g = 2 * (X > 0) * e
    return J, d_W, d_U, g.sum(axis=1), g.sum(axis=0)


def upwards(W, U, b, c, X, x_max):
    J, *slopes = by_the_table(W, U, b, c, X, x_max)
    return (J, *(-slope for slope in slopes))


def absolute(W, U, b, c, X, x_max):
    f, e = pieces(W, U, b, c, X, x_max)
    return ((f * abs(e)).sum(), *sums(W, U, f, e)[1:])
