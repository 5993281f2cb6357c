"""Exercises of lesson 09: hiding words, the loss of the hidden ones, filling a gap exactly."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, close, parts, shaped, told
from minillm.course.content.checks.corruption import (
    NOT_ASKED,
    Corpus,
    asks_for_the_originals,
    chooses_everywhere_alike,
    keeps_the_rates,
    leaves_the_rest_alone,
)
from minillm.course.exercises import Exercise, Property

Case = tuple[np.ndarray, np.ndarray]  # scores (B, T, V), targets (B, T)


def loss_and_gradient(
    masked_loss: Function, logits: np.ndarray, targets: np.ndarray
) -> tuple[float, np.ndarray]:
    """The student's number, and the gradient with the shape of the logits."""
    loss, gradient = parts(masked_loss(logits, targets), "loss", "dL/dlogits")
    return float(shaped("loss", loss, ())), shaped("dL/dlogits", gradient, logits.shape)


def definition(logits: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Place by place: -ln p and p - onehot, over the number of hidden words."""
    places = [place for place in np.ndindex(targets.shape) if targets[place] != NOT_ASKED]
    total, gradient = 0.0, np.zeros(logits.shape)
    for place in places:
        z = logits[place] - logits[place].max()
        p = np.exp(z) / np.exp(z).sum()
        total += np.log(np.exp(z).sum()) - z[targets[place]]
        gradient[place] = p
        gradient[place][targets[place]] -= 1
    return total / len(places), gradient / len(places)


def same_gradient(found: np.ndarray, wanted: np.ndarray) -> None:
    """Compare place by place, and show the place that is furthest off."""
    gaps = np.abs(found - wanted).max(axis=-1)
    b, t = np.unravel_index(gaps.argmax(), gaps.shape)
    close(f"dL/dlogits[{b}, {t}]", found[b, t], wanted[b, t])


def is_as_defined(masked_loss: Function, given: Case, meant: Case) -> None:
    """Loss and gradient of what is given are those of what is meant."""
    loss, gradient = loss_and_gradient(masked_loss, *given)
    right_loss, right_gradient = definition(*meant)
    close(("the loss", "损失"), np.array(loss), np.array(right_loss))
    same_gradient(gradient, right_gradient)


def is_the_mean_of_the_hidden(masked_loss: Function, case: Case) -> None:
    """The mean of all hidden words of the batch, and p - onehot over their number."""
    is_as_defined(masked_loss, case, case)


def ignores_the_others(masked_loss: Function, case: Case, other: float) -> None:
    """What is said at places that are not asked for changes nothing, and has gradient 0."""
    logits, targets = case
    moved = logits.copy()
    moved[targets == NOT_ASKED, 0] += other
    loss, gradient = loss_and_gradient(masked_loss, moved, targets)
    at_rest = np.abs(gradient[targets == NOT_ASKED]).max(initial=0)
    told(at_rest == 0, f"the gradient there is up to {at_rest}", f"那里的梯度最大是 {at_rest}")
    right = definition(logits, targets)[0]
    close(("the loss", "损失"), np.array(loss), np.array(right))


def bears_large_scores(masked_loss: Function, case: Case, shift: float) -> None:
    """A common shift of the scores of a place changes nothing, however large."""
    logits, targets = case
    is_as_defined(masked_loss, (logits + shift, targets), case)


def bears_the_impossible(masked_loss: Function, case: Case, factor: float) -> None:
    """-ln p where p is 0 to every digit that a float has."""
    scaled = case[0] * factor, case[1]
    is_as_defined(masked_loss, scaled, scaled)


@st.composite
def asked(draw: Any) -> Case:
    """Scores and targets of a few sentences, at least one word hidden."""
    rows, length, words = (draw(st.integers(1, most)) for most in (3, 4, 5))
    size = rows * length
    numbers = st.lists(st.integers(-4, 4), min_size=size * words, max_size=size * words)
    logits = np.array(draw(numbers), dtype=float).reshape(rows, length, words)
    hidden = draw(st.sets(st.integers(0, size - 1), min_size=1))
    targets = np.full(size, NOT_ASKED)
    for place in sorted(hidden):
        targets[place] = draw(st.integers(0, words - 1))
    return logits, targets.reshape(rows, length)


def filled(
    fill: Function, P: np.ndarray, left: int, right: int, before: int, after: int
) -> np.ndarray:
    """The student's distribution."""
    return shaped("p", fill(P, left, right, before, after), (len(P),))


def by_listing(P: np.ndarray, left: int, right: int, before: int, after: int) -> np.ndarray:
    """The same from the probabilities of all sequences that could stand in the gap."""
    n = len(P)
    total = np.zeros(n)
    for words in product(range(n), repeat=before + after - 1):
        way = (left, *words, right)
        total[words[before - 1]] += np.prod([P[a, b] for a, b in pairwise(way)])
    return total / total.sum()


def is_the_posterior(
    fill: Function, P: np.ndarray, ends: tuple[int, int], before: int, after: int
) -> None:
    """The share of each word among all that could stand in the gap."""
    left, right = (end % len(P) for end in ends)
    wanted = by_listing(P, left, right, before, after)
    close("p", filled(fill, P, left, right, before, after), wanted)


def is_a_distribution(
    fill: Function, P: np.ndarray, ends: tuple[int, int], before: int, after: int
) -> None:
    """Nothing negative, and a sum of 1."""
    left, right = (end % len(P) for end in ends)
    found = filled(fill, P, left, right, before, after)
    told(bool(found.min() >= 0), f"p = {found.tolist()}", f"p = {found.tolist()}，有负数")
    close(("the sum", "总和"), found.sum(), np.array(1.0))


@st.composite
def chains(draw: Any) -> np.ndarray:
    """A matrix of transitions, its rows summing to 1; no two rows need be alike."""
    n = draw(st.integers(2, 4))
    row = st.lists(st.integers(1, 9), min_size=n, max_size=n)
    weights = np.array([draw(row) for _ in range(n)], dtype=float)
    return weights / weights.sum(axis=1, keepdims=True)


SEEDS = st.integers(0, 99)
SOME = st.builds(
    Corpus,
    st.integers(1, 4),
    st.integers(4, 9),
    st.sampled_from([5, 7, 20]),
    st.integers(2, 9),
    SEEDS,
)
MANY = st.builds(
    Corpus,
    st.just(150),
    st.sampled_from([40, 60]),
    st.sampled_from([5, 20]),
    st.just(10),
    st.just(1),
)
FEW_SEEDS = st.integers(0, 1)
ENDS = st.tuples(st.integers(0, 3), st.integers(0, 3))
STEPS = st.integers(1, 3)

CHECKS = {
    "09.1": Exercise(
        Property(
            "what is not eligible is neither asked for nor changed",
            "不可选的位置既不会被选中，也不会被改动",
            leaves_the_rest_alone,
            {"corpus": SOME, "seed": SEEDS},
        ),
        Property(
            "targets are the originals of the chosen words, elsewhere -100; no other word changes",
            "选中的词以原来的编号为目标，其余目标是 -100；只有选中的词可以改动",
            asks_for_the_originals,
            {"corpus": SOME, "seed": SEEDS},
        ),
        Property(
            "15 % are chosen; of them 80 % become [MASK], 10 % a random word, 10 % stay",
            "选中 15%；其中 80% 换成 [MASK]，10% 换成随机的词，10% 保持原词",
            keeps_the_rates,
            {"corpus": MANY, "seed": FEW_SEEDS},
        ),
        Property(
            "every place is chosen equally often, and every word is drawn equally often",
            "各位置被选中的机会相等，各词被换上的机会也相等",
            chooses_everywhere_alike,
            {"corpus": MANY, "seed": FEW_SEEDS},
        ),
    ),
    "09.2": Exercise(
        Property(
            "the loss is the mean over the hidden words of the batch, with its gradient",
            "损失是整批中被遮住的词的平均，梯度与之相符",
            is_the_mean_of_the_hidden,
            {"case": asked()},
        ),
        Property(
            "the scores at other places change nothing, and their gradient is exactly 0",
            "其他位置的得分不影响损失，梯度严格为 0",
            ignores_the_others,
            {"case": asked(), "other": st.sampled_from([1.0, -3.0, 1e4])},
        ),
        Property(
            "scores in the thousands do no harm",
            "得分上千也不出错",
            bears_large_scores,
            {"case": asked(), "shift": st.sampled_from([3000.0, -3000.0])},
        ),
        Property(
            "a word that the scores make all but impossible costs its full surprise",
            "得分使某个词几乎不可能时，损失仍是它应有的值",
            bears_the_impossible,
            {"case": asked(), "factor": st.sampled_from([10.0, 1000.0])},
        ),
    ),
    "09.3": Exercise(
        Property(
            "it is a distribution",
            "结果是一个概率分布",
            is_a_distribution,
            {"P": chains(), "ends": ENDS, "before": STEPS, "after": STEPS},
        ),
        Property(
            "both neighbours known: the share of each word among all that could stand there",
            "左右相邻的词都已知：每个词在所有可能中所占的份额",
            is_the_posterior,
            {"P": chains(), "ends": ENDS, "before": st.just(1), "after": st.just(1)},
        ),
        Property(
            "words further away known: the share of each word among all that could stand there",
            "已知的词离得更远：每个词在所有可能中所占的份额",
            is_the_posterior,
            {"P": chains(), "ends": ENDS, "before": STEPS, "after": STEPS},
        ),
    ),
}
