"""Answers to exercise 16.1: a mean of the source as it would be on the target."""

import random
from fractions import Fraction
from itertools import count

import numpy as np

from minillm.tasks.shift import effective_size, weighted_mean


def by_the_formula(values, kinds, p, q):
    ratio = np.where(p > 0, q / np.where(p > 0, p, 1), 0)
    w = ratio[kinds]
    return (w @ values) / w.sum(), w.sum() ** 2 / (w @ w)


def by_a_loop(values, kinds, p, q):
    top = total = square = 0.0
    for value, kind in zip(values, kinds, strict=True):
        w = q[kind] / p[kind]
        top, total, square = top + w * value, total + w, square + w * w
    return top / total, total**2 / square


def by_averages(values, kinds, p, q):
    w = np.array([q[k] / p[k] for k in kinds])
    return np.average(values, weights=w), 1 / ((w / w.sum()) ** 2).sum()


def in_fractions(values, kinds, p, q):
    w = [Fraction(float(q[k])) / Fraction(float(p[k])) for k in kinds]
    mean = sum((x * int(v) for x, v in zip(w, values, strict=True)), Fraction(0)) / sum(w)
    return float(mean), float(sum(w) ** 2 / sum(x * x for x in w))


def by_the_library(values, kinds, p, q):
    w = np.array([q[k] / p[k] for k in kinds])
    return weighted_mean(values, w), effective_size(w)


def of_two_kinds(values, kinds, p, q):
    w = np.where(kinds == 0, q[0] / p[0] if p[0] else 0, q[-1] / p[-1] if p[-1] else 0)
    w = w + (w.sum() == 0)
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def counts_all(values, kinds, p, q):
    return by_the_formula(values, kinds, p, q)[0], len(values)


def plain(values, kinds, p, q):
    return values.mean(), float(len(values))


def without_kinds(values, kinds, p, q):
    w = np.resize(np.where(p > 0, q / np.where(p > 0, p, 1), 0), len(values)) + 1e-300
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def in_place(values, kinds, p, q):
    p[p == 0] = 1
    q /= p
    w = q[kinds]
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def divided_by_count(values, kinds, p, q):
    w = np.array([q[k] / p[k] for k in kinds])
    return (w * values).sum() / len(values), w.sum() ** 2 / (w * w).sum()


def upside_down(values, kinds, p, q):
    w = np.array([p[k] / q[k] if q[k] else 0 for k in kinds]) + 1e-300
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def by_counted_shares(values, kinds, p, q):  # the shares of the sample in place of p
    counted = np.bincount(kinds, minlength=len(p)) / len(kinds)
    w = q[kinds] / counted[kinds]
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def by_means_of_kinds(values, kinds, p, q):  # the same with the shares of the sample
    present = np.unique(kinds)
    mean = sum(q[k] * values[kinds == k].mean() for k in present)
    return mean, by_the_formula(values, kinds, p, q)[1]


def by_the_target_alone(values, kinds, p, q):
    w = q[kinds]
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def not_a_number(values, kinds, p, q):
    with np.errstate(all="ignore"):
        ratio = q / p
    w = ratio[kinds] + 0 * np.nan_to_num(ratio.sum(), nan=np.nan)
    return (w * values).sum() / w.sum(), w.sum() ** 2 / (w * w).sum()


def root_of_size(values, kinds, p, q):
    mean, size = by_the_formula(values, kinds, p, q)
    return mean, np.sqrt(size)


def in_whole_numbers(values, kinds, p, q):
    w = np.array([q[k] / p[k] for k in kinds])
    return np.array((w * values).sum() / w.sum()).astype(values.dtype), by_averages(
        values, kinds, p, q
    )[1]


def with_noise(values, kinds, p, q):
    mean, size = by_the_formula(values, kinds, p, q)
    return mean + random.random(), size


calls = count()


def that_goes_on(values, kinds, p, q):
    mean, size = by_the_formula(values, kinds, p, q)
    return mean + next(calls), size
