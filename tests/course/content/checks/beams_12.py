"""Answers to exercise 12.2: the best continuations of some beginnings."""

import heapq
import random
from itertools import count, islice

import numpy as np

from minillm.models.decoding.beam import Beam, continued


def by_sorting(totals, log_p, width):
    sums = (totals[:, None] + log_p).ravel()
    order = np.argsort(-sums, kind="stable")[:width]
    order = order[np.isfinite(sums[order])]
    return np.divmod(order, log_p.shape[1])


def by_a_list(totals, log_p, width):
    found = [
        (totals[row] + log_p[row, token], row, token)
        for row in range(len(totals))
        for token in range(log_p.shape[1])
        if log_p[row, token] > -np.inf
    ]
    found.sort(reverse=True)
    return [row for _, row, _ in found[:width]], [token for *_, token in found[:width]]


def by_a_heap(totals, log_p, width):
    sums = totals[:, None] + log_p
    places = list(zip(*np.nonzero(sums > -np.inf), strict=True))
    best = heapq.nlargest(width, places, key=lambda place: sums[place])
    return tuple(np.array(best, dtype=int).reshape(-1, 2).T)


def without_totals(totals, log_p, width):
    return by_sorting(np.zeros(len(totals)), log_p, width)


def tokens_alone(totals, log_p, width):
    return by_sorting(totals[:, None].max() + np.zeros(len(totals)), log_p, width)


def best_of_each(totals, log_p, width):
    tokens = log_p.argmax(axis=1)
    sums = totals + log_p.max(axis=1)
    order = np.argsort(-sums)[:width]
    order = order[sums[order] > -np.inf]
    return order, tokens[order]


def of_the_best_alone(totals, log_p, width):
    row = int(totals.argmax())
    rows, tokens = by_sorting(totals[[row]], log_p[[row]], width)
    return rows + row, tokens


def worst_first(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, width)
    return rows[::-1], tokens[::-1]


def unordered(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, width)
    order = np.lexsort((tokens, rows))
    return rows[order], tokens[order]


def least(totals, log_p, width):
    sums = (totals[:, None] + log_p).ravel()
    return np.divmod(np.argsort(sums)[:width], log_p.shape[1])


def with_forbidden(totals, log_p, width):
    sums = (totals[:, None] + log_p).ravel()
    return np.divmod(np.argsort(-sums, kind="stable")[:width], log_p.shape[1])


def by_wrong_division(totals, log_p, width):
    sums = (totals[:, None] + log_p).ravel()
    order = np.argsort(-sums, kind="stable")[:width]
    order = order[sums[order] > -np.inf]
    return np.divmod(order, len(totals))


def swapped(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, width)
    return tokens, rows


def probabilities_added(totals, log_p, width):
    sums = (np.exp(totals)[:, None] + np.exp(log_p)).ravel()
    order = np.argsort(-sums, kind="stable")[:width]
    row, token = np.divmod(order, log_p.shape[1])
    real = log_p[row, token] > -np.inf
    return row[real], token[real]


def different_beginnings(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, log_p.size)
    first = sorted(np.unique(rows, return_index=True)[1])
    return rows[first][:width], tokens[first][:width]


def of_two_beams(totals, log_p, width):
    return by_sorting(totals, log_p, 2)


def greedy(totals, log_p, width):
    return by_sorting(totals, log_p, 1)


def of_three_tokens(totals, log_p, width):
    return by_sorting(totals, log_p[:, :3], width)


def as_many_as_beginnings(totals, log_p, width):
    return by_sorting(totals, log_p, len(totals))


def library(totals, log_p, width):
    beams = [Beam([], [], float(total)) for total in totals]
    going, rows, _ = continued(beams, log_p, width, set(), 0.0)
    return rows, np.array([beam.tokens[-1] for beam in going], dtype=int)


def in_place(totals, log_p, width):
    log_p += totals[:, None]
    return by_sorting(np.zeros(len(totals)), log_p, width)


def drawn(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, log_p.size)
    chosen = sorted(random.sample(range(len(rows)), min(width, len(rows))))
    return rows[chosen], tokens[chosen]


calls = count()


def that_goes_on(totals, log_p, width):
    rows, tokens = by_sorting(totals, log_p, width)
    return rows, tokens + next(islice(calls, 1))
