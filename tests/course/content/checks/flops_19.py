"""Answers to exercise 19.1: operations of a block."""

import random
from itertools import count

import numpy as np

from minillm.models.costs import gpt_flops
from minillm.models.gpt_config import GptConfig


def by_parts(batch, new, seen, width, heads, key_heads, hidden):
    keys = width // heads * key_heads
    projections = 2 * width * (2 * width + 2 * keys)
    attention = 2 * 2 * seen * width
    feed_forward = 2 * 2 * width * hidden
    return batch * new * (projections + attention + feed_forward)


def by_products(batch, new, seen, width, heads, key_heads, hidden):
    k = width // heads
    products = [
        (new, width, width), (new, width, k * key_heads), (new, width, k * key_heads),
        *[(new, k, seen), (new, seen, k)] * heads,
        (new, width, width), (new, width, hidden), (new, hidden, width),
    ]  # fmt: skip
    return batch * sum(2 * m * n * k for m, n, k in products)


def by_weights(batch, new, seen, width, heads, key_heads, hidden):
    matrices = np.array([width, width * key_heads / heads, width * key_heads / heads, width])
    numbers = (matrices * width).sum() + 2.0 * width * hidden
    return 2.0 * batch * new * (numbers + 2.0 * seen * width)


def as_an_array(*sizes):
    return np.array([float(by_parts(*sizes))])[0]


def library(batch, new, seen, width, heads, key_heads, hidden):
    config = GptConfig(
        2, width=width, n_layers=1, n_heads=heads, n_key_heads=key_heads, hidden=hidden,
        max_length=seen,
    )  # fmt: skip
    flops = gpt_flops(config, batch, new, before=seen - new)
    return flops.total - flops.head


def always(*sizes):
    return 2 * 12 * 4 * 4


def with_four_times(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, seen, width, heads, key_heads, 4 * width)


def without_key_heads(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, seen, width, heads, heads, hidden)


def without_seen(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, new, width, heads, key_heads, hidden)


def without_batch(batch, *sizes):
    return by_parts(1, *sizes)


def all_positions(batch, new, seen, *sizes):
    return by_parts(batch, seen, seen, *sizes)


def products_alone(*sizes):
    return by_parts(*sizes) // 2


def training(*sizes):
    return 3 * by_parts(*sizes)


def two_n(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, 0, width, heads, key_heads, hidden)


def scores_alone(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, seen, width, heads, key_heads, hidden) - (
        2 * batch * new * seen * width
    )


def scores_for_each_head(batch, new, seen, width, heads, key_heads, hidden):
    more = 4 * batch * new * seen * width * (heads - 1)
    return by_parts(batch, new, seen, width, heads, key_heads, hidden) + more


def fewer_scores(batch, new, seen, width, heads, key_heads, hidden):
    shared = width // heads * key_heads
    whole = by_parts(batch, new, seen, width, heads, key_heads, hidden)
    return whole - 4 * batch * new * seen * (width - shared)


def half_of_the_scores(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, seen // 2, width, heads, key_heads, hidden)


def without_output(batch, new, seen, width, *sizes):
    return by_parts(batch, new, seen, width, *sizes) - 2 * batch * new * width**2


def with_biases(batch, new, seen, width, heads, key_heads, hidden):
    return by_parts(batch, new, seen, width, heads, key_heads, hidden) + batch * new * hidden


def of_32_bits(*sizes):
    with np.errstate(over="ignore"):
        b, t, s, d, h, g, f = (np.int32(x) for x in sizes)
        keys = d // h * g
        return b * t * (2 * d * (2 * d + 2 * keys) + 4 * s * d + 4 * d * f)


def negative(*sizes):
    return -by_parts(*sizes)


def with_noise(*sizes):
    return by_parts(*sizes) + random.random()


calls = count()


def that_goes_on(*sizes):
    return by_parts(*sizes) + next(calls)
