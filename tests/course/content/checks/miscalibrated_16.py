"""Answers to exercise 16.2: the calibration error."""

import random
from itertools import count

import numpy as np

from minillm.tasks.metrics import calibration_error


def by_bins(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        mine = place == b
        if mine.any():
            total += mine.mean() * abs(hit[mine].mean() - sure[mine].mean())
    return total


def by_sums(p, y, bins):
    apart = {}
    for row, label in zip(p, y, strict=True):
        sure = row.max()
        b = bins - 1 if sure >= 1 else int(sure * bins)
        apart[b] = apart.get(b, 0) + (row.argmax() == label) - sure
    return sum(abs(x) for x in apart.values()) / len(y)


def by_counts(p, y, bins):
    sure = p.max(axis=1)
    b = np.clip(np.floor(sure * bins).astype(int), 0, bins - 1)
    apart = np.zeros(bins)
    np.add.at(apart, b, (p.argmax(axis=1) == y) - sure)
    return np.abs(apart).sum() / len(p)


def summed(p, y, bins, place):
    hit = p.argmax(axis=1) == y
    apart = np.bincount(place, weights=hit - p.max(axis=1), minlength=bins)
    return np.abs(apart).sum() / len(y)


def by_digitize(p, y, bins):
    place = np.digitize(p.max(axis=1), np.linspace(0, 1, bins + 1)[1:-1])
    return summed(p, y, bins, place)


def by_searchsorted(p, y, bins):
    borders = np.arange(1, bins) / bins
    return summed(p, y, bins, np.searchsorted(borders, p.max(axis=1), side="right"))


def by_histogram(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    apart, _ = np.histogram(sure, bins=bins, range=(0, 1), weights=hit - sure)
    return np.abs(apart).sum() / len(y)


def by_the_library(p, y, bins):
    return calibration_error(p, y, bins=bins)


def of_two_classes(p, y, bins):
    return by_bins(p[:, :2], y, bins)


def of_ten_bins(p, y, bins):
    return by_bins(p, y, 10)


def always_the_same(p, y, bins):
    return 0.0


def without_labels(p, y, bins):
    return by_bins(p, p.argmax(axis=1), bins)


def in_place(p, y, bins):
    top = p.max(axis=1)
    p[:] = p == top[:, None]
    return by_bins(p * top[:, None], y, bins)


def mean_of_bins(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs((hit - sure)[place == b].mean()) for b in np.unique(place)]
    return np.mean(gaps)


def the_largest(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return max(abs((hit - sure)[place == b].mean()) for b in np.unique(place))


def text_by_text(p, y, bins):
    return np.abs((p.argmax(axis=1) == y) - p.max(axis=1)).mean()


def not_absolute(p, y, bins):
    return (p.max(axis=1) - (p.argmax(axis=1) == y)).mean()


def first_class(p, y, bins):
    sure, hit = p[:, 0], y == 0
    place = np.minimum((sure * bins).astype(int), bins - 1)
    apart = np.bincount(place, weights=hit - sure, minlength=bins)
    return np.abs(apart).sum() / len(y)


def without_the_last(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = (sure * bins).astype(int)
    apart = np.bincount(place, weights=hit - sure, minlength=bins)
    return np.abs(apart[:bins]).sum() / len(y)


def borders_below(p, y, bins):
    sure, hit = p.max(axis=1), p.argmax(axis=1) == y
    place = np.maximum(np.ceil(sure * bins).astype(int) - 1, 0)
    apart = np.bincount(place, weights=hit - sure, minlength=bins)
    return np.abs(apart).sum() / len(y)


def in_percent(p, y, bins):
    return 100 * by_bins(p, y, bins)


def with_noise(p, y, bins):
    return by_bins(p, y, bins) + random.random()


calls = count()


def that_goes_on(p, y, bins):
    return by_bins(p, y, bins) + next(calls)
