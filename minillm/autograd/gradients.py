"""Gradients as values: what training asks for."""

from __future__ import annotations

from collections.abc import Sequence

from minillm.autograd.tensor import Tensor
from minillm.backend import Array, array_module


def gradients_of(
    loss: Tensor,
    parameters: Sequence[Tensor],
    *,
    keep_graph: bool = False,
    allow_unused: bool = False,
) -> list[Array | None]:
    """``d loss / d parameter`` for each parameter, with no ``grad`` attribute touched.

    ``keep_graph`` keeps the graph for another loss over the same trunk.  A parameter that the
    loss does not reach is an error, or ``None`` with ``allow_unused``.

    Raises:
        RuntimeError: ``loss`` is no scalar, nothing was recorded, or a parameter is not reached
            (its place in the list and its shape are named).
    """
    found = loss.leaf_gradients(keep_graph=keep_graph)
    gradients = [found.get(p.node) if p.node else None for p in parameters]
    if not allow_unused:
        for i, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            if gradient is None:
                raise RuntimeError(
                    f"parameter {i} of shape {parameter.shape} does not influence the loss; "
                    "leave it out, or pass allow_unused=True"
                )
    return separated(gradients)


def separated(gradients: list[Array | None]) -> list[Array | None]:
    """The same gradients, none sharing memory with another or being a read-only view.

    Rules hand on one array to two operands, or views of one array (``reshape``, ``sum``).
    """
    seen: set[int] = set()
    result: list[Array | None] = []
    for gradient in gradients:
        if gradient is not None and (id(gradient) in seen or gradient.base is not None):
            gradient = array_module(gradient).array(gradient)
        seen.add(id(gradient))
        result.append(gradient)
    return result
