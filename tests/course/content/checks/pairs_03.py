"""Answers to exercise 03.1: the loss of a pair with negatives, and its gradients."""

import math
import random
from itertools import count

import numpy as np

from minillm.models.word_vectors import negative_sampling


def errors(s):
    e = np.exp(-np.logaddexp(0, -s))
    e[0] -= 1
    return e


def losses(s):
    return np.logaddexp(0, np.append(-s[:1], s[1:]))


def by_arrays(v, u):
    s = u @ v
    return losses(s).sum(), errors(s) @ u, np.outer(errors(s), v)


def by_signs(v, u):
    sign = -np.ones(len(u))
    sign[0] = 1
    m = sign * (u @ v)
    slope = -sign * np.exp(-np.logaddexp(0, m))
    return np.logaddexp(0, -m).sum(), (slope[:, None] * u).sum(axis=0), slope[:, None] * v


def by_a_loop(v, u):
    loss, d_v, d_u = 0.0, [0.0] * len(v), []
    for j, row in enumerate(u.tolist()):
        s = sum(a * b for a, b in zip(row, v.tolist(), strict=True))
        x = -s if j == 0 else s
        loss += max(x, 0.0) + math.log1p(math.exp(-abs(x)))
        p = 1 / (1 + math.exp(-s)) if s > 0 else math.exp(s) / (1 + math.exp(s))
        e = p - (j == 0)
        d_v = [old + e * b for old, b in zip(d_v, row, strict=True)]
        d_u.append([e * b for b in v.tolist()])
    return [loss, d_v, d_u]


def by_the_library(v, u):
    return tuple(one[0] for one in negative_sampling(v[None], u[None]))


def of_two_dimensions(v, u):
    s = u[:, :2] @ v[:2]
    return losses(s).sum(), errors(s) @ u, np.outer(errors(s), v)


def of_one_negative(v, u):
    few, rest = u[:2], np.zeros_like(u[2:])
    loss, d_v, d_u = by_arrays(v, few)
    return loss, d_v, np.concatenate([d_u, rest])


def always_the_same(v, u):
    return len(u) * math.log(2), np.zeros_like(v), np.zeros_like(u)


def in_place(v, u):
    found = by_arrays(v, u)
    u *= 2
    return found


def overflowing(v, u):
    s, y = u @ v, np.eye(len(u))[0]
    p = 1 / (1 + np.exp(-s))
    e = p - y
    return -np.log(np.where(y == 1, p, 1 - p)).sum(), e @ u, np.outer(e, v)


def guarded(v, u):
    s, y = u @ v, np.eye(len(u))[0]
    p = 1 / (1 + np.exp(-s))
    return -np.log(np.where(y == 1, p, 1 - p) + 1e-12).sum(), (p - y) @ u, np.outer(p - y, v)


def in_float32(v, u):
    loss, *gradients = by_arrays(v.astype(np.float32), u.astype(np.float32))
    return float(loss), *gradients


def without_negatives(v, u):
    s = u @ v
    e = np.where(np.arange(len(u)) == 0, errors(s), 0)
    return losses(s)[0], e @ u, np.outer(e, v)


def as_printed(v, u):
    loss, d_v, d_u = without_negatives(v, u)
    return -loss, -d_v, -d_u


def mean_of_negatives(v, u):
    s, weight = u @ v, np.full(len(u), 1 / max(len(u) - 1, 1))
    weight[0] = 1
    e = weight * errors(s)
    return (weight * losses(s)).sum(), e @ u, np.outer(e, v)


def wrong_sign_in_v(v, u):
    loss, d_v, d_u = by_arrays(v, u)
    return loss, -d_v, d_u


def negatives_pull(v, u):
    s = u @ v
    e = np.exp(-np.logaddexp(0, -s)) - 1
    return np.logaddexp(0, -s).sum(), e @ u, np.outer(e, v)


def swapped(v, u):
    loss, d_v, d_u = by_arrays(v, u)
    return loss, d_u, d_v


def slope_squared(v, u):
    loss, _, d_u = by_arrays(v, u)
    e = errors(u @ v)
    return loss, (e * e) @ u, d_u


def each_once(v, u):
    unique = np.unique(u[1:], axis=0) if len(u) > 1 else u[1:]
    loss, d_v, _ = by_arrays(v, np.concatenate([u[:1], unique]))
    return loss, d_v, by_arrays(v, u)[2]


def with_noise(v, u):
    loss, d_v, d_u = by_arrays(v, u)
    return loss + 0.01 * random.random(), d_v, d_u


so_far = {}


def that_goes_on(v, u):
    loss, d_v, d_u = by_arrays(v, u)
    return loss * next(so_far.setdefault("calls", count())), d_v, d_u
