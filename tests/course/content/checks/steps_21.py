"""Answers to exercise 21.1: one step of the gradient's signs."""

import math
import random
from itertools import count

import numpy as np

from minillm.models.adversarial import gradient_sign_step


def rms(x, mask):
    return np.sqrt(np.mean(x[mask] ** 2))


def by_a_product(x, mask, slope, eps):
    return x + eps * rms(x, mask) * np.sign(slope(x)) * mask[:, None]


def by_where(x, mask, slope, eps):
    g, step = slope(x), eps * rms(x, mask)
    moved = np.where(g > 0, x + step, np.where(g < 0, x - step, x))
    return np.where(mask[:, None], moved, x)


def by_a_copy(x, mask, slope, eps):
    found = x.copy()
    words = x[mask]
    found[mask] += eps * np.linalg.norm(words) / math.sqrt(words.size) * np.sign(slope(x)[mask])
    return found


def by_a_loop(x, mask, slope, eps):
    g = slope(x)
    size = math.sqrt(sum(float(v) ** 2 for row in x[mask] for v in row) / x[mask].size)
    rows = []
    for row, word, slopes in zip(x, mask, g, strict=True):
        sign = [int(s > 0) - int(s < 0) if word else 0 for s in slopes]
        rows.append([float(v) + eps * size * s for v, s in zip(row, sign, strict=True)])
    return rows


def in_single_precision(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps).astype(np.float32)


def by_the_library(x, mask, slope, eps):
    return x + gradient_sign_step(slope(x), eps * rms(x, mask)) * mask[:, None]


def of_four_words(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps) if len(x) == 4 else x


def as_it_was(x, mask, slope, eps):
    return x.copy()


def one_step_size(x, mask, slope, eps):
    return x + 0.1 * rms(x, mask) * np.sign(slope(x)) * mask[:, None]


def of_all_places(x, mask, slope, eps):
    return x + eps * rms(x, mask) * np.sign(slope(x))


def with_all_sizes(x, mask, slope, eps):
    return x + eps * np.sqrt(np.mean(x**2)) * np.sign(slope(x)) * mask[:, None]


def with_masked_zeros(x, mask, slope, eps):
    size = np.sqrt(np.mean((x * mask[:, None]) ** 2))  # padding counts as 0
    return x + eps * size * np.sign(slope(x)) * mask[:, None]


def without_a_size(x, mask, slope, eps):
    return x + eps * np.sign(slope(x)) * mask[:, None]


def with_a_deviation(x, mask, slope, eps):
    return x + eps * x[mask].std() * np.sign(slope(x)) * mask[:, None]


def with_a_mean_size(x, mask, slope, eps):
    return x + eps * np.abs(x[mask]).mean() * np.sign(slope(x)) * mask[:, None]


def with_a_size_for_each_word(x, mask, slope, eps):
    size = np.sqrt(np.mean(x**2, axis=1, keepdims=True))
    return x + eps * size * np.sign(slope(x)) * mask[:, None]


def with_a_length(x, mask, slope, eps):
    return x + eps * np.linalg.norm(x[mask]) * np.sign(slope(x)) * mask[:, None]


def in_place(x, mask, slope, eps):
    x += eps * rms(x, mask) * np.sign(slope(x)) * mask[:, None]
    return x


def in_whole_numbers(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps).astype(int)


def downhill(x, mask, slope, eps):
    return x - eps * rms(x, mask) * np.sign(slope(x)) * mask[:, None]


def along_the_gradient(x, mask, slope, eps):
    return x + eps * rms(x, mask) * slope(x) * mask[:, None]


def along_its_direction(x, mask, slope, eps):
    g = slope(x) * mask[:, None]
    return x + eps * rms(x, mask) * g / max(np.linalg.norm(g), 1e-12)


def with_a_sign_at_nothing(x, mask, slope, eps):
    signs = np.where(slope(x) >= 0, 1.0, -1.0)
    return x + eps * rms(x, mask) * signs * mask[:, None]


def a_slope_at_nothing(x, mask, slope, eps):
    return x + eps * rms(x, mask) * np.sign(slope(np.zeros_like(x))) * mask[:, None]


def with_a_slope_of_words_alone(x, mask, slope, eps):
    return x + eps * rms(x, mask) * np.sign(slope(x * mask[:, None])) * mask[:, None]


def the_step_alone(x, mask, slope, eps):
    return eps * rms(x, mask) * np.sign(slope(x)) * mask[:, None]


def words_alone(x, mask, slope, eps):
    return (x + eps * rms(x, mask) * np.sign(slope(x)))[mask]


def without_padding(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps) * mask[:, None]


def drawn_signs(x, mask, slope, eps):
    return x + eps * rms(x, mask) * random.choice([-1.0, 1.0]) * mask[:, None]


def the_other_mask(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps) if mask.all() else of_all_places(x, ~mask, slope, eps)


CALLS = count()


def that_goes_on(x, mask, slope, eps):
    return by_a_product(x, mask, slope, eps) + next(CALLS)
