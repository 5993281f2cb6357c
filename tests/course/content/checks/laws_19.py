"""Answers to exercise 19.2: floors and exponents over seeds."""

import random
from itertools import count

import numpy as np

from minillm.tasks.metrics.power_law import fit_power_law


def searched(n, loss, rounds=3, most=3.0):
    tried = np.linspace(0.02, most, 300)
    for _ in range(rounds):
        x = (n / n.min()) ** -tried[:, None]  # (G, K)
        centred = x - x.mean(axis=1, keepdims=True)
        slope = (centred * loss).sum(axis=1) / (centred**2).sum(axis=1)
        floor = loss.mean() - slope * x.mean(axis=1)
        off = ((floor[:, None] + slope[:, None] * x - loss) ** 2).sum(axis=1)
        i = int(off.argmin())
        found = floor[i], tried[i]
        low, high = tried[max(i - 1, 0)], tried[min(i + 1, len(tried) - 1)]
        tried = np.linspace(low, high, 300)
    return found


def summed_up(laws, t):
    floors, exponents = np.transpose(laws)
    return floors.mean(), exponents.mean(), t * exponents.std(ddof=1) / len(laws) ** 0.5


def by_search(n, losses, t):
    return summed_up([searched(n, row) for row in losses], t)


def by_newton(n, losses, t):
    laws = []
    for row in losses:
        floor, scale, a = searched(n, row, rounds=1)[0], np.ptp(row), 0.0
        floor, a = searched(n, row, rounds=1)
        u = np.log(n / n.min())
        for _ in range(50):
            power = np.exp(-a * u)
            slopes = np.stack([np.ones_like(u), power, -scale * u * power], axis=1)
            step = np.linalg.lstsq(slopes, row - floor - scale * power, rcond=None)[0]
            floor, scale, a = floor + step[0], scale + step[1], a + step[2]
        laws.append((floor, a))
    return list(summed_up(laws, t))


def by_lists(n, losses, t):
    laws = [searched(np.array(sorted(n)), np.array(row)[np.argsort(n)]) for row in losses.tolist()]
    exponents = [float(a) for _, a in laws]
    mean = sum(exponents) / len(exponents)
    variance = sum((a - mean) ** 2 for a in exponents) / (len(exponents) - 1)
    return sum(float(e) for e, _ in laws) / len(laws), mean, t * (variance / len(laws)) ** 0.5


def single(n, losses, t):
    return tuple(np.float32(x) for x in by_search(n, losses, t))


def by_a_plain_loop(n, losses, t):
    laws = []
    for row in losses:
        best = np.inf
        for a in np.arange(0.1, 1.0005, 0.001):
            x = (n / min(n)) ** -a
            scale = sum((x - x.mean()) * row) / sum((x - x.mean()) ** 2)
            floor = row.mean() - scale * x.mean()
            off = sum((floor + scale * x - row) ** 2)
            if off < best:
                best, law = off, (floor, a)
        laws.append(law)
    return summed_up(laws, t)


def library(n, losses, t):
    laws = [fit_power_law(n, row) for row in losses]
    return summed_up([(law.floor, law.exponent) for law in laws], t)


def straight(n, losses, t):
    return summed_up([(row.min(), -np.polyfit(np.log(n), np.log(row), 1)[0]) for row in losses], t)


def above_the_lowest(n, losses, t):
    order = np.argsort(n)[:-1]
    laws = [
        (row.min(), -np.polyfit(np.log(n[order]), np.log(row[order] - row.min()), 1)[0])
        for row in losses
    ]
    return summed_up(laws, t)


def without_a_floor(n, losses, t):
    _, a, half = by_search(n, losses, t)
    return 0.0, a, half


def mean_of_losses_first(n, losses, t):
    return *searched(n, losses.mean(axis=0)), 0.0


def first_seed(n, losses, t):
    return *searched(n, losses[0]), by_search(n, losses, t)[2]


def positive_slope(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, -a, half


def exchanged(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return a, floor, half


def spread_alone(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, a, half * len(losses) ** 0.5


def of_the_population(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, a, half * ((len(losses) - 1) / len(losses)) ** 0.5


def always_two(n, losses, t):
    return by_search(n, losses, 2.0)


def whole_interval(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, a, 2 * half


def of_the_floors(n, losses, t):
    floors = np.array([searched(n, row)[0] for row in losses])
    return *by_search(n, losses, t)[:2], t * floors.std(ddof=1) / len(floors) ** 0.5


def in_given_order(n, losses, t):
    return by_search(np.sort(n), losses, t)


def of_three_sizes(n, losses, t):
    keep = np.argsort(n)[[0, 1, 2]]
    laws = []
    for row in losses[:, keep]:
        ratio = (row[0] - row[1]) / (row[1] - row[2])
        a = np.log(max(ratio, 1.001)) / np.log(n[keep[1]] / n[keep[0]])
        laws.append((row[2] - (row[1] - row[2]) / (max(ratio, 1.001) - 1), a))
    return summed_up(laws, t)


def coarse(n, losses, t):
    laws = []
    for row in losses:
        tried = np.arange(1, 31) / 10
        x = (n / n.min()) ** -tried[:, None]
        fits = [np.polyfit(one, row, 1, full=True) for one in x]
        i = int(np.argmin([fit[1][0] if len(fit[1]) else 0.0 for fit in fits]))
        laws.append((fits[i][0][1], tried[i]))
    return summed_up(laws, t)


def of_small_sizes(n, losses, t):
    tried = np.linspace(0.02, 3.0, 300)
    laws = []
    for row in losses:
        off, floors = [], []
        for a in tried:
            x = np.stack([np.ones_like(n), n**-a], axis=1)
            e, *_ = np.linalg.lstsq(x, row, rcond=1e-6)[0]
            off.append(((x @ np.linalg.lstsq(x, row, rcond=1e-6)[0] - row) ** 2).sum())
            floors.append(e)
        laws.append((floors[int(np.argmin(off))], tried[int(np.argmin(off))]))
    return summed_up(laws, t)


def half_precision(n, losses, t):
    return by_search(n.astype(np.float16), losses.astype(np.float16), t)


def constant(n, losses, t):
    return 0.565, 0.3, 0.05


def in_place(n, losses, t):
    losses -= losses.min() - 0.5
    return by_search(n, losses, t)


def with_noise(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, a + random.random() / 10, half


calls = count()


def that_goes_on(n, losses, t):
    floor, a, half = by_search(n, losses, t)
    return floor, a + next(calls), half
