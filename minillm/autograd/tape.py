"""The tape: what was computed from what, and the chain rule that walks it backwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, NoReturn

import numpy as np

from minillm.backend import Array, is_array

VJP = Callable[[Array], tuple[Array | None, ...]]  # dL/d(output) -> dL/d(each operand)


# `next(ticks)` is atomic between threads, `n += 1` is not.
ticks = itertools.count()


class Node:
    """One recorded op, or (without parents and vjp) one leaf whose gradient is wanted.

    ``order`` is the tick of its creation, ``version`` that of the last change of its data.
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
        vjp: VJP | Recomputing | None = None,
    ):
        self.name, self.parents, self.vjp = name, parents, vjp
        self.shape, self.dtype = output.shape, output.dtype
        self.order = self.version = next(ticks)
        self.versions = tuple([p.version if p else 0 for p in parents])
        self.freed = False
        self.grad: Array | None = None  # of a leaf, filled by Tensor.backward

    def changed(self) -> None:
        """Note that the data have changed since earlier ops saw them."""
        self.version = next(ticks)

    def free(self) -> None:
        """Drop the operands and the arrays that ``vjp`` holds."""
        self.parents, self.versions, self.vjp, self.freed = (), (), None, True


class Onward(NamedTuple):
    """What a VJP may answer in the place of shares: a piece of tape to walk before going on.

    ``gradients`` are those that arrive at its outputs; what is older than ``since`` is no part of
    the piece, but of the tape that leads to it.
    """

    gradients: dict[Node, Array]
    since: int


Recomputing = Callable[[Array], Onward]


def backpropagate(
    root: Node, gradient: Array, wanted: Iterable[Node] | None = None, *, keep_graph: bool = False
) -> dict[Node, Array]:
    """Gradients of ``sum(gradient * output)`` at the ``wanted`` nodes, by default all leaves.

    The chain rule, once per node: by the time a node is reached, every path from the output has
    added its share.  Nodes from which no wanted one can be reached are left alone, and so is what
    lies below the lowest of them; what is walked is freed on the way unless ``keep_graph``.

    Raises:
        RuntimeError: the graph was freed by an earlier backward pass, holds a cycle, or a leaf
            was changed after an op had used it; a vjp answers with another number of gradients
            or with one of another shape.
        TypeError: a vjp answers with something other than a tuple of arrays.
    Source: Linnainmaa 1970; Griewank & Walther 2008, "Evaluating Derivatives", chapter 3.
    """
    below = reverse_topological(root)
    targets = {n for n in below if n.vjp is None} if wanted is None else {*wanted}
    on_the_way = {*below} if wanted is None else nodes_above(targets, below)
    walk = Walk(targets, on_the_way, {root: gradient})
    walk.along(below, keep_graph=keep_graph)
    return walk.found


class Walk:
    """A backward pass under way: the gradients that have arrived, and where they are wanted."""

    def __init__(self, targets: set[Node], on_the_way: set[Node], gradients: dict[Node, Array]):
        self.targets, self.on_the_way, self.gradients = targets, on_the_way, gradients
        self.sums: set[Node] = set()  # whose entry was made here: to be added to where it is
        self.found: dict[Node, Array] = {}

    def along(self, below: list[Node], *, keep_graph: bool) -> None:
        """Carry the gradients from each node to its parents; every node before its parents."""
        targets, on_the_way = self.targets, self.on_the_way
        gradients, sums = self.gradients, self.sums
        for node in below:
            if node not in gradients:
                continue
            arriving = gradients.pop(node)
            if node in targets:
                self.found[node] = arriving
            if node.vjp is None or node not in on_the_way:
                continue
            try:
                shares = node.vjp(arriving)
            except Exception as error:
                error.add_note(f"in the backward pass of {node.name}")
                raise
            if isinstance(shares, Onward):
                check_unchanged(node)
                if not keep_graph:
                    node.free()
                self.aside(shares)
                continue
            for parent, share in checked_shares(node, shares):
                if not (parent in on_the_way or parent in targets):
                    continue
                if parent in sums:
                    gradients[parent] += share
                elif parent in gradients:
                    gradients[parent] = gradients[parent] + share
                    sums.add(parent)
                else:
                    gradients[parent] = share  # perhaps a view, or an array that a rule keeps
            if not keep_graph:
                node.free()

    def aside(self, piece: Onward) -> None:
        """Walk a piece of tape that was recorded just now, as if it had always been there."""
        nodes = reverse_topological(*piece.gradients, since=piece.since)
        self.on_the_way |= nodes_above(self.targets | self.on_the_way, nodes)
        for node in [*piece.gradients]:
            self.gradients[node] = piece.gradients.pop(node)  # nobody else keeps it
        self.along(nodes, keep_graph=False)


def reverse_topological(*roots: Node, since: int = 0) -> list[Node]:
    """``roots`` and everything below them, not older than ``since``, every node before its parents.

    A node is created after its parents, so descending order of creation will do.  The walk is
    iterative: a chain of 10,000 ops passes.
    """
    reached = {*roots}
    waiting = [*roots]
    while waiting:
        node = waiting.pop()
        if node.freed:
            raise RuntimeError(
                f"{node.name}: the graph was already freed by a backward pass; compute the loss "
                "again, or pass keep_graph=True to the first pass"
            )
        for parent in node.parents:
            if parent is None or parent.order < since:
                continue
            if parent.order >= node.order:
                raise RuntimeError(f"{node.name}: the graph has a cycle")
            if parent not in reached:
                reached.add(parent)
                waiting.append(parent)
    return sorted(reached, key=lambda node: node.order, reverse=True)


def nodes_above(targets: set[Node], below: list[Node]) -> set[Node]:
    """The nodes that have a target somewhere below them."""
    found: set[Node] = set()
    for node in reversed(below):  # parents first
        for parent in node.parents:
            if parent in targets or parent in found:
                found.add(node)
                break
    return found


def checked_shares(node: Node, shares: tuple[Array | None, ...]) -> Iterator[tuple[Node, Array]]:
    """Each parent with its share of the gradient, once the rule's answer has been checked."""
    if type(shares) is not tuple or len(shares) != len(node.parents):
        check_tuple(node.name, shares, len(node.parents))
    for i, (parent, share) in enumerate(zip(node.parents, shares, strict=True)):
        if parent is None:
            continue
        if parent.version != node.versions[i]:
            refuse_changed(node, i)
        if not (share is None or is_array(share) or isinstance(share, np.generic)):
            kind = type(share).__name__
            raise TypeError(f"{node.name}: its vjp gave a {kind} for operand {i}, not an array")
        if share is None or share.shape != parent.shape:
            given = None if share is None else share.shape
            raise RuntimeError(
                f"{node.name}: its vjp gave {given} for operand {i} of shape {parent.shape}"
            )
        # an operand may be float32 beside float64: its gradient has the operand's dtype
        yield parent, share if share.dtype == parent.dtype else share.astype(parent.dtype)


def check_unchanged(node: Node) -> None:
    """Refuse a node of which an operand was changed since.

    Raises:
        RuntimeError: names the operand's place.
    """
    for i, parent in enumerate(node.parents):
        if parent is not None and parent.version != node.versions[i]:
            refuse_changed(node, i)


def refuse_changed(node: Node, i: int) -> NoReturn:
    """Say which operand was changed.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        f"{node.name}: operand {i} was changed between forward and backward; "
        "its gradient would belong to another function"
    )


def check_tuple(name: str, shares: object, operands: int) -> None:
    """Refuse a VJP's answer unless it is a tuple with an entry for each operand.

    An array of as many rows as there are operands would pass for one, row by row.

    Raises:
        TypeError: it is not a tuple.
        RuntimeError: it has another length.
    """
    if not isinstance(shares, tuple):
        raise TypeError(
            f"{name}: its vjp must return a tuple with a gradient for each operand, as in "
            f"`return (gradient,)`, got {type(shares).__name__}"
        )
    if len(shares) != operands:
        raise RuntimeError(f"{name}: its vjp gave {len(shares)} gradients for {operands} operands")
