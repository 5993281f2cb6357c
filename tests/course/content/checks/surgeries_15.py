"""Answers to exercise 15.2: the sum of gradients, each without its part against the others."""

from fractions import Fraction
from itertools import count

import numpy as np

from minillm.training.objectives.aggregators import pcgrad


def surgery(gradients, orders):
    total = np.zeros(gradients.shape[1])
    for i, order in enumerate(orders):
        v = gradients[i].copy()
        for j in order:
            along = v @ gradients[j]
            if along < 0:
                v -= along / (gradients[j] @ gradients[j]) * gradients[j]
        total += v
    return total


def by_weights(gradients, orders):
    gram, weights = gradients @ gradients.T, np.eye(len(gradients))
    for w, order in zip(weights, orders, strict=True):
        for j in order:
            w[j] -= min(0, w @ gram[j]) / (gram[j, j] or 1)
    return weights.sum(axis=0) @ gradients


def by_unit_vectors(gradients, orders):
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    units = gradients / np.where(lengths == 0, 1, lengths)
    parts = []
    for v, order in zip(gradients, orders, strict=True):
        for u in units[list(order)]:
            v = v - np.minimum(0, v @ u) * u
        parts.append(v)
    return np.sum(parts, axis=0)


def in_fractions(gradients, orders):
    rows = [[Fraction(float(x)) for x in g] for g in gradients]
    total = [Fraction(0)] * gradients.shape[1]
    for v, order in zip(rows, orders, strict=True):
        for j in order:
            along = sum(x * y for x, y in zip(v, rows[j], strict=True))
            if along < 0:
                share = along / sum(y * y for y in rows[j])
                v = [x - share * y for x, y in zip(v, rows[j], strict=True)]
        total = [x + y for x, y in zip(total, v, strict=True)]
    return np.array([float(x) for x in total])


def by_the_library(gradients, orders):
    return pcgrad(gradients @ gradients.T) @ gradients


def of_two(gradients, orders):
    return surgery(gradients[:2], [[1], [0]][: len(gradients)])


def halved(gradients, orders):
    return 0.5 * surgery(gradients, orders)


def in_place(gradients, orders):
    for i, order in enumerate(orders):
        for j in order:
            along = gradients[i] @ gradients[j]
            if along < 0:
                gradients[i] -= along / (gradients[j] @ gradients[j]) * gradients[j]
    return gradients.sum(axis=0)


def against_what_is_left(gradients, orders):
    return in_place(gradients.copy(), orders)


def in_one_order(gradients, orders):
    m = len(gradients)
    return surgery(gradients, [[j for j in range(m) if j != i] for i in range(m)])


def of_small_numbers(gradients, orders):
    return np.clip(surgery(gradients, orders), -9, 9)


def in_single_precision(gradients, orders):
    return surgery(gradients.astype(np.float32), orders)


def with_noise(gradients, orders):
    return surgery(gradients, orders) + 1e-3 * np.random.standard_normal()


def shuffled(gradients, orders):
    return surgery(gradients, [np.random.permutation(order) for order in orders]) + np.random.rand()


CALLS = count()


def that_goes_on(gradients, orders):
    return surgery(gradients, orders) * (1 + next(CALLS))


def of_all_parts(gradients, orders):  # what agrees goes, too
    total = np.zeros(gradients.shape[1])
    for v, order in zip(gradients, orders, strict=True):
        for g in gradients[order]:
            v = v - v @ g / ((g @ g) or 1) * g
        total = total + v
    return total


def at_once(gradients, orders):  # all parts are taken from the gradient as it was
    total = np.zeros(gradients.shape[1])
    for i, order in enumerate(orders):
        v = gradients[i].copy()
        for j in order:
            along = gradients[i] @ gradients[j]
            if along < 0:
                v -= along / (gradients[j] @ gradients[j]) * gradients[j]
        total += v
    return total


def plain_sum(gradients, orders):
    return gradients.sum(axis=0)


def mean(gradients, orders):
    return surgery(gradients, orders) / len(gradients)


def not_squared(gradients, orders):
    total = np.zeros(gradients.shape[1])
    for v, order in zip(gradients, orders, strict=True):
        for g in gradients[order]:
            if v @ g < 0:
                v = v - v @ g / np.linalg.norm(g) * g
        total = total + v
    return total


def own_length(gradients, orders):
    total = np.zeros(gradients.shape[1])
    for v, order in zip(gradients, orders, strict=True):
        for g in gradients[order]:
            if v @ g < 0:
                v = v - v @ g / (v @ v) * g
        total = total + v
    return total


def onto_the_other(gradients, orders):
    total = np.zeros(gradients.shape[1])
    for v, order in zip(gradients, orders, strict=True):
        for g in gradients[order]:
            if v @ g < 0:
                v = v @ g / (g @ g) * g
        total = total + v
    return total


def where_all_is_zero(gradients, orders):  # divides by the length of a gradient that is 0
    total = np.zeros(gradients.shape[1])
    for v, order in zip(gradients, orders, strict=True):
        for g in gradients[order]:
            v = v - np.minimum(0, v @ g) / (g @ g) * g
        total = total + v
    return total


def the_last_alone(gradients, orders):
    return surgery(gradients, [order[-1:] for order in orders])


def part_by_part(gradients, orders):
    rows = []
    for i, order in enumerate(orders):
        v = gradients[i].copy()
        for j in order:
            v -= min(0, v @ gradients[j]) / ((gradients[j] @ gradients[j]) or 1) * gradients[j]
        rows.append(v)
    return np.array(rows)
