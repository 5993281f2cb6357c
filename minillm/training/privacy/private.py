"""A gradient that no single example decides: clipped by example, with noise added to the sum."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array, array_module, directions_and_lengths
from minillm.backend.randomness import check_rng
from minillm.training.parts import rows_in
from minillm.training.privacy.per_example import per_example_gradients


def clip_by_example(gradients: Sequence[Array], clip: float) -> tuple[list[Array], Array]:
    """The sum of all examples' gradients, none longer than ``clip`` = C, and their lengths::

        sum_i g_i min(1, C / |g_i|)         |g_i| over all parameters together

    Shapes: each ``(B, ...) -> (...)``, and the lengths ``(B,)`` before clipping, in float64.  An
    example whose gradient is not finite makes the sum not finite: it is not hidden.

    Raises:
        ValueError: ``clip`` is not a positive number, or there are no gradients.
    Source: Abadi et al. 2016, "Deep Learning with Differential Privacy", arXiv:1607.00133,
        algorithm 1.
    Guide: 8.2.2 (G54).
    """
    if not 0 < clip < math.inf:
        raise ValueError(f"clip_by_example: clip must be above 0 and finite, got {clip}")
    if not gradients:
        raise ValueError("clip_by_example: there is no gradient")
    xp, n = array_module(*gradients), len(gradients[0])
    flat = [g.reshape(n, -1) for g in gradients]
    with np.errstate(invalid="ignore"):
        lengths = lengths_by_example(flat)
        scale = clip / xp.maximum(lengths, clip)  # (B,), at most 1
        summed = [scale.astype(g.dtype) @ g for g in flat]
    return [s.reshape(g.shape[1:]) for s, g in zip(summed, gradients, strict=True)], lengths


def lengths_by_example(flat: Sequence[Array]) -> Array:
    """The length of each row over all matrices together, each (B, ...) -> (B,), in float64.

    The squares of float32 all fit into float64; of float64, matrix by matrix, they are scaled.
    """
    xp, n = array_module(*flat), len(flat[0])
    if all(g.dtype.itemsize < 8 for g in flat):
        squares = [xp.einsum("ij,ij->i", g, g, dtype="float64") for g in flat]
        return sum(squares, xp.zeros(n)) ** 0.5
    parts = [directions_and_lengths(g.astype("float64"))[1] for g in flat if g.shape[1]]
    return directions_and_lengths(xp.concatenate([xp.zeros((n, 1)), *parts], axis=1))[1][:, 0]


def sampled_rows(n: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """The numbers of the examples that take part in a step: each does with probability ``rate``.

    The accountant counts on it; batches of one size drawn from an order spend something else.

    Raises:
        ValueError: ``rate`` is not above 0 and at most 1.
    Guide: 8.2.2 (G54).
    """
    if not 0 < rate <= 1:
        raise ValueError(f"sampled_rows: rate must be above 0 and at most 1, got {rate}")
    return np.flatnonzero(rng.random(n) < rate)


class PrivateGradients:
    """DP-SGD's gradient, to be given to ``fit`` as ``gradients``::

        g = (1/L) (sum_i g_i min(1, C / |g_i|) + σC z),   z from N(0, I)

    With ``SGD`` it is DP-SGD, with ``Adam`` DP-Adam: what an optimiser does with g spends nothing
    more.  L, ``expected``, is the number of examples that a step has on average, not the number
    that it happened to draw, which is not to be told.  A batch is a tuple of arrays, an entry for
    each example, as drawn by ``sampled_rows``; of an empty one the step is noise.

    ``loss_of(batch)`` gives one loss for each example, ``(B,)``, whose mean is reported.
    ``max_norm`` of ``fit`` stays off, as it comes after the noise.

    Raises:
        ValueError: ``clip``, ``noise`` or ``expected`` is not above 0 and finite; ``noise`` may be
            0, and then nothing is private.  When it is called: several batches for one step; as
            ``per_example_gradients``.
        TypeError: ``rng`` is not a generator; a batch of another form.
    Source: Abadi et al. 2016, "Deep Learning with Differential Privacy", arXiv:1607.00133,
        algorithm 1.
    Guide: 8.2.2 (G54).
    """

    def __init__(self, *, clip: float, noise: float, expected: float, rng: np.random.Generator):
        for name, value in (("clip", clip), ("expected", expected)):
            if not 0 < value < math.inf:
                raise ValueError(
                    f"PrivateGradients: {name} must be above 0 and finite, got {value}"
                )
        if not 0 <= noise < math.inf:
            raise ValueError(f"PrivateGradients: noise must be at least 0 and finite, got {noise}")
        self.clip, self.noise, self.expected = float(clip), float(noise), float(expected)
        self.rng = check_rng(rng)

    def __call__(
        self,
        loss_of: Callable[[Any], Tensor],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> tuple[Array, list[Array | None]]:
        """The mean loss of the examples, and the gradient with noise.

        With ``allow_unused`` a parameter that no example influences has noise alone, as in an
        empty batch: which ones those are may depend on the examples.
        """
        if len(batches) != 1:
            raise ValueError(
                f"PrivateGradients: one batch makes a step, got {len(batches)}: accumulate=1"
            )
        (batch,) = batches
        if rows_in(batch, "of PrivateGradients") == 0:
            nothing = [array_module(p.data).zeros_like(p.data) for p in parameters]
            return nothing[0].sum(), [self.noisy(g) for g in nothing]
        losses, gradients = per_example_gradients(
            loss_of, batch, parameters, allow_unused=allow_unused
        )
        summed, _ = clip_by_example(gradients, self.clip)
        return losses.mean(), [self.noisy(g) for g in summed]

    def noisy(self, summed: Array) -> Array:
        """``(g + σC z) / L`` in the dtype of g."""
        z = array_module(summed).asarray(self.rng.standard_normal(summed.shape))
        return ((summed + self.noise * self.clip * z) / self.expected).astype(summed.dtype)
