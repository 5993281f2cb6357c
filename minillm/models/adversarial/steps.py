"""Steps of one size in the space of word vectors: along the gradient, and in a random direction.

``g`` is the gradient of what is to rise, such as the loss of the true class.  A step of signs has
the size eps in every number, so the length ``eps sqrt(D)``; the other two are given their length.

Letters: B texts, T positions, D width of a vector.
"""

from __future__ import annotations

import numpy as np

from minillm.backend import as_number, directions_and_lengths


def gradient_sign_step(gradient: np.ndarray, eps: float) -> np.ndarray:
    """The fast gradient sign method: the step of numbers up to eps along which a line rises most::

        r = eps sign(g)          of a linear loss w·x it adds  w·r = eps |w|_1,
                                 the largest w·r of all r with |r_i| <= eps

    Shapes: ``gradient (..., D) -> (..., D)``; eps in the unit of the vectors.

    Where the gradient is 0, so is the step.

    Raises:
        ValueError: eps is negative, infinite or NaN, or beyond the floats of the gradient's dtype;
            a number of the gradient is infinite or NaN.
        TypeError: the gradient is no array of floats, or eps not one number.
    Source: Goodfellow, Shlens & Szegedy 2015, "Explaining and Harnessing Adversarial Examples",
        arXiv:1412.6572, section 4.
    Guide: 7.3.1, 10 (G56).
    """
    eps = checked_size("gradient_sign_step", gradient, eps)
    found: np.ndarray = (eps * np.sign(gradient)).astype(gradient.dtype)
    return found


def gradient_direction_step(gradient: np.ndarray, length: float) -> np.ndarray:
    """The step of this length along which a line rises most::

        r = length g / |g|       of a linear loss w·x it adds  length |w|_2

    Each vector has a step of its own: ``|g|`` is over the last axis.  Where it is 0, so is the
    step.

    Shapes: ``gradient (..., D) -> (..., D)``; length in the unit of the vectors.

    Raises:
        ValueError, TypeError: as ``gradient_sign_step``; vectors without a number.
    Source: Miyato, Dai & Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
        Classification", arXiv:1605.07725, section 3, which has one length for the whole text.
    Guide: 7.3.1, 10 (G56).
    """
    name = "gradient_direction_step"
    return stepped(name, checked_size(name, gradient, length), gradient)


def random_sign_step(gradient: np.ndarray, eps: float, rng: np.random.Generator) -> np.ndarray:
    """Eps with a random sign in every number: as large as ``gradient_sign_step``, and not aimed.

    Of the gradient only the shape counts; of a linear loss w·x the step adds 0 in the mean, with
    the deviation ``eps |w|_2``.

    Shapes: ``gradient (..., D) -> (..., D)``.

    Raises:
        ValueError, TypeError: as ``gradient_sign_step``.
    Guide: 7.3.1, 10 (G56).
    """
    eps = checked_size("random_sign_step", gradient, eps)
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
        ValueError, TypeError: as ``gradient_direction_step``.
    Guide: 7.3.1, 10 (G56).
    """
    name = "random_direction_step"
    length = checked_size(name, gradient, length)
    drawn = rng.standard_normal(gradient.shape).astype(gradient.dtype)
    return stepped(name, length, drawn)


def stepped(name: str, length: float, along: np.ndarray) -> np.ndarray:
    """The step of this length along each vector; vectors have the shape of the gradient."""
    if not along.ndim or not along.shape[-1]:
        raise ValueError(f"{name}: the gradient must be (..., D) with a number, {along.shape}")
    unit, _ = directions_and_lengths(along.astype(np.float64))
    found: np.ndarray = (length * unit).astype(along.dtype)
    return found


def checked_size(name: str, gradient: np.ndarray, size: float) -> float:
    """The size of a step, once it and the gradient are known to be numbers.

    In whole numbers a step would be cut off, and in float16 one of 1e5 would be infinite.

    Raises:
        ValueError, TypeError: see ``gradient_sign_step``.
    """
    if getattr(getattr(gradient, "dtype", None), "kind", "") != "f":
        kind = getattr(gradient, "dtype", type(gradient).__name__)
        raise TypeError(f"{name}: the gradient must be an array of floats, got {kind}")
    size = as_number(f"{name}: the size of a step", size)
    if not (np.isfinite(size) and size >= 0.0):
        raise ValueError(f"{name}: the size of a step must be at least 0 and finite, got {size}")
    most = float(np.finfo(gradient.dtype).max)
    if size > most:
        raise ValueError(
            f"{name}: the size of a step must be at most {most:.6g}, the largest number in "
            f"{gradient.dtype}, got {size}"
        )
    check_gradient(name, gradient)
    return size


def check_gradient(name: str, gradient: np.ndarray) -> None:
    """Refuse a gradient along which there is no step.

    Raises:
        ValueError: some of its numbers are infinite or NaN; says how many.
    """
    wrong = int((~np.isfinite(gradient)).sum())
    if wrong:
        raise ValueError(f"{name}: the gradient has {wrong} numbers that are infinite or NaN")
