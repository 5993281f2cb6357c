"""Which experts a token goes to, and who still finds a place there.

Letters: N tokens, E experts, K of them for each token, G groups of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.autograd.recomputing import in_forward_of_recompute
from minillm.backend import least_count, moved_like, to_numpy
from minillm.nn.initialization import check_integers
from minillm.ops import softmax, take_along_axis


class Routing(NamedTuple):
    """Where N tokens go: what the router thought of all experts, and what came of it."""

    probabilities: Tensor  # (N, E)
    chosen: np.ndarray  # (N, K), the most probable first
    gates: Tensor  # (N, K), summing to one for each token
    kept: np.ndarray  # (N, K) boolean: the expert had a place left

    @property
    def dropped(self) -> int:
        """How many choices found no place."""
        return int((~self.kept).sum())

    @property
    def use(self) -> np.ndarray:
        """How many tokens each expert was given, (E,): the histogram of its use."""
        return np.bincount(self.chosen[self.kept], minlength=self.probabilities.shape[1])


def route(scores: Tensor, *, top: int, capacity: int | None = None, groups: int = 1) -> Routing:
    """Send every token to its ``top`` experts, as long as they have places::

        p = softmax(s),   e_1 ... e_K = the K largest p,   gate_k = p_{e_k} / sum_j p_{e_j}

    Shapes: ``scores (N, E)``.  Gradients flow through p and the gates; a choice has none.  Of
    equal scores the expert with the lower number is taken.

    Each of G equal ``groups`` of tokens that follow each other has ``capacity`` places at each
    expert, all it needs where none is given; see ``places``.

    Raises:
        ValueError: ``scores`` are not (N, E) or hold NaN or infinity, more experts to choose than
            there are or none, no place, or tokens that G groups cannot share equally.
        TypeError: ``top``, ``capacity`` or ``groups`` is not an integer.
    Source: Shazeer et al. 2017, "Outrageously Large Neural Networks: The Sparsely-Gated
        Mixture-of-Experts Layer", arXiv:1701.06538, section 2.1, without its noise; Lepikhin et
        al. 2021, "GShard: Scaling Giant Models with Conditional Computation and Automatic
        Sharding", arXiv:2006.16668, section 2.2, without its random second expert.
    Guide: 7.3.2 (G63).
    """
    check_integers("route", top=top, groups=groups)
    chosen = best_experts(to_numpy(scores.data), top)
    probabilities = softmax(scores)
    taken = take_along_axis(probabilities, index=moved_like(chosen, scores.data))  # (N, K)
    gates = taken / taken.sum(axis=1, keepdims=True)
    if capacity is None:
        return Routing(probabilities, chosen, gates, np.ones(chosen.shape, dtype=bool))
    parts = in_groups(chosen, groups)
    kept = [places(part, n_experts=scores.shape[1], capacity=capacity) for part in parts]
    return Routing(probabilities, chosen, gates, np.concatenate(kept))


def best_experts(scores: np.ndarray, top: int) -> np.ndarray:
    """The ``top`` experts of every token, (N, K), the best first.

    Raises:
        ValueError: see ``route``.
    """
    if scores.ndim != 2:
        raise ValueError(f"route: scores must be (N, E), got {scores.shape}")
    if not 1 <= top <= scores.shape[1]:
        raise ValueError(
            f"route: top must choose 1 to {scores.shape[1]} of the experts there are, got {top}"
        )
    if not np.isfinite(scores).all():
        token, expert = np.argwhere(~np.isfinite(scores))[0]
        raise ValueError(
            f"route: scores must be finite, token {token} gives expert {expert} "
            f"{scores[token, expert]}"
        )
    return np.argsort(-scores, axis=1, kind="stable")[:, :top]


def places(chosen: np.ndarray, *, n_experts: int, capacity: int) -> np.ndarray:
    """Which choices find one of the ``capacity`` places of their expert, (N, K) -> (N, K)::

        first choices of all tokens in their order, then all second choices, and so on

    Raises:
        ValueError: ``capacity`` is below 1.
        TypeError: it is not an integer.
    Source: Lepikhin et al. 2021, GShard, arXiv:2006.16668, algorithm 1.
    """
    check_integers("route", capacity=capacity)
    if capacity < 1:
        raise ValueError(f"route: capacity must be at least 1, got {capacity}")
    queue = chosen.T.reshape(-1)  # (K N,)
    asked = queue[:, None] == np.arange(n_experts)
    before = asked.cumsum(axis=0) - asked  # how many asked before, by expert
    free = before[np.arange(len(queue)), queue] < capacity
    return free.reshape(chosen.shape[::-1]).T


def capacity_of(tokens: int, n_experts: int, *, top: int, factor: float) -> int:
    """The places of each expert, ``ceil(factor K N / E)``: a factor of 1 is what even use needs.

    1.1 is read as 11/10: 100 tokens and 10 experts have 11 places, where floats would say 12.  Of
    no tokens it is 0.

    Raises:
        ValueError: ``factor`` is not above 0 and finite, ``tokens`` are below 0, or ``n_experts``
            or ``top`` is below 1.
        TypeError: a number of something that is not an integer.
    Source: Fedus et al. 2021, "Switch Transformers", arXiv:2101.03961, eq. 3, for K = 1.
    """
    if not 0.0 < factor < math.inf:
        raise ValueError(f"capacity: its factor must be above 0 and finite, got {factor}")
    check_integers("capacity", tokens=tokens, n_experts=n_experts, top=top)
    if tokens < 0 or n_experts < 1 or top < 1:
        raise ValueError(
            "capacity: needs tokens of at least 0, an expert and a choice, got "
            f"tokens={tokens}, n_experts={n_experts} and top={top}"
        )
    return least_count(factor * top * tokens / n_experts)


def in_groups(tokens: np.ndarray, groups: int) -> list[np.ndarray]:
    """Equal parts of the tokens that follow each other.

    Raises:
        ValueError: there are none.
    """
    if groups < 1 or len(tokens) % groups:
        raise ValueError(f"route: {len(tokens)} tokens do not split into {groups} equal groups")
    return np.split(tokens, groups)


noting: ContextVar[list[Routing] | None] = ContextVar("noting", default=None)


@contextmanager
def noted_routings() -> Iterator[list[Routing]]:
    """``with noted_routings() as seen:`` what every layer of experts decides in the block.

    So its balance can be a part of the loss, ``sum(balance_of(one) for one in seen)``, and its
    use be looked at, while the layer itself gives vectors alone, like every feed-forward network.
    """
    seen: list[Routing] = []
    token = noting.set(seen)
    try:
        yield seen
    finally:
        noting.reset(token)


def note(routing: Routing) -> None:
    """Tell whoever asks.

    Raises:
        RuntimeError: the layer will be computed again, and what it decides now has no tape.
    """
    if (seen := noting.get()) is not None:
        if in_forward_of_recompute():
            raise RuntimeError(
                "noted_routings: inside recompute nothing is recorded in the forward pass, and a "
                "loss of balance would have no gradient; set recompute to 0"
            )
        seen.append(routing)
