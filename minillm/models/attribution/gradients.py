"""Attribution by the slope of a score: gradient, and gradient times input.

Letters: B texts, T positions, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Tensor, gradients_of
from minillm.autograd.grad_mode import is_recording
from minillm.backend import directions_and_lengths

Score = Callable[[Tensor], Tensor]  # vectors (B, T, D) -> a number for each text, (B,)


def slopes(score: Score, vectors: np.ndarray) -> np.ndarray:
    """How the score of each text changes with its own vectors, ``dF_b / dx_b``, (B, T, D).

    One backward pass from the sum of all scores: a text's score does not depend on the others.

    Raises:
        ValueError: as ``checked_vectors``, or the scores are not ``(B,)``, or do not depend on the
            vectors.
        RuntimeError: it is called under ``no_grad()``.
    """
    return slopes_for("slopes", score, vectors)


def slopes_for(name: str, score: Score, vectors: np.ndarray) -> np.ndarray:
    """As ``slopes``, whose errors name who asked.

    Raises:
        ValueError, RuntimeError: as ``slopes``.
    """
    if not is_recording():
        raise RuntimeError(
            f"{name}: needs the gradient of the score, and under no_grad() nothing is recorded: "
            "call it outside"
        )
    x = Tensor(checked_vectors(name, vectors), requires_grad=True)
    scores = score(x)
    if scores.shape != (len(vectors),):
        raise ValueError(
            f"{name}: score must give one number for each of {len(vectors)} texts, "
            f"got {scores.shape}"
        )
    found = gradients_of(scores.sum(), [x], allow_unused=True)[0] if scores.requires_grad else None
    if found is None:
        raise ValueError(
            f"{name}: the score does not depend on the vectors that it is given: it must be "
            "worked out of them by ops, with none of its steps detached or under no_grad()"
        )
    return np.asarray(found)


def gradient_norm(score: Score, vectors: np.ndarray) -> np.ndarray:
    """How long the gradient is at each token, ``a_t = |dF / dx_t|``, (B, T, D) -> (B, T).

    Raises:
        ValueError, RuntimeError: as ``slopes``.
    Source: Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks: Visualising
        Image Classification Models and Saliency Maps", arXiv:1312.6034, section 3.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    gradient = slopes_for("gradient_norm", score, vectors)
    _, length = directions_and_lengths(gradient.astype(np.float64))
    found: np.ndarray = length[..., 0].astype(gradient.dtype)
    return found


def gradient_times_input(score: Score, vectors: np.ndarray) -> np.ndarray:
    """What each token would add to the score if the score were linear::

        a_t = sum_d x_td dF/dx_td

    Of a linear score without a constant these sum to the score; of others to nothing in particular.

    Shapes: ``vectors (B, T, D) -> (B, T)``, in the unit of the score.

    Raises:
        ValueError, RuntimeError: as ``slopes``.
    Source: Shrikumar, Greenside & Kundaje 2017, "Learning Important Features Through Propagating
        Activation Differences", arXiv:1704.02685, which compares itself with it.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    vectors = checked_vectors("gradient_times_input", vectors)
    found: np.ndarray = (vectors * slopes_for("gradient_times_input", score, vectors)).sum(axis=-1)
    return found


def checked_vectors(name: str, vectors: np.ndarray) -> np.ndarray:
    """Vectors of texts as an array, once they are known to be some.

    Raises:
        ValueError: they are not ``(B, T, D)``, there are no texts, tokens or numbers, or one is
            not finite.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 3 or 0 in vectors.shape:
        raise ValueError(
            f"{name}: vectors must be (texts, tokens, width), none of them 0, got {vectors.shape}"
        )
    check_finite(f"{name}: vectors", vectors)
    return vectors


def check_finite(what: str, numbers: np.ndarray) -> None:
    """Refuse numbers of which nothing can be said.

    Raises:
        ValueError: some are not finite; says how many.
    """
    wrong = int((~np.isfinite(numbers)).sum())
    if wrong:
        raise ValueError(f"{what} must be finite, {wrong} of {numbers.size} are not")
