"""One update's gradients by several threads: each takes some rows of the batch.

NumPy lets go of the interpreter inside its loops.  A tape belongs to the thread that records, so
the parts do not meet before their gradients are added.
"""

from __future__ import annotations

import contextvars
import functools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from minillm.autograd import Parameter, Tensor
from minillm.nn.rows import settle
from minillm.training.accumulation import mean_gradients
from minillm.training.parts import Answer, Part, answer_of, parts_of, rows_in, together

WORTHWHILE = 5e8  # ids of a batch times numbers of all parameters
WHOSE = "that threads share"


class ShardedGradients:
    """``mean_gradients`` by ``threads`` threads, to be given to ``fit`` as ``gradients``::

        L = sum_s (m_s / M) L_s,   M = sum_s m_s             L_s the mean over the m_s of part s

    ``count`` says how many targets a part of a batch has, over which its own mean is taken.  A
    batch is a tuple of arrays with an entry for each row, ids first; a part of it is a tuple of
    the same kind.  Dropout draws for a part what it would have drawn for these rows of the
    whole, so that the result is that of one thread to rounding.

    Where ids times parameters come to less than ``worthwhile``, a batch stays whole: the threads
    would wait for each other longer than they work.  Sizes decide, never a clock, so that a run
    can be repeated bit by bit.  BLAS should have one thread, as in every command.

    Raises:
        ValueError: ``threads`` is below 1.
        TypeError: ``count`` is not a function.  When it is called: a batch of another form.
    """

    def __init__(
        self, threads: int, count: Callable[[Any], float], *, worthwhile: float = WORTHWHILE
    ):
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        if not callable(count):
            raise TypeError(f"count must be a function, got {count!r:.40}")
        self.threads, self.count, self.worthwhile = threads, count, worthwhile
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="rows of a batch")

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
        answers: list[Answer] = []
        for batch, n in zip(batches, counts, strict=True):
            if n == 0:
                continue
            parts = self.parts_of(batch, n / whole, sum(p.size for p in parameters))
            compute = functools.partial(answer_of, loss_of, parameters, allow_unused)
            answers += map(compute, parts) if len(parts) == 1 else self.at_once(compute, parts)
        if not answers:
            return mean_gradients(loss_of, batches, parameters, counts=counts)
        return functools.reduce(together, answers)

    def at_once(self, compute: Callable[[Part], Answer], parts: Sequence[Part]) -> list[Answer]:
        """The answers of all parts, each from a thread of its own.

        A thread goes on in the caller's context, of which NumPy's way with errors is a part.
        """
        waiting = [self.pool.submit(contextvars.copy_context().run, compute, p) for p in parts]
        answers = [done.result() for done in waiting]
        settle(rows for _, rows, _ in parts if rows is not None)
        return answers

    def parts_of(self, batch: Any, share: float, parameters: int) -> list[Part]:
        """The batch in as many parts as there are threads, each with its share of ``share``."""
        enough = rows_in(batch, WHOSE) >= self.threads
        pays = batch[0].size >= ids_to_share(parameters, self.worthwhile) and enough
        return parts_of(batch, self.threads if pays else 1, self.count, share, whose=WHOSE)


def ids_to_share(parameters: int, worthwhile: float = WORTHWHILE) -> int:
    """How many ids a batch needs before threads share it, in a model of so many parameters."""
    return math.ceil(worthwhile / max(parameters, 1))
