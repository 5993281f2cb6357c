"""Many feed-forward networks, of which every token uses a few: a mixture of experts.

Letters: N tokens, D width, E experts, K of them for each token, M choices that were kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.nn.feed_forward import FeedForward
from minillm.nn.initialization import check_integers
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.nn.routing import Routing, capacity_of, note, route
from minillm.ops import balance_loss, concatenate, embedding, gelu


class Experts(Module):
    """Every token goes through the K experts that a router chooses for it, of E::

        s = x Wᵀ,   gates and e_1 ... e_K = route(s),   y = sum_k gate_k expert_{e_k}(x)

    Shapes: ``x (..., D) -> (..., D)``: it stands where a ``FeedForward`` does.

    Its numbers are those of E networks and its operations those of K.  ``capacity_factor`` gives
    every expert ``ceil(factor K N / E)`` places, N being the tokens of one of ``groups`` equal
    groups.  A choice that finds none is dropped and adds nothing: in a block, where the result
    is added to the stream, a token without an expert passes unchanged.  ``noted_routings`` says
    what was chosen and dropped.  ``bias`` is that of the experts: the router has none.

    Raises:
        ValueError: more experts to choose than there are, or none; sizes below 1.
    Source: Shazeer et al. 2017, arXiv:1701.06538, section 2; Lepikhin et al. 2021, GShard,
        arXiv:2006.16668, section 2.2.
    Guide: 7.3.2 (G63).
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        n_experts: int,
        *,
        rng: np.random.Generator,
        top: int = 2,
        capacity_factor: float | None = None,
        groups: int = 1,
        activation: Callable[[Tensor], Tensor] = gelu,
        bias: bool = True,
    ):
        check_integers("Experts", n_experts=n_experts, top=top, groups=groups)
        if not 1 <= top <= n_experts or groups < 1:
            raise ValueError(
                f"Experts: 1 <= top <= n_experts and a group are needed, got top {top} of "
                f"{n_experts} and {groups} groups"
            )
        if capacity_factor is not None:
            capacity_of(1, n_experts, top=top, factor=capacity_factor)  # refuses what is no factor
        self.top, self.capacity_factor, self.groups = top, capacity_factor, groups
        self.router = Linear(width, n_experts, rng=rng, bias=False)
        self.experts = [
            FeedForward(width, hidden, rng=rng, activation=activation, bias=bias)
            for _ in range(n_experts)
        ]

    def forward(self, x: Tensor) -> Tensor:
        """``sum_k gate_k expert_{e_k}(x)``."""
        tokens = x.reshape(-1, x.shape[-1])  # (N, D)
        routing = self.routed(tokens, self.groups)
        note(routing)
        answers = [
            expert(tokens[moved_like(rows, x.data)])
            for expert, rows in zip(self.experts, rows_of_experts(routing), strict=True)
        ]
        return returned(answers, routing).reshape(*x.shape)

    def routed(self, tokens: Tensor, groups: int) -> Routing:
        """Where these tokens go, in so many groups."""
        capacity, n_experts = None, len(self.experts)
        if self.capacity_factor is not None:
            n = len(tokens.data) // groups
            needed = capacity_of(n, n_experts, top=self.top, factor=self.capacity_factor)
            capacity = max(needed, 1)  # of no tokens, too
        return route(self.router(tokens), top=self.top, capacity=capacity, groups=groups)


def rows_of_experts(routing: Routing) -> list[np.ndarray]:
    """The tokens that each expert is given, in their order."""
    n_experts = routing.probabilities.shape[1]
    taken = np.where(routing.kept, routing.chosen, -1)
    return [np.flatnonzero((taken == e).any(axis=1)) for e in range(n_experts)]


def returned(answers: Sequence[Tensor], routing: Routing) -> Tensor:
    """What the experts made of their tokens, back at the tokens and times the gates::

        y_n = sum_k gate_nk kept_nk answer(n, e_nk)

    Shapes: E answers, together ``(M, D)``, in the order of ``rows_of_experts`` ``-> (N, D)``.
    """
    row = np.zeros(routing.chosen.shape, dtype=np.int64)  # (N, K), 0 for a choice not kept
    first = 0
    for e, tokens in enumerate(rows_of_experts(routing)):
        at = (routing.chosen == e) & routing.kept
        row[at] = first + np.searchsorted(tokens, np.nonzero(at)[0])
        first += len(tokens)
    table = concatenate(*answers, axis=0)
    read = embedding(table, ids=moved_like(row, table.data))  # (N, K, D)
    kept = moved_like(routing.kept[..., None], table.data).astype(table.dtype)
    weights = routing.gates.reshape(*row.shape, 1) * kept
    return (weights * read).sum(axis=1)


def balance_of(routing: Routing) -> Tensor:
    """``balance_loss`` of what a router thought and first chose.

    Guide: 7.3.2 (G63).
    """
    first = moved_like(routing.chosen[:, 0], routing.probabilities.data)
    return balance_loss(routing.probabilities, chosen=first)
