"""A stretch in which a model only answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
