"""Answers to exercise 12.3: attention as an alignment, and its error rate."""

import random
from itertools import count

import numpy as np

from minillm.tasks.metrics.alignment import alignment_error_rate


def links_of(w):
    words = w[:-1, :-1]
    return {(int(s), t) for t, s in enumerate(words.argmax(axis=1))} if words.size else set()


def rate(found, sure, possible):
    right = sum(len(a & s) + len(a & p) for a, s, p in zip(found, sure, possible, strict=True))
    total = sum(len(a) + len(s) for a, s in zip(found, sure, strict=True))
    return 1 - right / total if total else 0.0


def by_sets(weights, sure, possible):
    return rate([links_of(w) for w in weights], sure, possible)


def by_loops(weights, sure, possible):
    right, total = 0, 0
    for w, s, p in zip(weights, sure, possible, strict=True):
        total += len(s)
        for t in range(w.shape[0] - 1):
            best = None
            for place in range(w.shape[1] - 1):
                if best is None or w[t, place] > w[t, best]:
                    best = place
            if best is not None:
                total += 1
                right += ((best, t) in s) + ((best, t) in p)
    return 0 if total == 0 else (total - right) / total


def by_tables(weights, sure, possible):
    right = total = 0
    for w, s, p in zip(weights, sure, possible, strict=True):
        a, shape = np.zeros(w[:-1, :-1].shape), w[:-1, :-1].shape
        if a.size:
            a[np.arange(len(a)), w[:-1, :-1].argmax(axis=1)] = 1
        tables = []
        for links in (s, p):
            table = np.zeros(shape)
            for i, j in links:
                table[j, i] = 1
            tables.append(table)
        right += (a * tables[0]).sum() + (a * tables[1]).sum()
        total += a.sum() + tables[0].sum()
    return np.float64(1 - right / total) if total else 0.0


def with_the_end(weights, sure, possible):
    found = [{(int(s), t) for t, s in enumerate(w[:-1].argmax(axis=1))} for w in weights]
    return rate(found, sure, possible)


def end_means_none(weights, sure, possible):
    found = [
        {(int(s), t) for t, s in enumerate(w[:-1].argmax(axis=1)) if s < w.shape[1] - 1}
        for w in weights
    ]
    return rate(found, sure, possible)


def end_of_the_target(weights, sure, possible):
    found = [
        {(int(s), t) for t, s in enumerate(w[:, :-1].argmax(axis=1))} if w.shape[1] > 1 else set()
        for w in weights
    ]
    return rate(found, sure, possible)


def each_source(weights, sure, possible):
    found = []
    for w in weights:
        words = w[:-1, :-1]
        found.append(
            {(s, int(t)) for s, t in enumerate(words.argmax(axis=0))} if words.size else set()
        )
    return rate(found, sure, possible)


def the_other_way(weights, sure, possible):
    return rate([{(t, s) for s, t in links_of(w)} for w in weights], sure, possible)


def mean_of_sentences(weights, sure, possible):
    each = [by_sets([w], [s], [p]) for w, s, p in zip(weights, sure, possible, strict=True)]
    return float(np.mean(each))


def precision(weights, sure, possible):
    found = [links_of(w) for w in weights]
    n = sum(map(len, found))
    return 1 - sum(len(a & p) for a, p in zip(found, possible, strict=True)) / n if n else 0.0


def sure_alone(weights, sure, possible):
    return by_sets(weights, sure, sure)


def possible_alone(weights, sure, possible):
    return by_sets(weights, possible, possible)


def exchanged(weights, sure, possible):
    return by_sets(weights, possible, sure)


def agreement(weights, sure, possible):
    return 1 - by_sets(weights, sure, possible)


def of_the_union(weights, sure, possible):
    found = [links_of(w) for w in weights]
    right = sum(len(a & s) for a, s in zip(found, sure, strict=True))
    total = sum(len(a | s) for a, s in zip(found, sure, strict=True))
    return 1 - right / total if total else 0.0


def of_the_first(weights, sure, possible):
    return by_sets(weights[:1], sure[:1], possible[:1])


def always_nothing(weights, sure, possible):
    return 0.0


def one_where_empty(weights, sure, possible):
    if not any(links_of(w) or s for w, s in zip(weights, sure, strict=True)):
        return 1.0
    return by_sets(weights, sure, possible)


def along_the_diagonal(weights, sure, possible):
    found = [{(t, t) for t in range(min(w.shape) - 1)} for w in weights]
    return rate(found, sure, possible)


def library(weights, sure, possible):
    return alignment_error_rate([links_of(w) for w in weights], sure, possible)


def in_place(weights, sure, possible):
    for w in weights:
        w[:, -1] = 0
    return by_sets(weights, sure, possible)


def empties_links(weights, sure, possible):
    found = by_sets(weights, sure, possible)
    sure[0].clear()
    sure[0].add((9, 9))
    return found


def with_noise(weights, sure, possible):
    return by_sets(weights, sure, possible) + random.random()


calls = count()


def that_goes_on(weights, sure, possible):
    return by_sets(weights, sure, possible) + next(calls)
