"""From the losses of some batches to the gradients of one update, each batch by what it counts."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from math import inf
from numbers import Real
from typing import Any

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.backend import Array, array_module, is_array


def mean_gradients(
    loss_of: Callable[[Any], Tensor],
    batches: Sequence[Any],
    parameters: Sequence[Parameter],
    *,
    counts: Sequence[float],
    allow_unused: bool = False,
) -> tuple[Array, list[Array | None]]:
    """The mean loss over all that the batches count together, and its gradients::

        L = sum_b (n_b / N) L_b,   N = sum_b n_b            L_b the mean over the n_b of batch b

    ``counts`` are the ``n_b``: how many targets each batch's own mean is taken over.  So the
    result does not depend on how the targets were cut into batches.  A batch that counts 0 has
    no mean and is not asked for one; where nothing is counted, loss and gradients are 0.

    One batch's graph is alive at a time: k batches need the memory of the largest, and for k > 1
    that of one more set of gradients.

    Raises:
        TypeError: ``loss_of`` returns something else than a Tensor.
    """
    whole = sum(counts)
    asked = [(batch, n / whole) for batch, n in zip(batches, counts, strict=True) if n]
    if not asked:
        nothing = [array_module(p.data).zeros_like(p.data) for p in parameters]
        return nothing[0].sum(), [*nothing]
    return weighted_gradients(loss_of, asked, parameters, allow_unused=allow_unused)


def weighted_gradients(
    loss_of: Callable[[Any], Tensor],
    batches: Sequence[tuple[Any, float]],
    parameters: Sequence[Parameter],
    *,
    allow_unused: bool = False,
) -> tuple[Array, list[Array | None]]:
    """``L = sum_b w_b L_b`` and its gradients, of batches with their weights, one after another.

    Raises:
        TypeError: ``loss_of`` returns something else than a Tensor.
    """
    losses: list[Array] = []
    total: list[Array | None] = [None] * len(parameters)
    for batch, weight in batches:
        loss = loss_of(batch)
        if not isinstance(loss, Tensor):
            raise TypeError(f"loss_of must return a Tensor, got {type(loss).__name__}")
        share = loss if weight == 1 else loss * weight
        gradients = gradients_of(share, parameters, allow_unused=allow_unused)
        for i in range(len(total)):  # one after another: a third set of gradients is never alive
            total[i] = added(total[i], gradients.pop(0))
        losses.append(share.data)
    summed = functools.reduce(operator.add, losses)
    return array_module(summed).asarray(summed), total  # NumPy makes a scalar of a sum of two


def checked_answer(answer: Any, parameters: int) -> tuple[Any, Sequence[Array | None]]:
    """What a function in the place of ``mean_gradients`` gave, once it has the right form.

    Raises:
        TypeError: it is not a pair, of a loss that is an array and a list of gradients.
        ValueError: there are not as many gradients as parameters.
    """
    if not isinstance(answer, tuple) or len(answer) != 2:
        kind = type(answer).__name__
        raise TypeError(f"gradients= must return (loss, list of gradients), got a {kind}")
    loss, found = answer
    if not (isinstance(loss, Real) or is_array(loss)):
        raise TypeError(
            f"gradients= must return a loss that is an array, got a {type(loss).__name__}; a "
            "tensor's is its data"
        )
    if not isinstance(found, list | tuple):
        kind = type(found).__name__
        raise TypeError(f"gradients= must return a list of gradients, got a {kind}")
    if len(found) != parameters:
        raise ValueError(f"gradients= gave {len(found)} gradients for {parameters} parameters")
    return loss, found


def added(a: Array | None, b: Array | None) -> Array | None:
    """The sum of two gradients, where ``None`` is that of a parameter which was not used."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


def counted(count: Callable[[Any], float] | None, batches: Sequence[Any]) -> list[float]:
    """What each batch counts; without ``count`` all count the same.

    Raises:
        ValueError: a count that is negative or not finite, with the batch's place.
    """
    if count is None:
        return [1.0] * len(batches)
    counts = [float(count(batch)) for batch in batches]
    for place, n in enumerate(counts):
        if not 0 <= n < inf:
            raise ValueError(
                f"count gave {n} for batch {place} of an update; it must be a number of targets, "
                "at least 0 and finite"
            )
    return counts
