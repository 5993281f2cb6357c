"""A stretch in which a model only answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from minillm.autograd import no_grad
from minillm.nn import Module
from minillm.training.ranks.world import Ranks


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Dropout is off and nothing is recorded; afterwards every layer is in the mode it was in.

    Also when the block raises: a model that failed to answer goes on training as before.
    """
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def mean_loss(
    model: Module,
    batches: Iterable[Any],
    loss_of: Callable[[Any], Any],
    count: Callable[[Any], int],
) -> tuple[float, int]:
    """The mean of a loss over all that the batches count, and how much that is; dropout is off.

    ``loss_of`` gives the mean of one batch, ``count`` over how many targets it is one.  Of nothing
    the mean is 0.

    Inside of ``evaluation_shared`` each rank takes every n-th batch; the mean is that over all.
    """
    ranks, total, n = sharing.get(), 0.0, 0
    own = batches if ranks is None else itertools.islice(batches, ranks.rank, None, ranks.size)
    with evaluating(model):
        for batch in own:
            size = count(batch)
            total += size * float(loss_of(batch))
            n += size
    if ranks is not None:
        total, n = map(sum, zip(*ranks.gather((total, n)), strict=True))
    return total / max(n, 1), n


sharing: ContextVar[Ranks | None] = ContextVar("the ranks that share an evaluation", default=None)


@contextmanager
def evaluation_shared(ranks: Ranks) -> Iterator[None]:
    """Within the block, which all ranks enter, each computes a part of every ``mean_loss``."""
    token = sharing.set(ranks)
    try:
        yield
    finally:
        sharing.reset(token)
