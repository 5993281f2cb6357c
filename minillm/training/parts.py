"""Some rows of a batch, and what they add to one update's gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array, is_array
from minillm.nn.rows import Rows, rows_of_batch, settle
from minillm.training.accumulation import added, weighted_gradients

# a batch or some rows of it, which ones if not all, and their share of the loss
Part = tuple[Any, Rows | None, float]
Answer = tuple[Array, list[Array | None]]


def cut_rows(batch: Any, n: int, whose: str) -> list[tuple[Any, Rows]]:
    """The batch in ``n`` parts, part i from row ``B i / n`` on; some are empty if B < n.

    Raises:
        TypeError: as ``rows_in``.
    """
    n_rows = rows_in(batch, whose)
    ends = [n_rows * i // n for i in range(n + 1)]
    return [(some_rows(batch, a, b), Rows(a, b)) for a, b in pairwise(ends)]


def counted(cut: Sequence[tuple[Any, Rows]], count: Callable[[Any], float]) -> list[float]:
    """How many targets each part has."""
    return [float(count(part)) if rows.stop > rows.start else 0.0 for part, rows in cut]


def parts_of(
    batch: Any, n: int, count: Callable[[Any], float], share: float, *, whose: str
) -> list[Part]:
    """The batch in ``n`` parts, each with its share of ``share`` by its targets.

    Parts without a target have no mean, and are left out; where no part has one, the batch stays
    whole.
    """
    cut = cut_rows(batch, n, whose) if n > 1 else []
    counts = counted(cut, count)
    total = sum(counts)
    if not total:
        return [(batch, None, share)]
    both = zip(cut, counts, strict=True)
    return [(part, rows, share * m / total) for (part, rows), m in both if m > 0]


def answer_of(
    loss_of: Callable[[Any], Tensor],
    parameters: Sequence[Parameter],
    allow_unused: bool,
    part: Part,
) -> Answer:
    """Loss and gradients of one part, times its share."""
    batch, rows, share = part
    with rows_of_batch(rows):
        return weighted_gradients(loss_of, [(batch, share)], parameters, allow_unused=allow_unused)


def in_turn(
    loss_of: Callable[[Any], Tensor],
    parameters: Sequence[Parameter],
    allow_unused: bool,
    parts: Sequence[Part],
) -> Answer:
    """The sum of all parts' losses and gradients; one part's graph is alive at a time."""

    def loss_of_part(part: tuple[Any, Rows | None]) -> Tensor:
        batch, rows = part
        with rows_of_batch(rows):
            return loss_of(batch)

    weighed = [((batch, rows), share) for batch, rows, share in parts]
    answer = weighted_gradients(loss_of_part, weighed, parameters, allow_unused=allow_unused)
    settle(rows for _, rows, _ in parts if rows is not None)
    return answer


def together(a: Answer, b: Answer) -> Answer:
    """The sum of two losses and of their gradients."""
    return a[0] + b[0], [added(x, y) for x, y in zip(a[1], b[1], strict=True)]


def rows_in(batch: Any, whose: str) -> int:
    """How many rows a batch has; ``whose`` it is, in the message.

    Raises:
        TypeError: it is not a tuple of arrays of as many rows (or of ``None``, or of such tuples).
    """
    arrays = list(leaves(batch)) if isinstance(batch, tuple) else []
    lengths = {x.shape[0] if is_array(x) and x.ndim else None for x in arrays}
    (n_rows,) = lengths if len(lengths) == 1 else (None,)
    if n_rows is None:
        found = [np.shape(x) if is_array(x) else type(x).__name__ for x in arrays]
        given = f", of {', '.join(map(str, found))}" if isinstance(batch, tuple) else ""
        raise TypeError(
            f"a batch {whose} must be a tuple of arrays with an entry for each row, "
            f"got {type(batch).__name__}{given}"
        )
    return n_rows


def leaves(batch: tuple[Any, ...]) -> Iterator[Any]:
    """What a tuple and the tuples in it hold, without ``None``."""
    for x in batch:
        if isinstance(x, tuple):
            yield from leaves(x)
        elif x is not None:
            yield x


def some_rows(batch: Any, start: int, stop: int) -> Any:
    """Rows ``start`` to ``stop - 1`` of a batch, as a tuple of its own kind."""
    if not isinstance(batch, tuple):
        return None if batch is None else batch[start:stop]
    cut = [some_rows(x, start, stop) for x in batch]
    return type(batch)(*cut) if hasattr(batch, "_fields") else tuple(cut)
