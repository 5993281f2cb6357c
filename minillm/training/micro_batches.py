"""One update's gradients from a batch that is computed in parts, one after another."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minillm.autograd import Parameter, Tensor
from minillm.training.accumulation import mean_gradients
from minillm.training.parts import Answer, in_turn, parts_of, together


class AccumulatedGradients:
    """``mean_gradients`` of a batch in ``n`` micro-batches, to be given to ``fit``::

        L = sum_i (m_i / M) L_i,   M = sum_i m_i     L_i the mean over the m_i targets of part i

    ``fit(accumulate=k)`` makes one update of k batches; this makes one of as many rows as before,
    in the memory of an ``n``-th of them.  ``count`` says how many targets some rows have.  A batch
    is a tuple of arrays with an entry for each row.  Dropout draws for a part what it would have
    drawn for these rows of the whole, so that the result is that of the whole, to rounding.  A
    loss that is no mean over targets, such as one that balances experts over a batch, is another
    one once the batch is cut.

    Raises:
        ValueError: ``n`` is below 1.
        TypeError: ``count`` is not a function.  When it is called: a batch of another form.
    Source: Huang et al. 2019, "GPipe", section 2.2, arXiv:1811.06965 (the word).
    """

    def __init__(self, n: int, count: Callable[[Any], float]):
        if n < 1:
            raise ValueError(f"n must be at least 1 micro-batch, got {n}")
        if not callable(count):
            raise TypeError(f"count must be a function, got {count!r:.40}")
        self.n, self.count = n, count

    def __call__(
        self,
        loss_of: Callable[[Any], Tensor],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> Answer:
        """Loss and gradients, as ``mean_gradients`` gives them; one batch after another."""
        whole = sum(counts)
        if not whole:
            return mean_gradients(loss_of, batches, parameters, counts=counts)
        cut = functools.partial(parts_of, n=self.n, count=self.count, whose="to be cut")
        answers = (
            in_turn(loss_of, parameters, allow_unused, cut(batch, share=n / whole))
            for batch, n in zip(batches, counts, strict=True)
            if n
        )
        return functools.reduce(together, answers)
