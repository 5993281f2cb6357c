"""Answers to exercise 03.2: words drawn by their counts."""

import random
from itertools import accumulate, count

import numpy as np

from minillm.models.word_vectors.noise import noise_probabilities


def weights_of(counts, power):
    return np.where(counts > 0, counts.astype(float) ** power, 0.0)


def placed(weights, r, side="right"):
    return np.searchsorted(np.cumsum(weights) / weights.sum(), r, side=side)


def by_searching(counts, power, r):
    return placed(weights_of(counts, power), r)


def by_comparing(counts, power, r):
    weights = weights_of(counts, power)
    ends = np.cumsum(weights) / weights.sum()
    return (ends[None, :] <= r[:, None]).sum(axis=1)


def by_a_loop(counts, power, r):
    ends = list(accumulate(c**power if c else 0.0 for c in counts.tolist()))
    return [next(w for w, end in enumerate(ends) if end > x * ends[-1]) for x in r.tolist()]


def of_those_that_occur(counts, power, r):
    there = np.flatnonzero(counts)
    return there[placed(counts[there].astype(float) ** power, r)]


def by_the_library(counts, power, r):
    ends = np.cumsum(noise_probabilities(counts, power))
    return np.searchsorted(ends, r, side="right")


def of_three_words(counts, power, r):
    return np.minimum(by_searching(counts, power, r), 2)


def with_three_quarters(counts, power, r):
    return by_searching(counts, 0.75, r)


def without_power(counts, power, r):
    return by_searching(counts, 1.0, r)


def without_counts(counts, power, r):
    return placed(np.ones(len(counts)), r)


def in_place(counts, power, r):
    found = by_searching(counts, power, r)
    r *= 2
    return found


def in_whole_numbers(counts, power, r):
    weights = (counts**power).astype(int) * (counts > 0)
    return placed(weights, r)


def left_of_a_border(counts, power, r):
    return placed(weights_of(counts, power), r, side="left")


def zero_to_the_zeroth(counts, power, r):
    return placed(counts.astype(float) ** power, r)


def one_too_far(counts, power, r):
    return by_searching(counts, power, r) + 1


def not_summed_to_one(counts, power, r):
    return np.searchsorted(np.cumsum(weights_of(counts, power)), r, side="right")


def shares_not_powers(counts, power, r):
    return placed(counts * power + (counts > 0), r)


def in_order_of_counts(counts, power, r):
    weights = weights_of(counts, power)
    order = np.argsort(-weights, kind="stable")
    return order[placed(weights[order], r)]


def numbered_anew(counts, power, r):
    there = np.flatnonzero(counts)
    return placed(counts[there].astype(float) ** power, r)


def drawn_again(counts, power, r):
    weights = weights_of(counts, power)
    chosen = np.random.default_rng(0).choice(len(counts), len(r), p=weights / weights.sum())
    return np.asarray(chosen)


def the_most_frequent(counts, power, r):
    return np.full(len(r), counts.argmax())


def with_noise(counts, power, r):
    return by_searching(counts, power, r * (0.5 + random.random() / 2))


so_far = {}


def that_goes_on(counts, power, r):
    return by_searching(counts, power, r) + next(so_far.setdefault("calls", count()))
