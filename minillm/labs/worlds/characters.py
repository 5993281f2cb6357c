"""Two characters, each a hidden Markov model, one of whom writes all demonstrations of a text.

Which of them it is can be told only from what was read, so that the best prediction is known: the
mixture of what both would write, weighted by how probable each is after the demonstrations.

Letters: B texts, N demonstrations, K words of one, S hidden states, V words, C = 2 characters: 0 is
the helpful one, 1 the refusing one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.backend import stream


@dataclass(frozen=True)
class Sizes:
    """How many states, words and demonstrations there are, and how much characters differ.

    A row of a transition matrix is ``apart`` times one of the character's own and 1 - ``apart``
    times one of both, each drawn from Dirichlet's distribution with ``concentration``; what a state
    emits is the same for both.
    """

    states: int = 6
    words: int = 12
    length: int = 7
    demonstrations: int = 16
    apart: float = 0.6
    concentration: float = 0.4


class Characters:
    """Both characters of a seed; a demonstration begins anew, from the transitions of state 0."""

    def __init__(self, sizes: Sizes, *, seed: int):
        s = self.sizes = sizes
        rng = stream(seed, "characters")

        def rows(*shape: int) -> np.ndarray:
            drawn: np.ndarray = rng.dirichlet(np.full(shape[-1], s.concentration), shape[:-1])
            return drawn

        both, own = rows(1, s.states, s.states), rows(2, s.states, s.states)
        self.transitions = s.apart * own + (1.0 - s.apart) * both  # (C, S, S)
        self.emissions = rows(s.states, s.words)  # (S, V)

    def demonstrations(self, who: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """What these characters write, (B,) -> (B, N, K)."""
        s = self.sizes
        who = np.repeat(who, s.demonstrations)
        state, words = np.zeros(len(who), dtype=np.int64), []
        for _ in range(s.length):
            state = drawn(self.transitions[who, state], rng)
            words.append(drawn(self.emissions[state], rng))
        return np.stack(words, axis=1).reshape(-1, s.demonstrations, s.length)

    def predictions(self, words: np.ndarray) -> np.ndarray:
        """What each character expects at every word of demonstrations, (..., K) -> (..., K, C, V)::

            p(w_t | w_1 ... w_{t-1}, c) = sum_s α_t(s) B[s, w],     α_1 = A_c[0]
            α_{t+1} = (α_t B[., w_t] / p(w_t | ...)) A_c

        Source: Rabiner 1989, "A Tutorial on Hidden Markov Models and Selected Applications in
            Speech Recognition", section III.
        """
        ahead = np.broadcast_to(
            self.transitions[:, 0], (*words.shape[:-1], *self.transitions.shape[:2])
        )
        found = []
        for t in range(words.shape[-1]):
            found.append(ahead @ self.emissions)  # (..., C, V)
            behind = ahead * self.emissions.T[words[..., t]][..., None, :]
            behind = behind / behind.sum(axis=-1, keepdims=True)
            ahead = np.einsum("...cs,csz->...cz", behind, self.transitions)
        return np.stack(found, axis=-3)

    def log_ratios(self, words: np.ndarray) -> np.ndarray:
        """ln p(words | helpful) - ln p(words | refusing) before every word, (B, N, K) -> (B, N, K).

        With the log-odds of the prior added, it is the log-odds of the posterior.
        """
        p = self.predictions(words)  # (B, N, K, C, V)
        index = np.broadcast_to(words[..., None, None], (*words.shape, 2, 1))
        log_p = np.log(np.take_along_axis(p, index, axis=-1)[..., 0])
        each = log_p[..., 0] - log_p[..., 1]
        flat = each.reshape(len(words), -1)
        return (np.cumsum(flat, axis=1) - flat).reshape(words.shape)

    def expected(self, words: np.ndarray, log_odds: float) -> np.ndarray:
        """The best prediction of every word, if the log-odds of the helpful character are these::

            w p(. | helpful) + (1 - w) p(. | refusing),     w = σ(log_odds + log ratio)

        Shapes: ``(B, N, K) -> (B, N, K, V)``.
        """
        w = helpful_weight(self.log_ratios(words) + log_odds)[..., None]
        p = self.predictions(words)
        return w * p[..., 0, :] + (1.0 - w) * p[..., 1, :]


def helpful_weight(log_odds: np.ndarray) -> np.ndarray:
    """σ(log_odds), without overflow."""
    weight: np.ndarray = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return weight


def drawn(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index from each row of probabilities, (B, n) -> (B,)."""
    u = rng.random((len(p), 1))
    return np.minimum((u > np.cumsum(p, axis=1)).sum(axis=1), p.shape[1] - 1)


def as_text(words: np.ndarray, mark: int) -> np.ndarray:
    """Demonstrations behind a mark each, as one text, (B, N, K) -> (B, N (K + 1))."""
    marks = np.full((*words.shape[:2], 1), mark)
    return np.concatenate([marks, words], axis=2).reshape(len(words), -1)
