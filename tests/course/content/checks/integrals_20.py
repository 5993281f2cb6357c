"""Answers to exercise 20.1: integrated gradients with as many steps as are needed.

``until_enough`` and its like make an answer of a function that gives shares for a number of steps.
"""

import random
from itertools import count

import numpy as np

from minillm.autograd import op
from minillm.models.attribution import integrated_gradients


def until_enough(shares):
    def answer(score, slope, x, start, tried, gap):
        for steps in tried:
            found = shares(slope, x, start, steps)
            if abs(np.sum(found) - (score(x) - score(start))) <= gap:
                break
        return steps, found

    return answer


def by_a_loop(slope, x, start, steps):
    total = np.zeros(np.shape(x))
    for k in range(steps):
        total = total + slope(start + (k + 0.5) / steps * (x - start))
    return (x - start) * total / steps


def by_a_mean(slope, x, start, steps):
    at = (np.arange(steps) + 0.5) / steps
    return (x - start) * np.mean([slope(start + t * (x - start)) for t in at], axis=0)


def backwards(slope, x, start, steps):
    found = np.zeros_like(x)
    for k in reversed(range(steps)):
        t = (2 * k + 1) / (2 * steps)
        found += slope((1 - t) * start + t * x) / steps
    return (found * (x - start)).tolist()


def in_single_precision(slope, x, start, steps):
    way = (x - start).astype(np.float32)
    total = sum(slope(start + (k + 0.5) / steps * way).astype(np.float32) for k in range(steps))
    return way * total / np.float32(steps)


def by_linspace(slope, x, start, steps):
    edges = np.linspace(0, 1, steps + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    return sum((x - start) / steps * slope(x * t + start * (1 - t)) for t in middles)


def by_the_library(slope, x, start, steps):
    @op
    def through(z, /):
        found = np.zeros(len(z))
        return found, lambda g: (np.stack([slope(row) for row in z]) * g[:, None, None],)

    if x.ndim != 2:
        return by_a_loop(slope, x, start, steps)
    return np.stack(
        [
            integrated_gradients(through, x[None], start, steps=steps)[0] / x.shape[1]
            for _ in range(x.shape[1])
        ],
        axis=1,
    )


def of_one_row(slope, x, start, steps):
    found = np.zeros(x.shape)
    first = by_a_loop(slope, x, start, steps)
    found[0] = first[0]
    return found


def of_four_steps(slope, x, start, steps):
    return by_a_loop(slope, x, start, 4)


def always_ones(slope, x, start, steps):
    return np.ones(x.shape)


def from_zero(slope, x, start, steps):
    return by_a_loop(slope, x, np.zeros_like(x), steps)


def one_step(slope, x, start, steps):
    return by_a_loop(slope, x, start, 1)


def in_place(score, slope, x, start, tried, gap):
    found = right(score, slope, x, start, tried, gap)
    start[:] = x
    return found


def with_noise(slope, x, start, steps):
    return by_a_loop(slope, x, start, steps) + random.random()


CALLS = count()


def that_goes_on(slope, x, start, steps):
    return by_a_loop(slope, x, start, steps + next(CALLS))


def right(score, slope, x, start, tried, gap):
    return until_enough(by_a_loop)(score, slope, x, start, tried, gap)


def all_at_once(score, slope, x, start, tried, gap):
    each = [by_a_mean(slope, x, start, steps) for steps in tried]
    misses = np.abs([found.sum() - score(x) + score(start) for found in each])
    i = int(np.argmax(misses <= gap)) if (misses <= gap).any() else -1
    return np.array(tried[i]), each[i]


def by_next(score, slope, x, start, tried, gap):
    whole = score(x) - score(start)
    pairs = [[steps, backwards(slope, x, start, steps)] for steps in tried]
    return next((one for one in pairs if abs(np.sum(one[1]) - whole) <= gap), pairs[-1])


def without_a_bound(score, slope, x, start, tried, gap):
    return until_enough(by_a_loop)(score, slope, x, start, tried, np.inf)


def without_looking(score, slope, x, start, tried, gap):
    return until_enough(by_a_loop)(score, slope, x, start, tried, -1.0)


def with_a_sign(score, slope, x, start, tried, gap):
    for steps in tried:
        found = by_a_loop(slope, x, start, steps)
        if found.sum() - (score(x) - score(start)) <= gap:
            break
    return steps, found


def without_the_start(score, slope, x, start, tried, gap):
    return right(lambda z: score(x) if z is x else 0.0, slope, x, start, tried, gap)


def as_a_share(score, slope, x, start, tried, gap):
    return right(score, slope, x, start, tried, gap * abs(score(x) - score(start)))


def the_nearest(score, slope, x, start, tried, gap):
    whole = score(x) - score(start)
    pairs = [(steps, by_a_loop(slope, x, start, steps)) for steps in tried]
    return min(pairs, key=lambda one: abs(one[1].sum() - whole))


def the_fewest(score, slope, x, start, tried, gap):
    return right(score, slope, x, start, sorted(tried), gap)


def one_too_late(score, slope, x, start, tried, gap):
    steps, _ = right(score, slope, x, start, tried, gap)
    i = min(tried.index(steps) + 1, len(tried) - 1)
    return tried[i], by_a_loop(slope, x, start, tried[i])


def the_place(score, slope, x, start, tried, gap):
    steps, found = right(score, slope, x, start, tried, gap)
    return tried.index(steps), found


def until_they_stay(score, slope, x, start, tried, gap):
    last = np.inf
    for steps in tried:
        found = by_a_loop(slope, x, start, steps)
        if abs(found.sum() - last) <= gap:
            break
        last = found.sum()
    return steps, found


def in_whole_numbers(slope, x, start, steps):
    return by_a_loop(slope, x.astype(int), start.astype(int), steps)


def at_left_ends(slope, x, start, steps):
    return (x - start) * sum(slope(start + k / steps * (x - start)) for k in range(steps)) / steps


def at_right_ends(slope, x, start, steps):
    way = x - start
    return way * sum(slope(start + (k + 1) / steps * way) for k in range(steps)) / steps


def at_both_ends(slope, x, start, steps):
    return (at_left_ends(slope, x, start, steps) + at_right_ends(slope, x, start, steps)) / 2


def times_x(slope, x, start, steps):
    way = x - start
    return x * sum(slope(start + (k + 0.5) / steps * way) for k in range(steps)) / steps


def without_the_way(slope, x, start, steps):
    way = x - start
    return sum(slope(start + (k + 0.5) / steps * way) for k in range(steps)) / steps


def a_sum(slope, x, start, steps):
    return by_a_loop(slope, x, start, steps) * steps


def the_other_way(slope, x, start, steps):
    return by_a_loop(slope, start, x, steps)


def absolute(slope, x, start, steps):
    return np.abs(by_a_loop(slope, x, start, steps))


def slope_times_input(slope, x, start, steps):
    return (x - start) * slope(x)


def by_rows(slope, x, start, steps):
    return by_a_loop(slope, x, start, steps).sum(axis=-1)


def one_number_at_a_time(slope, x, start, steps):
    """Along the edges of a box: complete as well, and another way."""
    found, at = np.zeros(x.shape), start.copy()
    for place in np.ndindex(x.shape):
        for k in range(steps):
            here = at.copy()
            here[place] = start[place] + (k + 0.5) / steps * (x[place] - start[place])
            found[place] += slope(here)[place] * (x[place] - start[place]) / steps
        at[place] = x[place]
    return found
