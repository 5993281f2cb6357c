"""Data parallel training: one update's gradients by several processes, each with its own rows.

All of them hold the whole model, see the same batches and make the same update; what they tell
each other is one sum a step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.nn.rows import Rows, rows_of_batch, settle
from minillm.training.accumulation import mean_gradients
from minillm.training.loop import Gradients
from minillm.training.micro_batches import AccumulatedGradients
from minillm.training.parts import Answer, Part, counted, cut_rows, in_turn, rows_in, together
from minillm.training.ranks.flat import FlatBuffer
from minillm.training.ranks.world import Ranks
from minillm.training.sharding import ShardedGradients

WHOSE = "that ranks share"


class DataParallelGradients:
    """``mean_gradients`` by all ``ranks``, to be given to ``fit`` as ``gradients``::

        g = sum_r (m_r / M) g_r,   M = sum_r m_r        g_r the gradient of the mean over the m_r
                                                        targets of rank r's rows

    So the mean is that over all targets of the batch, and not the mean of the ranks' means.
    ``count`` says how many targets some rows have.  Each rank weighs its own gradient, writes it
    into a flat buffer, and one all-reduce sums the buffers; the loss travels in it, too.

    A batch is a tuple of arrays with an entry for each row.  Rank r of n takes rows
    ``B r / n`` to ``B (r + 1) / n - 1``, padding as it is; dropout draws for them what it would
    have drawn for these rows of the whole batch.  A rank without targets gives zeros; one with
    ``accumulate`` above 1 computes its rows in so many parts, one after another.  A loss that is
    no mean over targets, such as one that balances experts over a batch, is another one once the
    batch is cut.

    Source: Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel
        Training", section 2.2, arXiv:2006.15704.
    """

    def __init__(self, ranks: Ranks, count: Callable[[Any], float], *, accumulate: int = 1):
        self.ranks, self.count, self.accumulate = ranks, count, accumulate
        self.flat: FlatBuffer | None = None
        self.parameters: list[Parameter] = []

    def __call__(
        self,
        loss_of: Callable[[Any], Tensor],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> Answer:
        """Loss and gradients, the same on every rank.

        The gradients are views of a buffer, which hold until the next call.

        Raises:
            TypeError: a batch of another form.
        """
        whole, own = sum(counts), []
        for batch, n in zip(batches, counts, strict=True):
            parts = self.own_parts(batch, n / whole) if n else []
            if parts:
                own.append(in_turn(loss_of, parameters, allow_unused, parts))
            elif n:
                self.only_count(loss_of, batch)
        if whole == 0:
            return mean_gradients(loss_of, batches, parameters, counts=counts)
        nothing: Answer = (None, [None] * len(parameters))
        flat = self.buffer(parameters)
        flat.fill(*(functools.reduce(together, own) if own else nothing))
        self.ranks.total(flat.numbers)
        return flat.read(allow_unused=allow_unused)

    def slices(self, batch: Any) -> tuple[list[tuple[Any, Rows]], list[float]]:
        """The rows of each rank, in its parts, and how many targets they have.

        Where nothing is counted, though the batch counts, rank 0 takes all.
        """
        cut = cut_rows(batch, self.ranks.size * self.accumulate, WHOSE)
        counts = counted(cut, self.count)
        if not any(counts):
            cut[0], counts[0] = (batch, Rows(0, rows_in(batch, WHOSE))), 1.0
        return cut, counts

    def own_parts(self, batch: Any, share: float) -> list[Part]:
        """The rows of this rank with their share of the loss; none where they do not count."""
        cut, counts = self.slices(batch)
        whole, first = sum(counts), self.ranks.rank * self.accumulate
        own = [*zip(cut, counts, strict=True)][first : first + self.accumulate]
        return [
            (part, None if len(cut) == 1 else rows, share * m / whole)
            for (part, rows), m in own
            if m > 0
        ]

    def only_count(self, loss_of: Callable[[Any], Tensor], batch: Any) -> None:
        """Let dropout count the calls that other ranks make for this batch.

        So the state of every rank is the same, and rank 0 can keep it.
        """
        cut, counts = self.slices(batch)
        part, rows = next(one for one, m in zip(cut, counts, strict=True) if m)
        with no_grad(), rows_of_batch(rows):
            loss_of(part)
        settle([rows])

    def buffer(self, parameters: Sequence[Parameter]) -> FlatBuffer:
        """The buffer of the last step, if it was of the same parameters."""
        same = len(parameters) == len(self.parameters) and all(
            a is b for a, b in zip(parameters, self.parameters, strict=True)
        )
        if self.flat is None or not same:
            self.flat, self.parameters = FlatBuffer(parameters), list(parameters)
        return self.flat


class Batches(Protocol):
    """What a recipe says of them: rows in one, and parts of it that follow each other."""

    @property
    def batch_size(self) -> int: ...

    @property
    def accumulate(self) -> int: ...


def gradients_by(
    recipe: Batches, count: Callable[[Any], float], *, threads: int = 1, ranks: Ranks | None = None
) -> Gradients:
    """How one update's gradients are made: by this thread, by several, or by several processes.

    ``count`` says how many targets some rows of a batch have.

    Raises:
        ValueError: several threads in several processes, or of which each would do with a part;
            a batch with fewer rows than parts.
    """
    batch_size, accumulate = recipe.batch_size, recipe.accumulate
    size = 1 if ranks is None else ranks.size
    require_one_thread(threads, accumulate, ranks)
    if batch_size < size:
        raise ValueError(
            f"batch_size {batch_size} is less than the {size} ranks: some would have no row; "
            f"it must be at least {size}, or start fewer ranks"
        )
    if batch_size < size * accumulate:
        shared = f" on each of {size} ranks" if size > 1 else ""
        raise ValueError(
            f"accumulate {accumulate}{shared} is more than batch_size {batch_size} has rows for; "
            f"it must be at most {batch_size // size}"
        )
    if ranks is not None:
        return DataParallelGradients(ranks, count, accumulate=accumulate)
    if threads != 1:
        return ShardedGradients(threads, count)
    return mean_gradients if accumulate == 1 else AccumulatedGradients(accumulate, count)


def require_one_thread(threads: int, accumulate: int, ranks: Ranks | None) -> None:
    """Refuse several threads where processes share a batch, or parts of it follow each other.

    Raises:
        ValueError: says what to do instead.
    """
    if threads == 1:
        return
    if ranks is not None:
        raise ValueError(
            f"threads = {threads} beside {ranks.size} ranks: each rank works with one thread; "
            "start more ranks instead"
        )
    if accumulate > 1:
        raise ValueError(
            f"threads = {threads} beside accumulate = {accumulate}: threads hold their parts at "
            "the same time; take one of both"
        )
