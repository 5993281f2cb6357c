"""Answers to exercise 16.4: how often each row of a table of positions is used."""

import random
from fractions import Fraction
from itertools import combinations, count
from math import comb

import numpy as np

from minillm.labs.mismatch.length_readers import scattered, shifted


def by_the_formula(n, rows):
    n, place = np.asarray(n)[:, None], np.arange(rows)
    first, last = np.maximum(place - n + 1, 0), np.minimum(place, rows - n)
    starts = (last - first + 1) / (rows - n + 1)
    return (place < n).mean(axis=0), starts.mean(axis=0), np.full(rows, n.mean() / rows)


def by_loops(n, rows):
    found = np.zeros((3, rows))
    for words in n:
        found[0, :words] += 1
        for start in range(rows - words + 1):
            found[1, start : start + words] += 1 / (rows - words + 1)
        for place in range(rows):
            found[2, place] += 1 - comb(rows - 1, int(words)) / comb(rows, int(words))
    return tuple(found / len(n))


def by_sums(n, rows):
    front = np.array([sum(words > place for words in n) for place in range(rows)]) / len(n)
    window = [np.convolve(np.ones(w), np.ones(rows - w + 1)) / (rows - w + 1) for w in n]
    return [front, np.mean(window, axis=0), np.array([sum(n) / len(n) / rows] * rows)]


def in_fractions(n, rows):
    found = [[Fraction(0)] * rows for _ in range(3)]
    for words in map(int, n):
        starts = [range(s, s + words) for s in range(rows - words + 1)]
        for row, ways in zip(
            found,
            ([range(words)], starts, list(combinations(range(rows), words))),
            strict=True,
        ):
            for way in ways:
                for place in way:
                    row[place] += Fraction(1, len(ways) * len(n))
    return tuple(np.array(row, dtype=float) for row in found)


def by_the_library(n, rows):  # drawn with the lab's own functions
    ids = (np.arange(max(n)) >= max(n) - np.asarray(n)[:, None]).astype(int)
    found = list(by_the_formula(n, rows))
    for i, draw in ((1, shifted), (2, scattered)):
        places = draw(np.repeat(ids, 50, axis=0), rows, np.random.default_rng(0))
        real = np.repeat(ids, 50, axis=0) != 0
        found[i] = np.bincount(places[real], minlength=rows) / len(places)
    return tuple(found)


def drawn(n, rows):
    a, b, _ = by_the_formula(n, rows)
    rng = np.random.default_rng(0)
    held = [np.isin(np.arange(rows), rng.permutation(rows)[: rng.choice(n)]) for _ in range(400)]
    return a, b, np.mean(held, axis=0)


def of_eight_rows(n, rows):
    return tuple(np.resize(one, rows) for one in by_the_formula(np.minimum(n, 8), 8))


def of_the_first_text(n, rows):
    return by_the_formula(n[:1], rows)


def of_the_mean_length(n, rows):
    return by_the_formula([round(float(np.mean(n)))], rows)


def in_place(n, rows):
    n.sort()
    found = by_the_formula(n, rows)
    n -= n
    return found


def without_rows(n, rows):
    found = by_the_formula(n, int(max(n)))
    return tuple(np.pad(one, (0, rows - len(one))) for one in found)


def in_whole_numbers(n, rows):
    return tuple(one.astype(np.asarray(n).dtype) for one in by_the_formula(n, rows))


def with_noise(n, rows):
    a, b, c = by_the_formula(n, rows)
    return a, b, c + random.random()


calls = count()


def that_goes_on(n, rows):
    a, b, c = by_the_formula(n, rows)
    return a + next(calls), b, c


def one_word_too_many(n, rows):
    _, b, c = by_the_formula(n, rows)
    return (np.arange(rows) <= np.asarray(n)[:, None]).mean(axis=0), b, c


def without_edges(n, rows):  # every place as if it were in the middle
    a, _, c = by_the_formula(n, rows)
    n = np.asarray(n)[:, None]
    middle = np.minimum(n, rows - n + 1) / (rows - n + 1)
    return a, np.broadcast_to(middle, (len(n), rows)).mean(axis=0), c


def starts_anywhere(n, rows):  # also where the text does not fit, going round
    a, _, c = by_the_formula(n, rows)
    return a, c, c


def a_start_too_few(n, rows):
    a, _, c = by_the_formula(n, rows)
    found = np.zeros(rows)
    for words in n:
        starts = max(rows - words, 1)
        for start in range(starts):
            found[start : start + words] += 1 / starts
    return a, found / len(n), c


def all_starts_pooled(n, rows):  # a text with more starts counts more
    a, _, c = by_the_formula(n, rows)
    found, ways = np.zeros(rows), 0
    for words in n:
        for start in range(rows - words + 1):
            found[start : start + words] += 1
            ways += 1
    return a, found / ways, c


def with_replacement(n, rows):
    a, b, _ = by_the_formula(n, rows)
    missed = (1 - 1 / rows) ** np.asarray(n, dtype=float)
    return a, b, np.full(rows, 1 - missed.mean())


def summing_to_one(n, rows):
    return tuple(one / one.sum() for one in by_the_formula(n, rows))


def exchanged(n, rows):
    a, b, c = by_the_formula(n, rows)
    return a, c, b
