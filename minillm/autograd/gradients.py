"""Gradients as values: what training asks for."""

from __future__ import annotations

from collections.abc import Iterable

from minillm.autograd.tensor import Tensor
from minillm.backend import Array, array_module


def gradients_of(
    loss: Tensor,
    tensors: Iterable[Tensor],
    *,
    keep_graph: bool = False,
    allow_unused: bool = False,
) -> list[Array | None]:
    """``d loss / d tensor`` for each tensor, with no ``grad`` attribute touched.

    The tensors are parameters, or results on the way to the loss: a representation that several
    losses share, or the loss itself.  Below the lowest of them nothing is computed and nothing is
    freed, so that ``shared.backward(gradient)`` can go on from there.

    ``keep_graph`` keeps the rest for another loss over the same trunk.  A tensor that does not
    influence the loss, or is frozen, is an error, or ``None`` with ``allow_unused``.

    Raises:
        RuntimeError: ``loss`` has more than one element, nothing was recorded, its graph is
            freed, or a tensor does not influence it (its place and its shape are named).
        TypeError: ``tensors`` is one tensor, or holds something else.
    Guide: 4.2.1 (G12).
    """
    tensors = listed(tensors)
    wanted = {x.node for x in tensors if x.node is not None}
    found = loss.gradients_at(wanted, keep_graph=keep_graph)
    gradients = [found.get(x.node) if x.node else None for x in tensors]
    if not allow_unused:
        for i, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
            if gradient is None:
                why = "" if tensor.requires_grad else ": it is frozen, or a constant"
                raise RuntimeError(
                    f"parameter {i} of shape {tensor.shape} does not influence the loss{why}; "
                    "leave it out, or pass allow_unused=True"
                )
    return separated(gradients)


def listed(tensors: Iterable[Tensor]) -> list[Tensor]:
    """The tensors as a list.

    Raises:
        TypeError: it is one tensor, whose rows are no leaves, or something in it is not a tensor.
    """
    if isinstance(tensors, Tensor):
        raise TypeError("gradients_of: one Tensor was given for a list of them; write [tensor]")
    tensors = list(tensors)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            kind = type(tensor).__name__
            raise TypeError(f"gradients_of: tensor {i} must be a Tensor, got a {kind}")
    return tensors


def separated(gradients: list[Array | None]) -> list[Array | None]:
    """The same gradients; none shares memory with another or is a read-only view.

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
