"""Answers to exercise 21.3: the balance loss and its gradient."""

import math
import random
from itertools import count

import numpy as np

from minillm import ops


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def shares(scores):
    return np.bincount(scores.argmax(axis=1), minlength=scores.shape[1]) / len(scores)


def through(p, slope):
    return p * (slope - (p * slope).sum(axis=1, keepdims=True))


def of(scores, f, factor=None):
    n, experts = scores.shape
    p, factor = softmax(scores), experts if factor is None else factor
    return factor * f @ p.mean(axis=0), through(p, np.broadcast_to(factor * f / n, p.shape))


def by_shares(scores):
    return of(scores, shares(scores))


def by_one_hot(scores):
    n, experts = scores.shape
    f = (scores.argmax(axis=1)[:, None] == np.arange(experts)).mean(axis=0)
    p = softmax(scores)
    jacobians = np.einsum("ne,ek->nek", p, np.eye(experts)) - p[:, :, None] * p[:, None, :]
    return experts * (f * p.mean(axis=0)).sum(), jacobians @ f * experts / n


def by_probabilities(scores):
    first = softmax(scores).argmax(axis=1)
    return of(scores, np.bincount(first, minlength=scores.shape[1]) / len(scores))


def by_a_loop(scores):
    rows = scores.tolist()
    n, experts = len(rows), len(rows[0])
    first = [row.index(max(row)) for row in rows]
    f = [first.count(e) / n for e in range(experts)]
    loss, gradient = 0.0, []
    for row in rows:
        most = max(row)
        total = sum(math.exp(s - most) for s in row)
        p = [math.exp(s - most) / total for s in row]
        mean = sum(a * b for a, b in zip(p, f, strict=True))
        loss += experts * mean / n
        gradient.append([experts / n * a * (b - mean) for a, b in zip(p, f, strict=True)])
    return loss, gradient


def in_single_precision(scores):
    loss, gradient = by_shares(scores)
    return np.float32(loss), gradient.astype(np.float32)


def as_a_list(scores):
    return list(by_shares(scores))


def by_the_library(scores):
    p = softmax(scores)
    loss, vjp = ops.balance_loss.rule(p, chosen=scores.argmax(axis=1))
    return loss, through(p, vjp(np.float64(1))[0])


def of_four_experts(scores):
    f = np.bincount(scores.argmax(axis=1), minlength=4)[: scores.shape[1]] / len(scores)
    return of(scores, f, factor=4)


def always_one(scores):
    return 1.0, np.zeros(scores.shape)


def of_probabilities(scores):
    p = softmax(scores)
    n, experts = scores.shape
    return by_shares(scores)[0], np.tile(experts * shares(scores) / n, (n, 1)) + 0 * p


def of_raw_scores(scores):
    n, experts = scores.shape
    f = shares(scores)
    return experts * f @ scores.mean(axis=0), np.tile(experts * f / n, (n, 1))


def without_the_factor(scores):
    return of(scores, shares(scores), factor=1)


def divided_by_experts(scores):
    return of(scores, shares(scores), factor=1 / scores.shape[1])


def counts_for_shares(scores):
    return of(scores, shares(scores) * len(scores))


def soft_shares(scores):
    p = softmax(scores)
    n, experts = scores.shape
    mean = p.mean(axis=0)
    return experts * mean @ mean, through(p, np.broadcast_to(2 * experts * mean / n, p.shape))


def hard_probabilities(scores):
    f = shares(scores)
    return scores.shape[1] * f @ f, np.zeros(scores.shape)


def last_choices(scores):
    f = np.bincount(scores.argmin(axis=1), minlength=scores.shape[1]) / len(scores)
    return of(scores, f)


def last_of_equal_ones(scores):
    last = scores.shape[1] - 1 - scores[:, ::-1].argmax(axis=1)
    return of(scores, np.bincount(last, minlength=scores.shape[1]) / len(scores))


def ties_shared(scores):
    best = scores == scores.max(axis=1, keepdims=True)
    return of(scores, (best / best.sum(axis=1, keepdims=True)).mean(axis=0))


def ties_counted_for_all(scores):
    return of(scores, (scores == scores.max(axis=1, keepdims=True)).mean(axis=0))


def nearly_equal_ones(scores):
    close = np.isclose(scores, scores.max(axis=1, keepdims=True), atol=0.01)
    return of(scores, np.bincount(close.argmax(axis=1), minlength=scores.shape[1]) / len(scores))


def a_steep_soft_count(scores):
    return of(scores, softmax(100 * scores).mean(axis=0))


def a_steeper_soft_count(scores):
    return of(scores, softmax(1e5 * scores).mean(axis=0))


def both_choices(scores):
    two = np.argsort(-scores, axis=1)[:, :2]
    f = np.bincount(two.ravel(), minlength=scores.shape[1]) / two.size
    return of(scores, f)


def gradient_of_a_sum(scores):
    loss, gradient = by_shares(scores)
    return loss, gradient * len(scores)


def gradient_halved(scores):
    loss, gradient = by_shares(scores)
    return loss, gradient / 2


def the_other_sign(scores):
    loss, gradient = by_shares(scores)
    return loss, -gradient


def without_the_mean_slope(scores):
    n, experts = scores.shape
    p = softmax(scores)
    return by_shares(scores)[0], p * experts * shares(scores) / n


def along_the_wrong_axis(scores):
    e = np.exp(scores - scores.max(axis=0))
    p = e / e.sum(axis=0)
    n, experts = scores.shape
    f = shares(scores)
    return experts * f @ p.mean(axis=0), through(p, np.broadcast_to(experts * f / n, p.shape))


def without_the_shift(scores):
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    n, experts = scores.shape
    f = shares(scores)
    return experts * f @ p.mean(axis=0), through(p, np.broadcast_to(experts * f / n, p.shape))


def of_used_experts(scores):
    f = shares(scores)
    return of(scores, f, factor=(f > 0).sum())


def minus_one(scores):
    loss, gradient = by_shares(scores)
    return loss - 1, gradient


def the_loss_alone(scores):
    return by_shares(scores)[0]


def in_place(scores):
    scores -= scores.max(axis=1, keepdims=True)
    return by_shares(scores)


def in_whole_numbers(scores):
    return by_shares(np.rint(scores))


def with_noise(scores):
    loss, gradient = by_shares(scores)
    return loss + random.random(), gradient


CALLS = count()


def that_goes_on(scores):
    loss, gradient = by_shares(scores)
    return loss + next(CALLS), gradient
