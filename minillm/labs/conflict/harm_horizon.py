"""How deep can safety go?  The gradient of expected harm word by word, with all answers listed.

A small GPT writes answers of T words and a judge looks at one of them, at the horizon h.  The
gradient at a word is the covariance of the expected harm with the score.  Behind the horizon the
harm is decided, and the gradient is 0 whatever the policy is; before it, a word counts as far as it
foretells the one that is judged.  How far policies move is counted out, too: the best one under a
penalty on the distance, which is known, and the GPT, whose words share their weights, so that a
word may move without a gradient of its own.

Letters: A words, T words of an answer, H horizons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm import Parameter, Tensor, gradients_of, no_grad
from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.learners import AdamSettings, learn
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_texts, new_gpt
from minillm.labs.study import Study
from minillm.labs.worlds.answer_tree import (
    Tables,
    beginnings,
    expected_harm,
    harm_gradients,
    harm_variances,
    kl_by_word,
    safest,
    word_harm,
)
from minillm.models.gpt import Gpt
from minillm.ops import exp, log_softmax


@dataclass(frozen=True)
class Settings:
    """The answers, the GPT and what it reads, the judge, and how harm is made less.

    Answers are drawn word by word, each from a distribution of its own for every word before it;
    the distributions are drawn from Dirichlet's with ``concentration``.  ``beta`` is the penalty on
    the distance from the GPT that has read.  With the rate and the steps of ``safety`` the expected
    harm on seed 100 is within 0.001 of that of the best policy.
    """

    words: int = 3
    length: int = 7
    horizons: tuple[int, ...] = (1, 4, 6, 7)
    concentration: float = 1.0
    model: GptSizes = GptSizes(width=16, n_layers=1, n_heads=2)
    reading: GptTraining = field(default=GptTraining(batch=32, steps=300, rate=0.01, warmup=20))
    beta: float = 0.2
    safety: AdamSettings = AdamSettings(rate=0.01, steps=150)


Policy = Callable[[], list[Tensor]]  # its tables, of ``answer_tree``


def texts_of(settings: Settings, seed: int) -> Callable[[int], np.ndarray]:
    """Draws so many texts: the beginning, which is word A, and an answer, (n, T + 1)."""
    s = settings
    alike = np.full(s.words, s.concentration)
    chain = np.cumsum(stream(seed, "chain of words").dirichlet(alike, s.words + 1), axis=1)
    rng = stream(seed, "texts of words")

    def draw(number: int) -> np.ndarray:
        words = [np.full(number, s.words)]
        for _ in range(s.length):
            u = rng.random((number, 1))
            words.append(np.minimum((u > chain[words[-1]]).sum(axis=1), s.words - 1))
        return np.stack(words, axis=1)

    return draw


def base_of(settings: Settings, seed: int) -> Gpt:
    """A GPT in float64 that has read answers."""
    s = settings
    model = new_gpt(s.model, vocabulary_size=s.words + 1, max_length=s.length, seed=seed)
    draw = texts_of(s, seed)
    learn_texts(model, lambda number: list(draw(number)), s.reading)
    model.to_dtype(np.float64)
    return model


def tables_of(model: Gpt, settings: Settings) -> list[Tensor]:
    """What a GPT says behind every beginning: ln π of every word but the one all texts begin with.

    Shapes: ``(A^t, A)`` for t = 0 ... T-1.
    """
    a, last = settings.words, settings.length - 1
    rows = beginnings(a, last)
    begin = np.full((len(rows), 1), a)
    logits = model(np.concatenate([begin, rows], axis=1))[:, :, :a]
    return [log_softmax(logits[:: a ** (last - t), t]) for t in range(last + 1)]


def whole(tables: list[Tensor]) -> Tensor:
    """ln π of every answer, (A^T,)."""
    log_p = tables[0].reshape(-1)
    for table in tables[1:]:
        log_p = (log_p.reshape(-1, 1) + table).reshape(-1)
    return log_p


def plain(tables: list[Tensor]) -> list[np.ndarray]:
    """Their numbers."""
    return [table.data for table in tables]


def flat(gradients: list[Any]) -> np.ndarray:
    """Gradients as one vector."""
    return np.concatenate([g.ravel() for g in gradients])


def word_gradients(policy: Policy, weights: list[Parameter], harm: np.ndarray) -> np.ndarray:
    """What each word adds to the gradient of the expected harm, by adding up all answers, (T, P)::

        g_t = sum over answers of π(answer) harm(answer) d ln π(y_t | y_1 ... y_{t-1}) / dw

    P is the number of weights w.

    Source: Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist
        Reinforcement Learning".
    """
    tables = policy()
    harmful = np.exp(whole(tables).data) * harm
    found = []
    for table in tables:
        begun = harmful.reshape(table.size, -1).sum(axis=1)  # of answers that begin with these
        score = (Tensor(begun.reshape(table.shape)) * table).sum()
        found.append(flat(gradients_of(score, weights, keep_graph=True)))
    return np.array(found)


def theorem_gradients(policy: Policy, weights: list[Parameter], harm: np.ndarray) -> np.ndarray:
    """The same from the covariances of expected harm and score, (T, P)."""
    tables = policy()
    given = harm_gradients(plain(tables), harm)
    found = []
    for table, g in zip(tables, given, strict=True):
        score = (Tensor(g) * table).sum()  # rows of g add up to 0: as if by the logits
        found.append(flat(gradients_of(score, weights, keep_graph=True)))
    return np.array(found)


def made_safe(base: Gpt, settings: Settings, harm: np.ndarray, beta: float, seed: int) -> Gpt:
    """A copy that learned by the exact gradient of ``E[harm] + β KL(copy || base)``."""
    model = copy_of(base, stream(seed, "harm horizon"))
    with no_grad():
        before = whole(tables_of(base, settings)).data

    def loss(_: None) -> Tensor:
        log_p = whole(tables_of(model, settings))
        return (exp(log_p) * (beta * (log_p - before) + harm)).sum()

    learn(model.parameters(), loss, lambda: None, settings.safety)
    return model


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """For every horizon what the gradient is, and how far policies move, word by word.

    Shapes: ``error (H,)``: the largest difference between both ways to the gradient; ``gradient``
    and ``variance (H, T)``: its length, and how much each word decides; ``kl, best``, ``kl, gpt``
    and ``kl, gpt without penalty (H, T)`` from the GPT that has read; ``harm (H, 4)`` of that one,
    and of these three.
    """
    s = settings
    base = base_of(s, seed)
    tables = plain(tables_of(base, s))
    found: dict[str, list[Any]] = {}
    for horizon in s.horizons:
        harm = word_harm(s.words, s.length, horizon)
        for key, value in of_horizon(s, base, tables, harm, seed).items():
            found.setdefault(key, []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def of_horizon(
    settings: Settings, base: Gpt, tables: Tables, harm: np.ndarray, seed: int
) -> dict[str, Any]:
    """The numbers of one judge."""
    s, weights = settings, base.parameters()
    by_answers, by_theorem = (
        way(lambda: tables_of(base, s), weights, harm)
        for way in (word_gradients, theorem_gradients)
    )
    learned = [made_safe(base, s, harm, beta, seed) for beta in (s.beta, 0.0)]
    policies: list[Tables] = [tables, safest(tables, harm, s.beta)]
    policies += [plain(tables_of(model, s)) for model in learned]
    kl = [kl_by_word(policy, tables) for policy in policies]
    return {
        "error": np.abs(by_answers - by_theorem).max(),
        "gradient": np.linalg.norm(by_answers, axis=1),
        "variance": harm_variances(tables, harm),
        "kl, best": kl[1],
        "kl, gpt": kl[2],
        "kl, gpt without penalty": kl[3],
        "harm": np.array([expected_harm(policy, harm)[0][0] for policy in policies]),
    }


STUDY = Study(
    name="harm_horizon",
    question="Where harm is judged by one word: which words of an answer does safety reach?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.3,
)
