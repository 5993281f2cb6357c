"""The tape: what was computed from what, and the chain rule that walks it backwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from minillm.backend import Array

VJP = Callable[[Array], tuple[Array | None, ...]]  # dL/d(output) -> dL/d(each operand)


_creation = itertools.count()


class Node:
    """One recorded op, or (without parents and vjp) one leaf whose gradient is wanted.

    ``versions`` are those of the parents when the op ran: a leaf that was changed since would
    give the gradient of a function that was never evaluated.
    """

    __slots__ = (
        *("name", "parents", "vjp"),
        *("shape", "dtype", "order"),
        *("version", "versions", "freed", "grad"),
    )

    def __init__(
        self,
        name: str,
        output: Array,
        parents: tuple[Node | None, ...] = (),
        vjp: VJP | None = None,
    ):
        self.name, self.parents, self.vjp = name, parents, vjp
        self.shape, self.dtype = output.shape, output.dtype
        self.order = next(_creation)
        self.version = 0
        self.versions = tuple(p.version if p else 0 for p in parents)
        self.freed = False
        self.grad: Array | None = None  # of a leaf, filled by Tensor.backward

    def free(self) -> None:
        """Drop the operands and the arrays that ``vjp`` holds."""
        self.parents, self.versions, self.vjp, self.freed = (), (), None, True


def backpropagate(root: Node, gradient: Array, *, keep_graph: bool = False) -> dict[Node, Array]:
    """Gradients of ``sum(gradient * output)`` at every leaf below ``root``.

    The chain rule, once per node: by the time a node is reached, every path from the
    output has added its share.  The graph is freed on the way unless ``keep_graph``.

    Raises:
        RuntimeError: the graph was freed by an earlier backward pass, holds a cycle, or a leaf
            was changed after an op had used it.
    Source: Linnainmaa 1970; Griewank & Walther 2008, "Evaluating Derivatives", chapter 3.
    """
    gradients: dict[Node, Array] = {root: gradient}
    leaves: dict[Node, Array] = {}
    for node in reverse_topological(root):
        arriving = gradients.pop(node)
        if node.vjp is None:
            leaves[node] = arriving
            continue
        try:
            shares = node.vjp(arriving)
        except Exception as error:
            error.add_note(f"in the backward pass of {node.name}")
            raise
        for parent, share in checked_shares(node, shares):
            gradients[parent] = gradients[parent] + share if parent in gradients else share
        if not keep_graph:
            node.free()
    return leaves


def reverse_topological(root: Node) -> list[Node]:
    """``root`` and everything below it, every node before its parents.

    A node is created after its parents, so descending order of creation will do.  The walk is
    iterative: a chain of 10,000 ops passes.
    """
    reached = {root}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.freed:
            raise RuntimeError(
                f"{node.name}: the graph was already freed by a backward pass; compute the loss "
                "again, or pass keep_graph=True to the first pass"
            )
        for parent in node.parents:
            if parent is None:
                continue
            if parent.order >= node.order:
                raise RuntimeError(f"{node.name}: the graph has a cycle")
            if parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return sorted(reached, key=lambda node: node.order, reverse=True)


def checked_shares(node: Node, shares: tuple[Array | None, ...]) -> Iterator[tuple[Node, Array]]:
    """Each parent with its share of the gradient, once the rule's answer has been checked."""
    if len(shares) != len(node.parents):
        raise RuntimeError(
            f"{node.name}: its vjp gave {len(shares)} gradients for {len(node.parents)} operands"
        )
    for i, (parent, share) in enumerate(zip(node.parents, shares, strict=True)):
        if parent is None:
            continue
        if parent.version != node.versions[i]:
            raise RuntimeError(
                f"{node.name}: operand {i} was changed between forward and backward; "
                "its gradient would belong to another function"
            )
        if share is None or share.shape != parent.shape:
            given = None if share is None else share.shape
            raise RuntimeError(
                f"{node.name}: its vjp gave {given} for operand {i} of shape {parent.shape}"
            )
        # an operand may be float32 beside float64: its gradient has the operand's dtype
        yield parent, share if share.dtype == parent.dtype else share.astype(parent.dtype)
