"""Answers to exercise 15.1: the point nearest to 0 between two gradients."""

import random
from fractions import Fraction
from itertools import count

import numpy as np

from minillm.training.objectives.aggregators import mgda


def by_the_formula(g1, g2):
    a, b = np.asarray(g1, float), np.asarray(g2, float)
    across = a - b
    square = (across * across).sum()
    w = 1.0 if square == 0 else min(max(-(across * b).sum() / square, 0), 1)
    return w * a + (1 - w) * b


def case_by_case(g1, g2):
    a, b = g1.astype(np.float64).ravel(), g2.astype(np.float64).ravel()
    aa, ab, bb = a @ a, a @ b, b @ b
    if ab >= aa:
        found = a
    elif ab >= bb:
        found = b
    else:
        found = ((bb - ab) * a + (aa - ab) * b) / (aa - 2 * ab + bb)
    return found.reshape(g1.shape)


def by_projection(g1, g2):
    a, b = np.float64(g1), np.float64(g2)
    size = max(np.abs(a).max(), np.abs(b).max()) or 1.0
    start, way = a / size, (b - a) / size
    length = np.linalg.norm(way)
    if not length:
        return a
    unit = way / length
    along = np.clip(-np.einsum("i,i", start.ravel(), unit.ravel()), 0, length)
    return size * (start + along * unit)


def in_fractions(g1, g2):
    a, b = ([Fraction(float(x)) for x in g.ravel()] for g in (g1, g2))
    aa, ab, bb = (
        sum(x * y for x, y in zip(*both, strict=True)) for both in ((a, a), (a, b), (b, b))
    )
    across = aa - 2 * ab + bb
    w = Fraction(1) if across == 0 else min(Fraction(1), max(Fraction(0), (bb - ab) / across))
    point = [float(w * x + (1 - w) * y) for x, y in zip(a, b, strict=True)]
    return np.array(point).reshape(g1.shape)


def by_thirds(g1, g2):
    """A search: of three parts of the segment the worst end goes, again and again."""
    a, b = g1.astype(float), g2.astype(float)
    size = np.sqrt((a**2).sum() + (b**2).sum()) or 1.0
    a, b, low, high = a / size, b / size, 0.0, 1.0

    def slope(w):
        return ((w * a + (1 - w) * b) * (a - b)).sum()

    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return size * (low * a + (1 - low) * b)


def by_the_library(g1, g2):
    rows = np.stack([g1.ravel(), g2.ravel()]).astype(float)
    return (mgda(rows @ rows.T) @ rows).reshape(g1.shape)


def of_two_numbers(g1, g2):
    return by_the_formula(g1[:2], g2[:2])


def of_rows(g1, g2):  # @ is no inner product of matrices
    a, b = g1.astype(float), g2.astype(float)
    across = a - b
    square = across @ across
    w = np.clip(-(across @ b) / np.where(square == 0, 1, square), 0, 1)
    return w * a + (1 - w) * b


def half_and_half(g1, g2):
    return 0.5 * g1.astype(float) + 0.5 * g2


def by_the_first_alone(g1, g2):
    return g1.astype(float)


def in_place(g1, g2):
    g1 -= g2
    return by_the_formula(g1 + g2, g2)


def with_a_small_number(g1, g2):
    a, b = g1.astype(float), g2.astype(float)
    w = np.clip(((b - a) * b).sum() / (((a - b) ** 2).sum() + 1e-8), 0, 1)
    return w * a + (1 - w) * b


def nothing_when_small(g1, g2):
    return by_the_formula(g1, g2) * (np.abs(g1).max() > 1e-5)


def in_its_own_dtype(g1, g2):
    across = g1 - g2
    square = (across * across).sum(dtype=across.dtype)
    w = 1.0 if square == 0 else np.clip(-(across * g2).sum(dtype=across.dtype) / square, 0, 1)
    return w * g1 + (1 - w) * g2


def in_single_precision(g1, g2):
    a, b = g1.astype(np.float32), g2.astype(np.float32)
    square = ((a - b) ** 2).sum()
    w = np.clip(((b - a) * b).sum() / (square or np.float32(1)), 0, 1)
    return w * a + (1 - w) * b


def with_noise(g1, g2):
    return by_the_formula(g1, g2) * (1 + 1e-4 * np.random.standard_normal())


def by_global_chance(g1, g2):
    return by_the_formula(g1, g2) if random.random() < 2 else g1 * np.random.rand()


CALLS = count()


def that_goes_on(g1, g2):
    return by_the_formula(g1, g2) / (1 + next(CALLS))


def without_bounds(g1, g2):
    a, b = g1.astype(float), g2.astype(float)
    square = ((a - b) ** 2).sum()
    w = 1.0 if square == 0 else ((b - a) * b).sum() / square
    return w * a + (1 - w) * b


def not_a_number(g1, g2):
    a, b = g1.astype(float), g2.astype(float)
    w = np.clip(((b - a) * b).sum() / ((a - b) ** 2).sum(), 0, 1)
    return w * a + (1 - w) * b


def weights_swapped(g1, g2):
    a, b = g1.astype(float), g2.astype(float)
    square = ((a - b) ** 2).sum()
    w = 0.5 if square == 0 else np.clip(((b - a) * b).sum() / square, 0, 1)
    return (1 - w) * a + w * b


def between_unit_vectors(g1, g2):
    a, b = (g / (np.linalg.norm(g) or 1) for g in (g1.astype(float), g2.astype(float)))
    return by_the_formula(a, b)


def on_the_whole_cone(g1, g2):  # the point of least length among all w >= 0
    return 0.0 * g1


def weights_alone(g1, g2):
    a, b = g1.astype(float), g2.astype(float)
    square = ((a - b) ** 2).sum()
    w = 1.0 if square == 0 else np.clip(((b - a) * b).sum() / square, 0, 1)
    return np.array([w, 1 - w])


def by_a_grid(g1, g2):
    w = np.linspace(0, 1, 101).reshape(-1, *[1] * g1.ndim)
    points = w * g1 + (1 - w) * g2
    return points[(points.reshape(101, -1) ** 2).sum(axis=1).argmin()]


def the_shorter(g1, g2):
    return min(g1, g2, key=lambda g: (g.astype(float) ** 2).sum()).astype(float)
