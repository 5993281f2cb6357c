"""Answers to exercise 18.1: the area under the curve of an attack by losses."""

from itertools import count

import numpy as np

from minillm.tasks.metrics import membership_auc


def by_ranks(members, others):
    together = np.concatenate([members, others])
    _, which, counts = np.unique(together, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    m, n = len(members), len(others)
    return 1 - (middle[which[:m]].sum() - m * (m + 1) / 2) / (m * n)


def by_searching(members, others):
    ranked = np.sort(others)
    above = len(others) - np.searchsorted(ranked, members, side="right")
    not_below = len(others) - np.searchsorted(ranked, members, side="left")
    return (above + not_below).mean() / 2 / len(others)


def by_loops(members, others):
    won = 0
    for a in list(members):
        for b in list(others):
            won += 1 if a < b else 0.5 if a == b else 0
    return won / (len(members) * len(others))


def by_table(members, others):
    signs = np.sign(np.asarray(others)[None, :] - np.asarray(members)[:, None])
    return np.array((1 + signs.mean()) / 2)


def by_trapezoids(members, others):
    thresholds = np.unique([*members, *others])
    found = [0.0, *((members <= t).mean() for t in thresholds)]
    accused = [0.0, *((others <= t).mean() for t in thresholds)]
    return np.trapezoid(found, accused)


def by_single_ranks(members, others):
    return np.float32(by_table(members, others)).astype(float)


def library(members, others):
    return membership_auc(members, others)


def of_one_member(members, others):
    return by_table(members[:1], others)


def coin(members, others):
    return 0.5


def without_others(members, others):
    return (members < members.mean()).mean()


def sorted_in_place(members, others):
    found = by_table(members, others)
    members.sort()
    others[:] = 0
    return found


def with_noise(members, others):
    return by_table(members + 1e-6 * np.random.standard_normal(len(members)), others)


CALLS = count()


def that_goes_on(members, others):
    return by_table(members, others) + next(CALLS)


def half(members, others):  # float16 merges what is close
    return by_table(np.float16(members), np.float16(others))


def whole(members, others):
    return by_table(members.astype(int), others.astype(int))


def upside_down(members, others):
    return 1 - by_table(members, others)


def strict(members, others):
    return (members[:, None] < others).mean()


def not_above(members, others):
    return (members[:, None] <= others).mean()


def sum_of_pairs(members, others):
    return by_table(members, others) * len(members) * len(others)


def sorted_once(members, others):
    ranks = np.argsort(np.argsort(np.concatenate([members, others]), kind="stable")) + 1
    m, n = len(members), len(others)
    return 1 - (ranks[:m].sum() - m * (m + 1) / 2) / (m * n)


def ranks_from_zero(members, others):
    together = np.concatenate([members, others])
    _, which, counts = np.unique(together, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    m, n = len(members), len(others)
    return 1 - (middle[which[:m]].sum() - m * (m + 1) / 2) / (m * n)


def mean_gap(members, others):
    return others.mean() - members.mean()


def between_means(members, others):
    return float(members.mean() < others.mean())


def of_all(members, others):
    return by_table(members, np.concatenate([members, others]))


def at_best(members, others):
    thresholds = np.unique([*members, *others])
    rates = [((members <= t).mean() + (others > t).mean()) / 2 for t in thresholds]
    return max(rates)
