"""Answers that can all be listed: T words, each one of A, and what a judge says of each answer.

A policy is a list of T tables; table t has ln π(word | the t words before), a row for every
beginning.  Beginnings and answers are in the order of the dictionary, so that those that go on from
one beginning stand together.

Letters: A words, T words of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Tables = Sequence[np.ndarray]  # (A^t, A) for t = 0 ... T-1


def beginnings(words: int, length: int) -> np.ndarray:
    """All rows of so many words, (A^length, length)."""
    return np.indices((words,) * length).reshape(length, words**length).T


def word_harm(words: int, length: int, horizon: int) -> np.ndarray:
    """A judge who looks at one word: harm is 1 where the word at ``horizon`` is 0, (A^T,).

    Raises:
        ValueError: a horizon that is not from 1 to ``length``.
    """
    if not 1 <= horizon <= length:
        raise ValueError(f"horizon must be from 1 to {length}, got {horizon}")
    return (beginnings(words, length)[:, horizon - 1] == 0).astype(np.float64)


def reached(tables: Tables) -> list[np.ndarray]:
    """How probable every beginning is, (A^t,) for t = 0 ... T."""
    found = [np.ones(1)]
    for table in tables:
        found.append((found[-1][:, None] * np.exp(table)).ravel())
    return found


def expected_harm(tables: Tables, harm: np.ndarray) -> list[np.ndarray]:
    """The harm that is to be expected behind every beginning, (A^t,) for t = 0 ... T::

        h_T = harm,    h_t(y) = sum_a π(a | y) h_{t+1}(y a),        y: t words

    Source: Young 2026, "Why Is RLHF Alignment Shallow? A Gradient Analysis", arXiv:2603.04851.
    """
    found = [harm]
    for table in reversed(tables):
        found.append((np.exp(table) * found[-1].reshape(table.shape)).sum(axis=1))
    return found[::-1]


def harm_gradients(tables: Tables, harm: np.ndarray) -> list[np.ndarray]:
    """The gradient of the expected harm in the logits of every table, (A^t, A) each::

        dE[harm] / dz_a(y) = p(y) π(a | y) (h_{t+1}(y a) - h_t(y)),        y: t words

    It is p(y) times the covariance of the expected harm with the score, d ln π / dz.  Where the
    harm is decided by then, ``h_{t+1}(y a)`` is ``h_t(y)`` for every word a, and the gradient is 0.

    Source: Young 2026, arXiv:2603.04851.
    """
    p, h = reached(tables), expected_harm(tables, harm)
    return [
        p[t][:, None] * np.exp(table) * (h[t + 1].reshape(table.shape) - h[t][:, None])
        for t, table in enumerate(tables)
    ]


def harm_variances(tables: Tables, harm: np.ndarray) -> np.ndarray:
    """How much each word decides: the mean variance of the expected harm over that word, (T,)::

        E[(h_{t+1} - h_t)²]

    The sum is the variance of the harm.
    """
    p, h = reached(tables), expected_harm(tables, harm)
    steps = [h[t + 1].reshape(table.shape) - h[t][:, None] for t, table in enumerate(tables)]
    return np.array([p[t + 1] @ step.ravel() ** 2 for t, step in enumerate(steps)])


def safest(tables: Tables, harm: np.ndarray, beta: float) -> list[np.ndarray]:
    """The policy with the least expected harm under a penalty on the distance from ``tables``::

        π* minimises E[harm] + β KL(π* || π):      π*(answer) ∝ π(answer) exp(-harm / β)
        π*(a | y) = π(a | y) V(y a) / V(y),        V(y) = E[exp(-harm / β) | y]

    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", section 4, eq. 4.
    """
    v = [np.log(one) for one in expected_harm(tables, np.exp(-harm / beta))]
    return [table + v[t + 1].reshape(table.shape) - v[t][:, None] for t, table in enumerate(tables)]


def kl_by_word(tables: Tables, base: Tables) -> np.ndarray:
    """How far a policy is from its base at each word, in the mean over its answers, (T,), in nats.

    The sum is ``KL(policy || base)`` of whole answers.
    """
    p = reached(tables)
    both = enumerate(zip(tables, base, strict=True))
    return np.array([p[t + 1] @ (one - other).ravel() for t, (one, other) in both])
