"""Answers to exercise 21.2: the loss of pairs that are to find each other."""

import math
import random
from itertools import count

import numpy as np

from minillm import ops


def scores_of(pictures, captions, tau):
    u = pictures / np.linalg.norm(pictures, axis=1, keepdims=True)
    v = captions / np.linalg.norm(captions, axis=1, keepdims=True)
    return u @ v.T / tau


def lost(s, axis=1):
    top = s.max(axis=axis, keepdims=True)
    total = np.log(np.exp(s - top).sum(axis=axis, keepdims=True)) + top
    return (total - s).diagonal()


def by_logarithms(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    return (lost(s, 1).mean() + lost(s, 0).mean()) / 2


def by_logaddexp(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    both = [np.logaddexp.reduce(one, axis=1) - np.diag(s) for one in (s, s.T)]
    return np.mean(both)


def by_a_loop(pictures, captions, tau):
    s = scores_of(pictures, captions, tau).tolist()
    n, total = len(s), 0.0
    for i in range(n):
        for offers in (s[i], [row[i] for row in s]):
            total -= math.log(1 / sum(math.exp(min(o - offers[i], 600)) for o in offers))
    return total / (2 * n) if total < 300 else by_logarithms(pictures, captions, tau)


def twice_one_way(pictures, captions, tau):
    there = lost(scores_of(pictures, captions, tau)).mean()
    return 0.5 * there + 0.5 * lost(scores_of(captions, pictures, tau)).mean()


def in_single_precision(pictures, captions, tau):
    return np.float32(by_logarithms(pictures, captions, tau))


def by_the_library(pictures, captions, tau):
    return ops.contrastive_loss.rule(scores_of(pictures, captions, tau))[0]


def of_three_pairs(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    return (lost(s, 1).sum() + lost(s, 0).sum()) / 6


def always_ln_n(pictures, captions, tau):
    return np.log(len(pictures))


def without_temperature(pictures, captions, tau):
    return by_logarithms(pictures, captions, 1.0)


def with_one_temperature(pictures, captions, tau):
    return by_logarithms(pictures, captions, 0.07)


def times_temperature(pictures, captions, tau):
    return by_logarithms(pictures, captions, 1 / tau)


def one_way(pictures, captions, tau):
    return lost(scores_of(pictures, captions, tau), 1).mean()


def the_other_way(pictures, captions, tau):
    return lost(scores_of(pictures, captions, tau), 0).mean()


def of_products(pictures, captions, tau):
    s = pictures @ captions.T / tau
    return (lost(s, 1).mean() + lost(s, 0).mean()) / 2


def of_captions_as_long(pictures, captions, tau):
    u = pictures / np.linalg.norm(pictures, axis=1, keepdims=True)
    s = u @ captions.T / tau
    return (lost(s, 1).mean() + lost(s, 0).mean()) / 2


def divided_by_one_length(pictures, captions, tau):
    s = pictures @ captions.T / (np.linalg.norm(pictures) * np.linalg.norm(captions)) / tau
    return (lost(s, 1).mean() + lost(s, 0).mean()) / 2


def both_added(pictures, captions, tau):
    return 2 * by_logarithms(pictures, captions, tau)


def summed(pictures, captions, tau):
    return len(pictures) * by_logarithms(pictures, captions, tau)


def the_other_sign(pictures, captions, tau):
    return -by_logarithms(pictures, captions, tau)


def in_bits(pictures, captions, tau):
    return by_logarithms(pictures, captions, tau) / np.log(2)


def without_the_shift(pictures, captions, tau):
    e = np.exp(scores_of(pictures, captions, tau))
    p, q = e / e.sum(axis=1, keepdims=True), e / e.sum(axis=0, keepdims=True)
    return -(np.log(np.diag(p)) + np.log(np.diag(q))).mean() / 2


def with_an_epsilon(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    found = [np.log(np.exp(-lost(s, axis)) + 1e-9).mean() for axis in (0, 1)]
    return -sum(found) / 2


def without_the_own(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    if len(s) == 1:
        return 0.0
    others = np.where(np.eye(len(s), dtype=bool), -np.inf, s)
    found = [np.logaddexp.reduce(one, axis=1) - np.diag(s) for one in (others, others.T)]
    return np.mean(found)


def of_all_at_once(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    return np.logaddexp.reduce(s.ravel()) - np.diag(s).mean()


def a_mean_of_probabilities(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    p = (np.exp(-lost(s, 0)) + np.exp(-lost(s, 1))) / 2
    return -np.log(p).mean()


def of_pictures_alone(pictures, captions, tau):
    return by_logarithms(pictures, pictures, tau)


def for_each_pair(pictures, captions, tau):
    s = scores_of(pictures, captions, tau)
    return (lost(s, 0) + lost(s, 1)) / 2


def in_place(pictures, captions, tau):
    pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
    return by_logarithms(pictures, captions, tau)


def of_whole_numbers(pictures, captions, tau):
    return by_logarithms(np.rint(pictures) + 1e-9, np.rint(captions) + 1e-9, tau)


def with_noise(pictures, captions, tau):
    return by_logarithms(pictures, captions, tau) + random.random()


CALLS = count()


def that_goes_on(pictures, captions, tau):
    return by_logarithms(pictures, captions, tau) + next(CALLS)
