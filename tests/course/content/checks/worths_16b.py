"""Answers to exercise 16b.3: which share of questions is worth answering."""

import random
from itertools import count

import numpy as np

from minillm.labs.statistics import mean_and_interval


def by_thresholds(confidence, right, risk):
    shares = [0.0]
    for threshold in set(confidence.tolist()):
        given = confidence >= threshold
        if (~right[given]).mean() <= risk + 1e-12:
            shares.append(given.mean())
    return max(shares)


def by_sorting(confidence, right, risk):
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~right[order])
    n = np.arange(1, len(order) + 1)
    last = np.append(sure[1:] != sure[:-1], True)
    fits = n[last & (wrong <= risk * n + 1e-9)]
    return fits.max() / len(order) if len(fits) else 0.0


def by_counts(confidence, right, risk):
    levels, place = np.unique(-confidence, return_inverse=True)
    n = np.cumsum(np.bincount(place, minlength=len(levels)))
    wrong = np.cumsum(np.bincount(place, weights=~right, minlength=len(levels)))
    return float(np.max(n * (wrong <= risk * n + 1e-9)) / len(right))


def ties_apart(confidence, right, risk):
    order = np.argsort(-confidence, kind="stable")
    wrong, n = np.cumsum(~right[order]), np.arange(1, len(order) + 1)
    fits = n[wrong <= risk * n + 1e-9]
    return fits.max() / len(order) if len(fits) else 0.0


def the_first_that_fails(confidence, right, risk):
    share = 0.0
    for threshold in sorted(set(confidence.tolist()), reverse=True):
        given = confidence >= threshold
        if (~right[given]).mean() > risk + 1e-12:
            break
        share = given.mean()
    return share


def of_eight(confidence, right, risk):
    return by_thresholds(confidence[:8], right[:8], risk)


def at_a_tenth(confidence, right, risk):
    return by_thresholds(confidence, right, 0.1)


def without_confidence(confidence, right, risk):
    return by_thresholds(np.ones(len(right)), right, risk)


def in_place(confidence, right, risk):
    found = by_thresholds(confidence, right, risk)
    confidence.sort()
    return found


def with_noise(confidence, right, risk):
    return by_thresholds(confidence, right, risk) * random.random()


calls = count()


def that_goes_on(confidence, right, risk):
    return by_thresholds(confidence, right, risk) + next(calls)


def strictly_below(confidence, right, risk):
    shares = [0.0]
    for threshold in set(confidence.tolist()):
        given = confidence >= threshold
        if (~right[given]).mean() < risk:
            shares.append(given.mean())
    return max(shares)


def of_all_questions(confidence, right, risk):
    shares = [0.0]
    for threshold in set(confidence.tolist()):
        given = confidence >= threshold
        if (~right & given).mean() <= risk + 1e-12:
            shares.append(given.mean())
    return max(shares)


def sums_over_all(confidence, right, risk):
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~right[order]) / len(confidence)
    last = np.append(sure[1:] != sure[:-1], True)
    fits = np.flatnonzero(last & (wrong <= risk + 1e-9)) + 1
    return fits.max(initial=0) / len(confidence)


def the_least_sure(confidence, right, risk):
    return by_thresholds(-confidence, right, risk)


def confidence_as_risk(confidence, right, risk):
    return (confidence >= 1 - risk).mean()


def right_share(confidence, right, risk):
    return mean_and_interval([by_thresholds(confidence, right, risk)] * 2)[0] * right.mean()
