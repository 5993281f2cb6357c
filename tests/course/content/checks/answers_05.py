"""Answers to lesson 05's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import ops


def softmax(scores):
    return ops.softmax(scores).data


def overflows(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def over_all_rows(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def down_the_columns(scores):
    return ops.softmax(scores, axis=0).data


def largest_of_all_rows(scores):  # a row far below the largest has no number left
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=-1, keepdims=True)


def clipped(scores):
    return overflows(np.clip(scores, -500, 500))


def backward(q, k, v, g):
    return ops.scaled_dot_product_attention.rule(q, k, v)[1](g)


def without_scale(q, k, v, g):
    dq, dk, dv = backward(q, k, v, g)
    return dq * q.shape[-1] ** 0.5, dk * q.shape[-1] ** 0.5, dv


def without_mean(q, k, v, g):
    p = softmax(q @ k.T / q.shape[-1] ** 0.5)
    ds = p * (g @ v.T) / q.shape[-1] ** 0.5
    return ds @ k, ds.T @ q, p.T @ g


def zero_scores(q, k, v, g):
    return q * 0, k * 0, backward(q, k, v, g)[2]


def swapped(q, k, v, g):
    dq, dk, dv = backward(q, k, v, g)
    return dk, dq, dv


def order_gap(f, x, order):
    return np.abs(f(x[order]) - f(x)[order]).max()


def output_not_permuted(f, x, order):
    return np.abs(f(x[order]) - f(x)).max()


def inverse_order(f, x, order):
    return np.abs(f(x[order]) - f(x)[np.argsort(order)]).max()


def signed(f, x, order):
    return (f(x[order]) - f(x)[order]).max()


def always_zero(f, x, order):
    return 0.0


def positions(n, d):
    return np.arange(n)[:, None] * np.ones(d)


def the_same_everywhere(n, d):
    return np.ones((n, d))


def even_and_odd(n, d):
    return np.arange(n)[:, None] % 2 * np.ones(d)


def along_the_width(n, d):
    return np.ones((n, 1)) * np.arange(d)


RIGHT = {"05.1": (softmax,), "05.2": (backward,), "05.3": (order_gap, positions)}
WRONG = [
    *(("05.1", (f,)) for f in (overflows, over_all_rows, down_the_columns)),
    *(("05.1", (f,)) for f in (largest_of_all_rows, clipped)),
    *(("05.2", (f,)) for f in (without_scale, without_mean, zero_scores, swapped)),
    *(("05.3", (f, positions)) for f in (output_not_permuted, inverse_order)),
    *(("05.3", (f, positions)) for f in (signed, always_zero)),
    *(("05.3", (order_gap, f)) for f in (the_same_everywhere, even_and_odd, along_the_width)),
]
HALF = [
    ("05.1", (lambda s: ...,)),
    ("05.2", (lambda q, k, v, g: ...,)),
    ("05.3", (lambda f, x, order: ..., positions)),
    ("05.3", (order_gap, lambda n, d: ...)),
]
MESSAGES = {("05.1", overflows): ("however large the scores", "scores = [[", "not finite")}
