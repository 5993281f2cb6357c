"""Answers to exercise 17.1: rates of two groups."""

import random
from itertools import count

import numpy as np

from minillm.tasks.metrics import group_rates


def row_of(y, d):
    return [d.mean(), d[y == 1].mean(), d[y == 0].mean()]


def complete(true, groups):
    return all({*true[groups == g].tolist()} == {0, 1} for g in (0, 1))


def by_masks(true, said, groups):
    if not complete(true, groups):
        return None
    return np.array([row_of(true[groups == g], said[groups == g]) for g in (0, 1)])


def by_loops(true, said, groups):
    table = [[[0, 0], [0, 0]], [[0, 0], [0, 0]]]
    for y, d, g in zip(true.tolist(), said.tolist(), groups.tolist(), strict=True):
        table[g][y][d] += 1
    found = []
    for (negative, false), (missed, hit) in table:
        if negative + false == 0 or missed + hit == 0:
            return None
        n = negative + false + missed + hit
        found.append([(false + hit) / n, hit / (hit + missed), false / (negative + false)])
    return found


def by_bincount(true, said, groups):
    counts = np.bincount(4 * groups + 2 * true + said, minlength=8).reshape(2, 2, 2)
    if (counts.sum(axis=2) == 0).any():
        return None
    share = counts[:, :, 1] / counts.sum(axis=2)
    all_of = counts[:, :, 1].sum(axis=1) / counts.sum(axis=(1, 2))
    return np.column_stack([all_of, share[:, 1], share[:, 0]]).astype(np.float32)


def library(true, said, groups):
    found = group_rates(said, true, groups, names=["a", "b"])
    return np.column_stack(
        [found.selection.value, found.true_positive.value, found.false_positive.value]
    )


def always_half(true, said, groups):
    return np.full((2, 3), 0.5) if complete(true, groups) else None


def of_the_first_eight(true, said, groups):
    return by_masks(true[:8], said[:8], groups[:8])


def without_groups(true, said, groups):
    return np.array([row_of(true, said)] * 2) if complete(true, groups) else None


def without_decisions(true, said, groups):
    return by_masks(true, true, groups)


def in_place(true, said, groups):
    found = by_masks(true, said, groups)
    said.sort()
    return found


def with_noise(true, said, groups):
    found = by_masks(true, said, groups)
    return None if found is None else found + random.random() / 100


calls = count()


def that_goes_on(true, said, groups):
    found = by_masks(true, said, groups)
    return None if found is None else found + next(calls)


def counts_of_people(true, said, groups):
    found = by_masks(true, said, groups)
    if found is None:
        return None
    return found * [[(groups == g).sum()] for g in (0, 1)]


def precision_for_tpr(true, said, groups):
    found = by_masks(true, said, groups)
    if found is None:
        return None
    for g in (0, 1):
        y, d = true[groups == g], said[groups == g]
        found[g, 1] = y[d == 1].mean() if d.any() else 0
    return found


def swapped_classes(true, said, groups):
    found = by_masks(true, said, groups)
    return None if found is None else found[:, [0, 2, 1]]


def other_group_first(true, said, groups):
    found = by_masks(true, said, groups)
    return None if found is None else found[::-1]


def base_rate(true, said, groups):
    found = by_masks(true, said, groups)
    if found is None:
        return None
    found[:, 0] = [true[groups == g].mean() for g in (0, 1)]
    return found


def of_everybody(true, said, groups):
    """Divided by the whole group, and not by those who merit it."""
    if not complete(true, groups):
        return None
    masks = [groups == g for g in (0, 1)]
    return np.array([[said[m].mean(), (said * true)[m].mean(), (said * (1 - true))[m].mean()]
                     for m in masks])  # fmt: skip


def true_negative_rate(true, said, groups):
    found = by_masks(true, said, groups)
    if found is None:
        return None
    found[:, 2] = 1 - found[:, 2]
    return found


def zero_for_nothing(true, said, groups):
    def share(of):
        return of.mean() if len(of) else 0.0

    rows = [(true[groups == g], said[groups == g]) for g in (0, 1)]
    return np.array([[share(d), share(d[y == 1]), share(d[y == 0])] for y, d in rows])


def nan_for_nothing(true, said, groups):
    return np.array([row_of(true[groups == g], said[groups == g]) for g in (0, 1)])


def refuses_the_empty_alone(true, said, groups):
    if not (groups == 0).any() or not (groups == 1).any():
        return None
    return zero_for_nothing(true, said, groups)


def forgets_the_positive(true, said, groups):
    """Looks at the first true class alone."""
    if not all((true[groups == g] == 0).any() for g in (0, 1)):
        return None
    return zero_for_nothing(true, said, groups)


def always_refuses(true, said, groups):
    return None
