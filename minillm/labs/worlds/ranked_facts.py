"""Facts of which some are told often and most hardly ever: their frequencies are a power law.

A text is a key of some digits and its answer.  Answers are drawn once for each key, so that
nothing but memory helps, and a share of them is told wrongly, which no memory helps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream


@dataclass(frozen=True)
class RankedFacts:
    """How many facts there are, how fast their frequencies fall, and how often they are told wrong.

    There are ``base`` to the power of ``digits`` keys; ``tail`` is α, below; ``wrong`` the share of
    answers that are drawn anew, 1 where there is nothing to learn.
    """

    base: int = 16
    digits: int = 3
    answers: int = 16
    tail: float = 0.5
    wrong: float = 0.1

    @property
    def keys(self) -> int:
        """How many facts there are."""
        return int(self.base**self.digits)

    @property
    def vocabulary_size(self) -> int:
        """A token for each digit at each place, and one for each answer."""
        return self.base * self.digits + self.answers


class Facts:
    """The facts of a seed::

        p_k ∝ k^-(1 + α)        the k-th most frequent of all keys, k = 1, 2, ...

    ``ids (K, digits)`` are the keys, the most frequent first, and ``answers (K,)`` the tokens that
    belong to them.

    Raises:
        ValueError: fewer than two digits' values or answers, no digit, a tail below 0, a share that
            is not from 0 to 1.
    Source: Hutter 2021, "Learning Curve Theory", arXiv:2102.04074, section 3, for facts of such
        frequencies.
    """

    def __init__(self, dials: RankedFacts, *, seed: int):
        d = dials
        if d.base < 2 or d.answers < 2 or d.digits < 1:
            raise ValueError(
                f"Facts: needs 2 values of a digit, 2 answers and a digit at least, got {d}"
            )
        if not d.tail >= 0.0 or not 0.0 <= d.wrong <= 1.0:
            raise ValueError(f"Facts: tail must not be negative, wrong from 0 to 1, got {d}")
        rng = stream(seed, "ranked facts")
        self.dials = dials
        order = rng.permutation(d.keys)
        places = [order // d.base**i % d.base + d.base * i for i in range(d.digits)]
        self.ids = np.stack(places, axis=1)
        self.answers = d.base * d.digits + rng.integers(d.answers, size=d.keys)
        weights = np.arange(1, d.keys + 1, dtype=np.float64) ** -(1.0 + d.tail)
        self.p = weights / weights.sum()

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` texts as they are told: the numbers of their keys ``(n,)``, their answers ``(n,)``.

        Each answer is drawn anew with probability ``wrong``, from all answers alike.
        """
        d = self.dials
        keys = np.searchsorted(np.cumsum(self.p)[:-1], rng.random(n), side="right")
        drawn = d.base * d.digits + rng.integers(d.answers, size=n)
        return keys, np.where(rng.random(n) < d.wrong, drawn, self.answers[keys])

    def loss(self, log_p: np.ndarray) -> float:
        """What the next text costs whoever says ``log_p (K, V)`` of all tokens behind each key::

            L = -sum_k p_k sum_a q_k(a) ln p(a | k)      q_k(a) = (1 - w) [a = a_k] + w / A

        Exact: nothing is drawn.
        """
        d = self.dials
        right = log_p[np.arange(d.keys), self.answers]
        every = log_p[:, d.base * d.digits :].mean(axis=1)
        return float(-(self.p * ((1.0 - d.wrong) * right + d.wrong * every)).sum())

    @property
    def floor(self) -> float:
        """The loss of whoever knows all facts, the entropy of an answer, in nats::

            E = -r ln r - (A - 1) (w / A) ln(w / A),       r = 1 - w + w / A

        It is 0 where nothing is told wrongly, and ln A where there is nothing to learn.
        """
        d = self.dials
        right, other = 1.0 - d.wrong + d.wrong / d.answers, d.wrong / d.answers
        rest = 0.0 if other == 0.0 else -(d.answers - 1) * other * math.log(other)
        return -right * math.log(right) + rest

    def beyond(self, known: int) -> float:
        """The share of texts about other facts than the ``known`` most frequent ones.

        It falls as ``known^-α`` while ``known`` is far below the number of keys.
        """
        return float(self.p[known:].sum())

    def unseen(self, n: int) -> float:
        """The expected share of texts about facts that ``n`` texts have not told::

            sum_k p_k (1 - p_k)^n          which falls as n^(-α / (1 + α))

        Source: Hutter 2021, arXiv:2102.04074, section 3.
        """
        return float((self.p * (1.0 - self.p) ** n).sum())
