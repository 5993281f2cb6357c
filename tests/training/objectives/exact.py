"""The same aggregators once more, from the Jacobian itself and by trying every active set."""

from itertools import chain, combinations, permutations

import numpy as np

TINY = 1e-9


def subsets(m):
    """Every set of rows, the empty one first."""
    return chain.from_iterable(combinations(range(m), k) for k in range(m + 1))


def projected(j, vector):
    """The nearest point of the cone ``J d >= 0``: the best of the faces that hold it."""
    best = None
    for face in subsets(len(j)):
        rows = j[list(face)]
        d = vector - np.linalg.pinv(rows, rcond=1e-10) @ (rows @ vector) if face else vector
        if (j @ d).min() >= -TINY * np.abs(j).max() * np.abs(vector).max():
            distance = np.linalg.norm(d - vector)
            if best is None or distance < best[0]:
                best = distance, d
    return best[1]


def upgrad(j):
    return np.mean([projected(j, row) for row in j], axis=0)


def dualproj(j):
    return projected(j, j.mean(axis=0))


def mgda(j):
    """The shortest of the shortest vectors in the planes through some of the rows."""
    best = None
    for face in subsets(len(j)):
        if not face:
            continue
        first, rest = j[face[0]], j[list(face[1:])]
        shares = np.linalg.lstsq((rest - first).T, -first, rcond=None)[0]
        if shares.min(initial=0) < 0 or shares.sum() > 1:
            continue
        d = first + (rest - first).T @ shares
        if best is None or d @ d < best @ best:
            best = d
    return best


def mgda_of_units(j):
    return mgda(j / np.linalg.norm(j, axis=1, keepdims=True))


def nash(j):
    """The least ``½ |d|² - sum ln g_i·d``, by Newton's method in the space of d, then length 1."""
    d = mgda_of_units(j)
    for _ in range(200):
        gains = j @ d
        slope = d - (1 / gains) @ j
        step = np.linalg.solve(np.eye(d.size) + (j / gains[:, None] ** 2).T @ j, slope)
        size = 1.0
        while (j @ (d - size * step)).min() <= 0 or value(j, d - size * step) > value(j, d) + 1e-13:
            size /= 2
            if size < 1e-12:
                return d / np.linalg.norm(d)
        d = d - size * step
    return d / np.linalg.norm(d)


def value(j, d):
    return d @ d / 2 - np.log(j @ d).sum()


def cagrad(j, c):
    """The point of the ball with the largest least gain: the best over all sets of worst tasks."""
    mean = j.mean(axis=0)
    radius, best = c * np.linalg.norm(mean), None
    for worst in subsets(len(j)):
        if not worst:
            continue
        rows = j[list(worst)]
        inverse = np.linalg.pinv(rows, rcond=1e-10)  # of all d with these gains, the nearest
        along, offset = inverse.sum(axis=1), inverse @ (rows @ mean)
        coefficients = [along @ along, -2 * along @ offset, offset @ offset - radius**2]
        for t in np.roots(coefficients):
            d = mean + along * t.real - offset
            if np.linalg.norm(d - mean) <= radius * (1 + TINY):
                least = (j @ d).min()
                if best is None or least > best[0]:
                    best = least, d
    return best[1]


def pcgrad(j):
    """The mean over all orders."""
    total = np.zeros(j.shape[1])
    for i, row in enumerate(j):
        orders = [*permutations([k for k in range(len(j)) if k != i])]
        for order in orders:
            v = row.copy()
            for k in order:
                if v @ j[k] < 0:
                    v = v - v @ j[k] / (j[k] @ j[k]) * j[k]
            total += v / len(orders)
    return total


def imtl_g(j):
    """The closed form of the paper."""
    if len(j) == 1:
        return j[0]
    units = j / np.linalg.norm(j, axis=1, keepdims=True)
    d, u = j[0] - j[1:], units[0] - units[1:]
    others = np.linalg.solve(u @ d.T, u @ j[0])
    return j[0] - others @ d


def config(j):
    direction = np.linalg.pinv(j / np.linalg.norm(j, axis=1, keepdims=True)).sum(axis=1)
    direction /= np.linalg.norm(direction)
    return (j @ direction).sum() * direction


def aligned_mtl(j):
    left, values, right = np.linalg.svd(j, full_matrices=False)
    return values.min() * (left @ right).mean(axis=0)
