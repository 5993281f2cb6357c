"""Answers to exercise 17.2: a threshold for each group that reaches a true positive rate."""

import random
from itertools import count

import numpy as np

from minillm.tasks.group_thresholds import thresholds_of_rate


def own(scores, true, groups, g):
    return np.sort(scores[(groups == g) & (true == 1)])


def by_sorting(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        best = own(scores, true, groups, g)
        found.append(best[len(best) - int(np.ceil(rate * len(best)))])
    return np.array(found)


def by_trying(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        mine = own(scores, true, groups, g)
        found.append(max(t for t in mine if (mine >= t).mean() >= rate))
    return found


def by_counting_down(scores, true, groups, rate):
    """In a loop from the highest score on; a list of float32 in the end."""
    found = []
    for g in (0, 1):
        best = own(scores, true, groups, g)[::-1]
        taken = 1
        while taken / len(best) < rate:
            taken += 1
        found.append(np.float32(best[taken - 1]))
    return found


def library(scores, true, groups, rate):
    return thresholds_of_rate(scores, true, groups, rate, names=["a", "b"])


def always_half(scores, true, groups, rate):
    return np.array([0.5, 0.5])


def for_three_quarters(scores, true, groups, rate):
    return by_sorting(scores, true, groups, 0.75)


def of_the_first_eight(scores, true, groups, rate):
    places = [np.flatnonzero((groups == g) & (true == 1))[:2] for g in (0, 1)]
    kept = np.concatenate(places)
    return by_sorting(scores[kept], true[kept], groups[kept], rate)


def without_groups(scores, true, groups, rate):
    """One threshold for all."""
    return by_sorting(np.tile(scores, 2), np.tile(true, 2), np.repeat([0, 1], len(true)), rate)


def without_truth(scores, true, groups, rate):
    """The rate of all who are selected."""
    return by_sorting(scores, np.ones_like(true), groups, rate)


def in_place(scores, true, groups, rate):
    found = by_sorting(scores, true, groups, rate)
    scores.sort()
    return found


def with_noise(scores, true, groups, rate):
    return by_sorting(scores, true, groups, rate) - random.random() / 50


calls = count()


def that_goes_on(scores, true, groups, rate):
    return by_sorting(scores, true, groups, rate) - 0.001 * next(calls)


def rounded_down(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        best = own(scores, true, groups, g)[::-1]
        found.append(best[max(int(rate * len(best)), 1) - 1])
    return np.array(found)


def one_too_many(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        best = own(scores, true, groups, g)[::-1]
        found.append(best[min(int(rate * len(best)), len(best) - 1)])
    return np.array(found)


def the_lowest(scores, true, groups, rate):
    return np.array([own(scores, true, groups, g)[0] for g in (0, 1)])


def the_highest_score(scores, true, groups, rate):
    return np.array([own(scores, true, groups, g)[-1] for g in (0, 1)])


def from_the_bottom(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        worst = own(scores, true, groups, g)
        found.append(worst[int(np.ceil(rate * len(worst))) - 1])
    return np.array(found)


def of_the_undeserving(scores, true, groups, rate):
    found = []
    for g in (0, 1):
        others = np.sort(scores[(groups == g) & (true == 0)])[::-1]
        others = others if len(others) else np.array([1.0])
        found.append(others[int(np.ceil(rate * len(others))) - 1])
    return np.array(found)


def other_group_first(scores, true, groups, rate):
    return by_sorting(scores, true, groups, rate)[::-1]


def interpolated(scores, true, groups, rate):
    return np.array([np.quantile(own(scores, true, groups, g), 1 - rate) for g in (0, 1)])


def above_and_not_at(scores, true, groups, rate):
    return np.nextafter(by_sorting(scores, true, groups, rate), 2) + 0.01


def different_scores_alone(scores, true, groups, rate):
    """People with the same score count once."""
    found = []
    for g in (0, 1):
        best = np.unique(own(scores, true, groups, g))[::-1]
        found.append(best[int(np.ceil(rate * len(best))) - 1])
    return np.array(found)
