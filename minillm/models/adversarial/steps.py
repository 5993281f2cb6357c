"""Steps of one size in the space of word vectors: along the gradient, and in a random direction.

``g`` is the gradient of what is to rise, such as the loss of the true class.  A step of signs has
the size eps in every number, so the length ``eps sqrt(D)``; the other two are given their length.

Letters: B texts, T positions, D width of a vector.
"""

from __future__ import annotations

import numpy as np


def gradient_sign_step(gradient: np.ndarray, eps: float) -> np.ndarray:
    """The fast gradient sign method: the step of numbers up to eps along which a line rises most::

        r = eps sign(g)          of a linear loss w·x it adds  w·r = eps |w|_1,
                                 the largest w·r of all r with |r_i| <= eps

    Shapes: ``gradient (..., D) -> (..., D)``; eps in the unit of the vectors.

    Where the gradient is 0, so is the step.

    Raises:
        ValueError: eps is negative, infinite or NaN, or a number of the gradient is.
    Source: Goodfellow, Shlens & Szegedy 2015, "Explaining and Harnessing Adversarial Examples",
        arXiv:1412.6572, section 4.
    Guide: 7.3.1, 10 (G56).
    """
    check_step("gradient_sign_step", gradient, eps)
    found: np.ndarray = (eps * np.sign(gradient)).astype(gradient.dtype)
    return found


def gradient_direction_step(gradient: np.ndarray, length: float) -> np.ndarray:
    """The step of this length along which a line rises most::

        r = length g / |g|       of a linear loss w·x it adds  length |w|_2

    Each vector has a step of its own: ``|g|`` is over the last axis.  Where it is 0, so is the
    step.

    Shapes: ``gradient (..., D) -> (..., D)``; length in the unit of the vectors.

    Raises:
        ValueError: as ``gradient_sign_step``.
    Source: Miyato, Dai & Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
        Classification", arXiv:1605.07725, section 3, which has one length for the whole text.
    Guide: 7.3.1, 10 (G56).
    """
    check_step("gradient_direction_step", gradient, length)
    size = np.linalg.norm(gradient, axis=-1, keepdims=True)
    unit = gradient / np.where(size == 0.0, 1.0, size)
    found: np.ndarray = (length * unit).astype(gradient.dtype)
    return found


def random_sign_step(gradient: np.ndarray, eps: float, rng: np.random.Generator) -> np.ndarray:
    """Eps with a random sign in every number: as large as ``gradient_sign_step``, and not aimed.

    Of the gradient only the shape counts; of a linear loss w·x the step adds 0 in the mean, with
    the deviation ``eps |w|_2``.

    Shapes: ``gradient (..., D) -> (..., D)``.

    Raises:
        ValueError: as ``gradient_sign_step``.
    Guide: 7.3.1, 10 (G56).
    """
    check_step("random_sign_step", gradient, eps)
    found: np.ndarray = (eps * rng.choice([-1.0, 1.0], gradient.shape)).astype(gradient.dtype)
    return found


def random_direction_step(
    gradient: np.ndarray, length: float, rng: np.random.Generator
) -> np.ndarray:
    """A step of this length in a direction that is uniform on the sphere.

    Of the gradient only the shape counts; of a linear loss w·x the step adds 0 in the mean, with
    the deviation ``length |w|_2 / sqrt(D)``.

    Shapes: ``gradient (..., D) -> (..., D)``.

    Raises:
        ValueError: as ``gradient_sign_step``.
    Guide: 7.3.1, 10 (G56).
    """
    drawn = rng.standard_normal(gradient.shape).astype(gradient.dtype)
    check_step("random_direction_step", gradient, length)
    return gradient_direction_step(drawn, length)


def check_step(name: str, gradient: np.ndarray, size: float) -> None:
    """Refuse a size and a gradient that are no numbers.

    Raises:
        ValueError: see ``gradient_sign_step``.
    """
    if not (np.isfinite(size) and size >= 0.0):
        raise ValueError(f"{name}: the size of a step must be at least 0 and finite, got {size}")
    if not np.isfinite(gradient).all():
        raise ValueError(
            f"{name}: the gradient has {(~np.isfinite(gradient)).sum()} numbers "
            "that are infinite or NaN"
        )
