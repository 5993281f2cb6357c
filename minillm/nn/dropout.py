"""The layer that draws dropout's noise."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np

from minillm.autograd import Tensor
from minillm.autograd.recomputing import once
from minillm.backend import Array, array_module, check_rng, counted_words, moved_like, stream
from minillm.nn.module import Module
from minillm.nn.rows import current_rows
from minillm.ops import dropout


class Dropout(Module):
    """In training, drop each unit with probability ``rate`` and scale the others by 1/(1-rate).

    At evaluation it does nothing: the expected value was right already in training.  The rate is
    rounded to 1/65536, for a unit is dropped if a random word of 16 bits is small; the factors have
    the mean 1 at that rate.

    The noise depends on the layer's key, drawn from ``rng``, and on how often it has been called:
    two calls never share a mask, and a resumed run draws what the uninterrupted one would have.

    A copy (``copy.copy``, ``copy.deepcopy``, also of a model around it) gets a key of its own, made
    of this layer's and of how many copies it had: two models that train side by side draw
    different masks, and this layer draws what it would have drawn.  A pickle keeps key and count:
    what goes on elsewhere, from a file or in a worker, goes on with the same masks.

    Shapes: ``x (...) -> (...)``.

    Raises:
        ValueError: ``rate`` outside [0, 1).
        TypeError: ``rng`` is not a generator.
    Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from
        Overfitting".
    Guide: 1.4.2, 9.3.3 (G23).
    """

    kernels: ClassVar[dict[ModuleType, Callable]] = {}  # that draw as ``factors`` does

    def __init__(self, rate: float, *, rng: np.random.Generator):
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"Dropout: rate must be in [0, 1), got {rate}")
        self.rate = rate
        self.key = int(check_rng(rng).integers(2**63))
        self.calls = self.copies = 0

    def forward(self, x: Tensor) -> Tensor:
        """``x * keep`` in training, ``x`` otherwise."""
        keep = self.keep_factors(x.shape, like=x.data)
        return x if keep is None else dropout(x, keep=keep)

    def keep_factors(self, shape: tuple[int, ...], *, like: Array) -> Array | None:
        """Factors 0 or 1/(1-rate) in the library and dtype of ``like``; ``None`` for no dropout."""
        if not self.training or self.rate == 0.0:
            return None
        call, first = once(lambda: self.next_call(shape))  # the same mask where it is recomputed
        dropped = min(round(self.rate * 65536), 65535)  # of the 65536 words
        draw = self.kernels.get(array_module(like), factors)
        return draw(self.key, call, shape, dropped, first, like=like)

    def next_call(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The number of this call, and the place of its first factor among those of the batch.

        A thread that works on some rows of a batch draws what the whole batch would have had
        there.  Where the first axis is not one of rows, it draws factors of its own.
        """
        rows = current_rows()
        if rows is None:
            self.calls += 1
            return self.calls - 1, 0
        size, n_rows = math.prod(shape), rows.stop - rows.start
        told_apart = shape and shape[0] % n_rows == 0
        first = rows.start * (size // n_rows) if told_apart else rows.start << 40
        return rows.call_of(self), first

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = memo[id(self)] = object.__new__(type(self))
        key = int(stream(self.key, "copy of dropout", self.copies).integers(2**63))
        self.copies += 1
        vars(twin).update(copy.deepcopy(vars(self), memo), key=key, copies=0)
        return twin

    def __copy__(self) -> Self:
        return self.__deepcopy__({})


def factors(
    key: int, count: int, shape: tuple[int, ...], dropped: int, start: int, *, like: Array
) -> Array:
    """0 where the word of a unit is below ``dropped``, 1/(1-rate) elsewhere; drawn on the host::

        keep = [word >= dropped] / (1 - dropped / 65536)

    Shapes: ``shape``, in the library and dtype of ``like``; ``start`` words are left out first.
    """
    words = counted_words(key, count, math.prod(shape), start)
    keep = (words >= dropped).astype(like.dtype)
    keep *= 65536 / (65536 - dropped)
    return moved_like(keep.reshape(shape), like)
