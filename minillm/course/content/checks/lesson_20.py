"""Exercises of lesson 20: steps of integrated gradients, heads in order, selectivity of a probe."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped
from minillm.course.content.checks.enough_steps import ENOUGH_STEPS
from minillm.course.content.checks.ranked_heads import RANKED_HEADS
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

SELECTIVITY = ("the selectivity", "选择性")


def nearest(learned: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The class of the nearest learned vector."""
    learned, asked = np.asarray(learned, float), np.asarray(asked, float)
    gaps = ((asked[:, None] - learned[None]) ** 2).sum(axis=2)
    return np.asarray(classes)[gaps.argmin(axis=1)]


def commonest(learned: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The commonest class, whatever is asked."""
    kinds, counts = np.unique(np.asarray(classes), return_counts=True)
    return np.full(len(asked), kinds[counts.argmax()])


PROBES = [
    Case("a probe that looks for the nearest vector", "找最近的向量的探针", nearest),
    Case("a probe that says the commonest class", "总说最常见类别的探针", commonest),
]
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]


def tagged(n: int, kinds: int, seed: int) -> Rows:
    """Vectors that know words and a little of the task; not all words are learned from."""
    rng = np.random.default_rng(seed)
    n_words = 2 + seed % 7
    words = rng.integers(n_words, size=n)
    labels = np.where(rng.random(n) < 0.6, words % kinds, rng.integers(kinds, size=n))
    place = rng.integers(-5, 6, (n_words, 2))
    vectors = np.round(place[words] + labels[:, None] + rng.uniform(-1, 1, (n, 2)), 1)
    return vectors, words, labels, rng.integers(kinds, size=n_words), int(rng.integers(1, n))


def same_selectivity(answer: Function, probe: Function, rows: Rows) -> None:
    """Compare with the rows counted one by one."""
    vectors, words, labels, of_word, n = rows
    control = np.array([of_word[word] for word in words])
    hits = []
    for classes in (labels, control):
        said = probe(vectors[:n], classes[:n], vectors[n:])
        hits.append(sum(a == b for a, b in zip(said, classes[n:], strict=True)))
    wanted = np.array((hits[0] - hits[1]) / (len(words) - n))
    found = shaped(SELECTIVITY, answer(probe, *rows), ())
    close(SELECTIVITY, found, wanted, rtol=1e-5, atol=1e-6)


def is_nothing_of_a_control(selective: Function, kind: Case, n: int, kinds: int, seed: int) -> None:
    """The task is the control task itself."""
    vectors, words, _, of_word, learned = tagged(n, kinds, seed)
    same_selectivity(selective, kind.value, (vectors, words, of_word[words], of_word, learned))


def is_the_difference(selective: Function, kind: Case, n: int, kinds: int, seed: int) -> None:
    """On rows that were not learned."""
    same_selectivity(selective, kind.value, tagged(n, kinds, seed))


TAGGED = {
    "kind": st.sampled_from(PROBES),
    "n": st.integers(2, 12),
    "kinds": st.integers(2, 3),
    "seed": SEEDS,
}

CHECKS = {
    "20.1": ENOUGH_STEPS,
    "20.2": RANKED_HEADS,
    "20.3": Exercise(
        Property(
            "0 where the task is the control task",
            "任务就是对照任务时是 0",
            is_nothing_of_a_control,
            TAGGED,
        ),
        Property(
            "the accuracy of the task minus that of the control, on rows that were not learned",
            "没学过的各行上，任务的准确率减去对照的准确率",
            is_the_difference,
            TAGGED,
        ),
    ),
}
