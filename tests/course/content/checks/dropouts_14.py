"""Answers to exercise 14.1, dropout; the first four are right."""

import numpy as np

from minillm import Tensor, nn, ops


def dropout(x, rate, rng, training):
    if not training:
        return x, np.ones_like(x)
    keep = (rng.random(x.shape) >= rate) / (1 - rate)
    return x * keep, keep


def by_choice(x, rate, rng, training):
    if not training:
        return x.copy(), np.ones(x.shape)
    keep = rng.choice([0.0, 1 / (1 - rate)], size=x.shape, p=[rate, 1 - rate])
    return keep * x, keep


def unit_by_unit(x, rate, rng, training):
    keep = np.ones(x.shape)
    if training:
        for place in np.ndindex(*x.shape):
            keep[place] = 0.0 if rng.random() < rate else 1 / (1 - rate)
    return x * keep, keep


def by_binomial(x, rate, rng, training):
    keep = rng.binomial(1, 1 - rate, x.shape) / (1 - rate) if training else np.ones(x.shape)
    return np.where(keep > 0, x * keep, 0), keep


def plain(x, rate, rng, training):  # no scaling: the mean falls to 1 - rate
    keep = (rng.random(x.shape) >= rate) * 1.0 if training else np.ones_like(x)
    return x * keep, keep


def scaled_at_evaluation(x, rate, rng, training):  # the paper's first form
    keep = (rng.random(x.shape) >= rate) * 1.0 if training else np.full(x.shape, 1 - rate)
    return x * keep, keep


def one_over_rate(x, rate, rng, training):
    keep = (rng.random(x.shape) >= rate) / rate if training else np.ones_like(x)
    return x * keep, keep


def keeps_with_the_rate(x, rate, rng, training):
    keep = (rng.random(x.shape) < rate) / rate if training else np.ones_like(x)
    return x * keep, keep


def always(x, rate, rng, training):
    return dropout(x, rate, rng, True)


def never(x, rate, rng, training):
    return dropout(x, rate, rng, False)


def whole_columns(x, rate, rng, training):
    keep = (rng.random(x.shape[-1]) >= rate) / (1 - rate) if training else 1.0
    keep = np.ones_like(x) * keep
    return x * keep, keep


def whole_rows(x, rate, rng, training):
    keep = (rng.random(len(x)) >= rate) / (1 - rate) if training else np.ones(len(x))
    keep = np.ones_like(x) * keep.reshape(-1, *[1] * (x.ndim - 1))
    return x * keep, keep


def mask_not_scaled(x, rate, rng, training):  # the backward pass would lack the factor
    y, keep = dropout(x, rate, rng, training)
    return y, (keep > 0) * 1.0


def by_the_share_kept(x, rate, rng, training):  # the mean is exact, the factor is random
    if not training:
        return x, np.ones_like(x)
    kept = rng.random(x.shape) >= rate
    keep = kept * (x.size / max(kept.sum(), 1))
    return x * keep, keep


def in_place_dropout(x, rate, rng, training):
    keep = dropout(x, rate, rng, training)[1]
    x *= keep
    return x, keep


def same_noise_every_time(x, rate, rng, training):
    return dropout(x, rate, np.random.default_rng(0), training)


OWN = np.random.default_rng(7)


def of_its_own_seed(x, rate, rng, training):
    return dropout(x, rate, OWN, training)


def no_seed(x, rate, rng, training):
    return dropout(x, rate, np.random.default_rng(), training)


def global_noise(x, rate, rng, training):
    keep = (np.random.rand(*x.shape) >= rate) / (1 - rate) if training else np.ones(x.shape)
    return x * keep, keep


def exactly_that_many(x, rate, rng, training):
    keep = np.ones(x.size)
    if training:
        keep /= 1 - rate
        keep[rng.permutation(x.size)[: round(rate * x.size)]] = 0
    keep = keep.reshape(x.shape)
    return x * keep, keep


def spread_evenly(x, rate, rng, training):  # one draw in each n-th of (0, 1): hardly varies
    cells = (rng.permutation(x.size) + rng.random(x.size)) / x.size
    keep = (cells.reshape(x.shape) >= rate) / (1 - rate) if training else np.ones(x.shape)
    return x * keep, keep


def half(x, rate, rng, training):
    return dropout(x, 0.5, rng, training)


def two_axes(x, rate, rng, training):
    n, m = x.shape
    keep = (rng.random((n, m)) >= rate) / (1 - rate) if training else np.ones((n, m))
    return x * keep, keep


def by_the_op(x, rate, rng, training):
    keep = dropout(x, rate, rng, training)[1]
    return ops.dropout(x, keep=keep).data, keep


def by_the_layer(x, rate, rng, training):
    layer = nn.Dropout(rate, rng=rng) if training else nn.Dropout(rate, rng=rng).eval()
    keep = layer(Tensor(np.ones_like(x))).data
    return x * keep, keep
