"""All gradients of an update in one contiguous buffer, so that one all-reduce sums them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, to_numpy


class FlatBuffer:
    """``[ gradients, one after another | loss | one flag per parameter ]``.

    A flag is 1 where a rank has a gradient, 0 where the parameter was not used there: after the
    sum, 0 says that no rank used it.  What ``read`` gives are views into the buffer, which hold
    until it is filled again; the loss is a copy.

    Shapes: ``numbers (N + 1 + P,)`` for P parameters of N numbers, in their common dtype.
    """

    def __init__(self, parameters: Sequence[Parameter]):
        self.shapes = [p.data.shape for p in parameters]
        self.dtypes = [p.data.dtype for p in parameters]
        self.ends = [0, *np.cumsum([p.size for p in parameters], dtype=np.int64).tolist()]
        self.xp = array_module(parameters[0].data)
        size = self.ends[-1] + 1 + len(parameters)
        self.numbers = self.xp.empty(size, dtype=np.result_type(*self.dtypes))

    def fill(self, loss: Array | None, gradients: Sequence[Array | None]) -> None:
        """Write what one rank found; without a loss it found nothing, and its part is 0."""
        flat, end = self.numbers, self.ends[-1]
        flat[end + 1 :] = 1
        for place, ((start, stop), g) in enumerate(
            zip(pairwise(self.ends), gradients, strict=True)
        ):
            flat[start:stop] = 0 if g is None else g.reshape(-1)
            if g is None:
                flat[end + 1 + place] = 0
        flat[end] = 0 if loss is None else loss

    def read(self, *, allow_unused: bool) -> tuple[Array, list[Array | None]]:
        """The loss, and a gradient for each parameter, ``None`` where no rank used it.

        Only with ``allow_unused`` are the flags looked at, for which the host waits.
        """
        end, flags = self.ends[-1], [True] * len(self.shapes)
        if allow_unused:
            flags = to_numpy(self.numbers[end + 1 :]).astype(bool).tolist()
        found = [
            self.numbers[start:stop].reshape(shape).astype(dtype, copy=False) if flag else None
            for flag, (start, stop), shape, dtype in zip(
                flags, pairwise(self.ends), self.shapes, self.dtypes, strict=True
            )
        ]
        return self.numbers[end : end + 1].copy().reshape(()), found
