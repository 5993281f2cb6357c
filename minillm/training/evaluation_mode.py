"""A stretch in which a model only answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from minillm.autograd import no_grad
from minillm.nn import Module


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
    """
    total, n = 0.0, 0
    with evaluating(model):
        for batch in batches:
            size = count(batch)
            total += size * float(loss_of(batch))
            n += size
    return total / max(n, 1), n
