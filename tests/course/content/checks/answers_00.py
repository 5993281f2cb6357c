"""Answers to lesson 00's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np


def relative_error(a, b):
    size = max(np.abs(a).max(), np.abs(b).max())
    return np.abs(a - b).max() / size if size > 0 else 0.0


def absolute(a, b):
    return np.abs(a - b).max()


def beside_the_first(a, b):
    return np.abs(a - b).max() / np.abs(a).max() if np.abs(a).max() else 0.0


def each_beside_itself(a, b):
    return np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300))


def nan_at_zero(a, b):
    return np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max())


def with_an_epsilon(a, b):
    return np.abs(a - b).max() / (max(np.abs(a).max(), np.abs(b).max()) + 1e-8)


def without_absolute_values(a, b):
    size = max(np.max(a), np.max(b))
    return np.max(a - b) / size if size else 0.0


def product_shape(a, b):
    if a[-1] != b[-2]:
        return None
    try:
        return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])
    except ValueError:
        return None


def matrices_only(a, b):
    return (a[-2], b[-1]) if a[-1] == b[-2] else None


def unchecked(a, b):
    return (*a[:-1], b[-1])


def leading_of_the_first(a, b):
    return (*a[:-1], b[-1]) if a[-1] == b[-2] else None


def leading_must_be_equal(a, b):
    return product_shape(a, b) if a[:-2] == b[:-2] else None


def better(first, second, t):
    d = np.array(first) - np.array(second)
    half = t * d.std(ddof=1) / len(d) ** 0.5
    return "open" if abs(d.mean()) <= half else "first" if d.mean() > 0 else "second"


def by_the_mean(first, second, t):
    return "first" if np.mean(first) > np.mean(second) else "second"


def population_spread(first, second, t):
    d = np.array(first) - np.array(second)
    half = t * d.std() / len(d) ** 0.5
    return "open" if abs(d.mean()) <= half else "first" if d.mean() > 0 else "second"


def no_root(first, second, t):
    d = np.array(first) - np.array(second)
    half = t * d.std(ddof=1)
    return "open" if abs(d.mean()) <= half else "first" if d.mean() > 0 else "second"


def not_paired(first, second, t):
    gap = np.mean(first) - np.mean(second)
    half = t * np.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / len(first))
    return "open" if abs(gap) <= half else "first" if gap > 0 else "second"


RIGHT = {"00.1": (relative_error,), "00.2": (product_shape,), "00.3": (better,)}
WRONG = [
    *(("00.1", (f,)) for f in (absolute, beside_the_first, each_beside_itself)),
    *(("00.1", (f,)) for f in (nan_at_zero, with_an_epsilon, without_absolute_values)),
    *(("00.2", (f,)) for f in (matrices_only, unchecked)),
    *(("00.2", (f,)) for f in (leading_of_the_first, leading_must_be_equal)),
    *(("00.3", (f,)) for f in (by_the_mean, population_spread, no_root, not_paired)),
]
HALF = [
    ("00.1", (lambda a, b: ...,)),
    ("00.2", (lambda a, b: ...,)),
    ("00.3", (lambda first, second, t: ...,)),
]
MESSAGES = {
    ("00.1", absolute): ("in any unit", "unit = ", "it gives"),
    ("00.2", matrices_only): ("NumPy", "a = (1, 1)", "b = (1, 1, 1)", "it gives (1, 1)"),
    ("00.3", not_paired): ("however the seeds scatter", "gain = 0.05", "it gives 'open'"),
}
