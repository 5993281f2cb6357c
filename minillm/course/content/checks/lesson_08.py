"""Exercises of lesson 08: perplexity, top-p, a step of attention with a cache."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.cached_steps import ONE_STEP
from minillm.course.content.checks.common import Function, close, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.ops import IGNORE

Drawn = tuple[np.ndarray, ...]
PARTS = 16  # of which probabilities are made: their sums are exact


def perplexity_of(perplexity: Function, logits: np.ndarray, targets: np.ndarray) -> float:
    """The student's number, on scores as floats."""
    return float(shaped("PPL", perplexity(logits.astype(float), targets), ()))


def same_number(found: float, wanted: float, by: str = "") -> None:
    """Refuse another perplexity than the right one."""
    told(
        bool(np.isclose(found, wanted, rtol=1e-6)),
        f"it gives {found:.6g}, right is {wanted:.6g}{by}",
        f"得到的是 {found:.6g}，应为 {wanted:.6g}",
    )


def knows_nothing(perplexity: Function, B: int, T: int, V: int, score: int) -> None:
    """Equal scores: as undecided as among all tokens."""
    targets = np.arange(B * T).reshape(B, T) % V
    same_number(perplexity_of(perplexity, np.full((B, T, V), score), targets), V)


def is_of_all_places(perplexity: Function, scored: Drawn) -> None:
    """By the definition: one place after another, the ignored ones left out."""
    logits, targets = scored
    surprises = []
    for place, target in np.ndenumerate(targets):
        if target != IGNORE:
            powers = np.exp(logits[place].astype(float))
            surprises.append(np.log(powers.sum() / powers[target]))
    same_number(perplexity_of(perplexity, logits, targets), float(np.exp(np.mean(surprises))))


def counts_the_improbable(perplexity: Function, scored: Drawn) -> None:
    """A probability of 1e-100 is no 0, and no 1e-12 either."""
    is_of_all_places(perplexity, (scored[0] * 40, scored[1]))


def forgets_a_shift(perplexity: Function, scored: Drawn, shift: int) -> None:
    """A number added to all scores of a place says nothing."""
    logits, targets = scored
    shifts = shift * (1 + np.arange(targets.size).reshape(*targets.shape, 1))
    plain = perplexity_of(perplexity, logits, targets)
    moved = perplexity_of(perplexity, logits + shifts, targets)
    told(
        bool(np.isclose(moved, plain, rtol=1e-6)),
        f"{plain:.6g} becomes {moved:.6g} when numbers are added to all scores of a place",
        f"同一位置的分数同加一个数，结果从 {plain:.6g} 变成 {moved:.6g}",
    )


def nucleus(p: np.ndarray, share: float) -> np.ndarray:
    """The right answer, a token at a time; with sixteenths every sum is exact."""
    rows = np.zeros(p.shape)
    for row, kept in zip(p, rows, strict=True):
        for i in sorted(range(len(row)), key=lambda i: (-row[i], i)):
            if kept.sum() < share:
                kept[i] = row[i]
    return rows / rows.sum(axis=-1, keepdims=True)


def filtered(top_p: Function, weights: np.ndarray, share: int) -> np.ndarray:
    """The student's rows, for probabilities in sixteenths."""
    return shaped(("the output", "输出"), top_p(weights / PARTS, share / PARTS), np.shape(weights))


def is_a_distribution(top_p: Function, weights: np.ndarray, share: int) -> None:
    """Not negative, sums of one, nothing where there was nothing."""
    found = filtered(top_p, weights, share)
    told(
        bool((found >= 0).all() and np.allclose(found.sum(axis=-1), 1)),
        f"the rows sum to {found.sum(axis=-1).round(6).tolist()}",
        f"各行之和是 {found.sum(axis=-1).round(6).tolist()}",
    )


def is_the_nucleus(top_p: Function, weights: np.ndarray, share: int) -> None:
    """Exactly the tokens that are asked for, in their old proportions."""
    wanted = nucleus(weights / PARTS, share / PARTS)
    close(("the output", "输出"), filtered(top_p, weights, share), wanted)


def keeps_smaller_ids(top_p: Function, V: int, share: int) -> None:
    """Of equally probable tokens the first ones."""
    is_the_nucleus(top_p, np.full((1, V), PARTS / V), share)


def keeps_all(top_p: Function, weights: np.ndarray) -> None:
    """A share of one leaves everything as it was."""
    close(("the output", "输出"), filtered(top_p, weights, PARTS), weights / PARTS)


def is_that_of_the_lesson(top_p: Function, times: int) -> None:
    """The row of section 2, as many times over."""
    p = np.tile([0.4, 0.3, 0.2, 0.1], (times, 1))
    wanted = np.tile(np.array([4, 3, 2, 0]) / 9, (times, 1))
    close(("the output", "输出"), shaped(("the output", "输出"), top_p(p, 0.8), p.shape), wanted)


@st.composite
def scored(draw: st.DrawFn) -> Drawn:
    """Scores (B, T, V), and targets of which one counts at least."""
    B, T, V = (draw(st.integers(1, most)) for most in (3, 3, 4))
    scores = draw(st.lists(st.integers(-3, 3), min_size=B * T * V, max_size=B * T * V))
    ids = st.one_of(st.integers(0, V - 1), st.just(IGNORE))
    targets = draw(st.lists(ids, min_size=B * T, max_size=B * T))
    if set(targets) == {IGNORE}:
        targets[0] = 0
    return np.array(scores).reshape(B, T, V), np.array(targets).reshape(B, T)


@st.composite
def sixteenths(draw: st.DrawFn) -> np.ndarray:
    """Rows of whole numbers that sum to 16 each."""
    B, V = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    cuts = st.lists(st.integers(0, PARTS), min_size=V - 1, max_size=V - 1)
    return np.array([np.diff([0, *sorted(draw(cuts)), PARTS]) for _ in range(B)])


SIZES, SHARES = st.integers(1, 4), st.integers(1, PARTS)

CHECKS = {
    "08.1": Exercise(
        Property(
            "equal scores for all V tokens give V",
            "全部 V 个词元的分数相同，困惑度就是 V",
            knows_nothing,
            {"B": SIZES, "T": SIZES, "V": SIZES, "score": st.sampled_from([0, -2, 1000, 10**6])},
        ),
        Property(
            "it is the exponential of the mean of -ln p over all places whose target is not IGNORE",
            "它等于 -ln p 在所有目标不是 IGNORE 的位置上的均值，再取指数",
            is_of_all_places,
            {"scored": scored()},
        ),
        Property(
            "what is added to all scores of a place changes nothing, however large",
            "同一位置的分数同加一个数，无论多大，结果都不变",
            forgets_a_shift,
            {"scored": scored(), "shift": st.sampled_from([1, -800, 800, 10**6, -(10**6)])},
        ),
        Property(
            "a token of hardly any probability costs its full surprise (scores times 40)",
            "概率极小的词元，惊讶程度一点不少（分数乘以 40）",
            counts_the_improbable,
            {"scored": scored()},
        ),
    ),
    "08.2": Exercise(
        Property(
            "each row is a distribution",
            "每一行都是概率分布",
            is_a_distribution,
            {"weights": sixteenths(), "share": SHARES},
        ),
        Property(
            "with share = 1 nothing changes",
            "share = 1 时，一切不变",
            keeps_all,
            {"weights": sixteenths()},
        ),
        Property(
            "of equally probable tokens the smaller ids are kept",
            "概率相等时，留下的是编号小的",
            keeps_smaller_ids,
            {"V": st.sampled_from([2, 4, 8]), "share": SHARES},
        ),
        Property(
            "the fewest most probable tokens that reach the share, in their proportions "
            "(weights and share are sixteenths)",
            "留下的是达到 share 所需的最少几个概率最大的词元，彼此比例不变"
            "（weights 和 share 以 1/16 为单位）",
            is_the_nucleus,
            {"weights": sixteenths(), "share": SHARES},
        ),
        Property(
            "0.8 of (0.4, 0.3, 0.2, 0.1) is (4/9, 3/9, 2/9, 0)",
            "(0.4, 0.3, 0.2, 0.1) 取 0.8，得 (4/9, 3/9, 2/9, 0)",
            is_that_of_the_lesson,
            {"times": SIZES},
        ),
    ),
    "08.3": ONE_STEP,
}
