"""Answers to exercise 17.3: the exact p-value of WEAT."""

import random
from itertools import combinations, count
from math import comb

import numpy as np

from minillm.tasks.metrics.association import p_value_of


def sums_of(s_x, s_y):
    every = [*map(float, s_x), *map(float, s_y)]
    return np.array([sum(half) for half in combinations(every, len(s_x))])


def by_combinations(s_x, s_y):
    return (sums_of(s_x, s_y) >= sum(map(float, s_x))).mean()


def by_bits(s_x, s_y):
    every, n = np.concatenate([s_x, s_y]), len(s_x)
    hits = total = 0
    for mask in range(2 ** (2 * n)):
        if bin(mask).count("1") == n:
            total += 1
            hits += sum(every[i] for i in range(2 * n) if mask >> i & 1) >= s_x.sum()
    return hits / total


def by_counting_sums(s_x, s_y):
    """How often each sum of so many words comes, in eighths; a float32 in the end."""
    ways = {(0, 0): 1}
    for s in (*s_x, *s_y):
        more = dict(ways)
        for (n, total), number in ways.items():
            key = n + 1, total + round(8 * float(s))
            more[key] = more.get(key, 0) + number
        ways = more
    n, least = len(s_x), round(8 * float(sum(s_x)))
    hits = sum(number for (size, total), number in ways.items() if size == n and total >= least)
    return np.float32(hits / comb(2 * n, n))


def library(s_x, s_y):
    rng = np.random.default_rng(0)
    return p_value_of(np.concatenate([s_x, s_y]), exact=True, draws=1, rng=rng)


def one_in_seventy(s_x, s_y):
    return 1 / 70


def of_two_words(s_x, s_y):
    return by_combinations(s_x[:2], s_y[:2])


def without_second(s_x, s_y):
    return by_combinations(s_x, s_x)


def in_place(s_x, s_y):
    found = by_combinations(s_x, s_y)
    s_x += 1
    return found


def drawn(s_x, s_y):
    every = [*s_x, *s_y]
    sums = [sum(random.sample(every, len(s_x))) for _ in range(200)]
    return np.mean([one >= sum(s_x) for one in sums])


calls = count()


def that_goes_on(s_x, s_y):
    return by_combinations(s_x, s_y) + next(calls)


def larger_alone(s_x, s_y):
    return (sums_of(s_x, s_y) > s_x.sum()).mean()


def without_its_own(s_x, s_y):
    sums = sums_of(s_x, s_y)
    return ((sums >= s_x.sum()).sum() - 1) / max(len(sums) - 1, 1)


def one_more(s_x, s_y):
    sums = sums_of(s_x, s_y)
    return (1 + (sums >= s_x.sum()).sum()) / (1 + len(sums))


def two_sided(s_x, s_y):
    sums, middle = sums_of(s_x, s_y), (s_x.sum() + s_y.sum()) / 2
    return (np.abs(sums - middle) >= abs(s_x.sum() - middle)).mean()


def other_side(s_x, s_y):
    return (sums_of(s_x, s_y) <= s_x.sum()).mean()


def of_the_second(s_x, s_y):
    return by_combinations(s_y, s_x)


def one_minus(s_x, s_y):
    return 1 - by_combinations(s_x, s_y)


def exchanged_in_pairs(s_x, s_y):
    """Only words of one place change sides."""
    n = len(s_x)
    sums = [
        sum(float(s_y[i] if mask >> i & 1 else s_x[i]) for i in range(n)) for mask in range(2**n)
    ]
    return np.mean([one >= float(s_x.sum()) for one in sums])


def share_above(s_x, s_y):
    """How often a word of the second lies at least as high as one of the first."""
    return np.mean([b >= a for a in s_x for b in s_y])


def number_of_hits(s_x, s_y):
    return (sums_of(s_x, s_y) >= s_x.sum()).sum()


def every_subset(s_x, s_y):
    every = [*map(float, s_x), *map(float, s_y)]
    sums = [sum(part) for n in range(len(every) + 1) for part in combinations(every, n)]
    return np.mean([one >= float(s_x.sum()) for one in sums])


def different_sums(s_x, s_y):
    return (np.unique(sums_of(s_x, s_y)) >= s_x.sum()).mean()


def absolute(s_x, s_y):
    return by_combinations(np.abs(s_x), np.abs(s_y))
