"""Exercises of lesson 10: the masked mean, macro-F1, pooling that padding cannot change."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, close, parts, shaped, told
from minillm.course.content.checks.padded_texts import (
    Texts,
    gives_zeros_for_no_words,
    ignores_what_stands_there,
    is_each_text_alone,
    is_the_mean_without_a_query,
    texts_of,
    texts_without_padding,
    weighs_by_softmax,
)
from minillm.course.exercises import Exercise, Property

Classes = list[int]


MEANS, GRADIENT = ("the means", "均值"), ("the gradient in x", "对 x 的梯度")


def mean_and_gradient(
    masked_mean: Function, x: np.ndarray, mask: np.ndarray, g: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The student's means and gradient, their shapes checked."""
    mean, gradient = parts(masked_mean(x, mask, g), MEANS, GRADIENT)
    return shaped(MEANS, mean, g.shape), shaped(GRADIENT, gradient, x.shape)


def cotangent(x: np.ndarray) -> np.ndarray:
    """A slope for each number of the means."""
    return np.random.default_rng(len(x)).standard_normal((x.shape[0], x.shape[2]))


def means_of(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Text by text the sum of the words' vectors over their number, or 0 without words."""
    pairs = zip(x, mask, strict=True)
    return np.array([rows[words].sum(axis=0) / max(1, words.sum()) for rows, words in pairs])


def has_the_gradient(found: np.ndarray, mask: np.ndarray, g: np.ndarray) -> None:
    """Each word gets its share of the slope, padding exactly nothing."""
    for b, words in enumerate(mask):
        at_rest = found[b][~words]
        told(
            bool((at_rest == 0).all()),
            f"padding of text {b} gets the gradient {at_rest.round(6).tolist()}, not 0",
            f"第 {b} 段文本的填充得到的梯度是 {at_rest.round(6).tolist()}，应为 0",
        )
        wanted = np.tile(g[b] / max(1, words.sum()), (words.sum(), 1))
        close(
            (f"the gradient at the words of text {b}", f"第 {b} 段文本的词得到的梯度"),
            found[b][words],
            wanted,
        )


def has_the_means(found: np.ndarray, x: np.ndarray, mask: np.ndarray) -> None:
    """Compare the means text by text."""
    for b, wanted in enumerate(means_of(x, mask)):
        close((f"the mean of text {b}", f"第 {b} 段文本的均值"), found[b], wanted)


def is_the_mean_of_the_words(masked_mean: Function, texts: Texts) -> None:
    """Text by text the sum of the words' vectors over their number."""
    x, mask = texts.drawn()
    found, _ = mean_and_gradient(masked_mean, x, mask, cotangent(x))
    has_the_means(found, x, mask)


def shares_the_slope(masked_mean: Function, texts: Texts) -> None:
    """Each word gets its share of the slope, padding exactly nothing."""
    x, mask = texts.drawn()
    g = cotangent(x)
    _, found = mean_and_gradient(masked_mean, x, mask, g)
    has_the_gradient(found, mask, g)


def does_not_read_padding(masked_mean: Function, texts: Texts, value: float) -> None:
    """What stands at padding, even what is no number, changes neither mean nor gradient."""
    x, mask = texts.drawn()
    g = cotangent(x)
    mean, gradient = mean_and_gradient(masked_mean, texts.other_padding(x, mask, value), mask, g)
    has_the_means(mean, x, mask)
    has_the_gradient(gradient, mask, g)


def gives_zeros_for_nothing(masked_mean: Function, texts: Texts) -> None:
    """A text of padding alone has the mean 0 and gets no gradient; the others are as before."""
    x, mask = texts.drawn()
    g = cotangent(x)
    mask[0] = False
    mean, gradient = mean_and_gradient(masked_mean, x, mask, g)
    has_the_means(mean, x, mask)
    has_the_gradient(gradient, mask, g)


def score_of(mean_f1: Function, predicted: Classes, true: Classes, n_classes: int) -> float:
    """The student's number."""
    given = np.array(predicted), np.array(true)
    return float(shaped(("the score", "得分"), mean_f1(*given, n_classes), ()))


def by_counting(predicted: Classes, true: Classes, n_classes: int) -> float:
    """Class by class 2 TP / (2 TP + FP + FN), or 0, then their mean."""
    scores = []
    for c in range(n_classes):
        pairs = [(p == c, t == c) for p, t in zip(predicted, true, strict=True)]
        hits, wrong = pairs.count((True, True)), pairs.count((True, False))
        missed = pairs.count((False, True))
        scores.append(2 * hits / (2 * hits + wrong + missed) if hits else 0.0)
    return sum(scores) / n_classes


def is_the_mean_of_f1(mean_f1: Function, pairs: list[tuple[int, int]], n_classes: int) -> None:
    """The mean of the classes' F1; a class that is nowhere counts as 0."""
    predicted, true = ([one[side] % n_classes for one in pairs] for side in (0, 1))
    found = score_of(mean_f1, predicted, true, n_classes)
    wanted = by_counting(predicted, true, n_classes)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(wanted))


def is_one_where_all_are_right(mean_f1: Function, true: Classes, n_classes: int) -> None:
    """All right, and every class there: 1."""
    there = [*range(n_classes), *(c % n_classes for c in true)]
    found = score_of(mean_f1, there, there, n_classes)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(1.0))


def counts_the_rare_as_much(mean_f1: Function, n_classes: int, many: int) -> None:
    """Who always says the frequent class has its F1 over the number of classes."""
    true = [0] * many + list(range(1, n_classes))
    found = score_of(mean_f1, [0] * len(true), true, n_classes)
    f1 = 2 * many / (2 * many + n_classes - 1)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(f1 / n_classes))


TEXTS, UNPADDED = texts_of(5), texts_without_padding(5)
STRANGE = st.sampled_from([float("nan"), float("inf"), 1e300, -50.0, 0.0])
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12)
N_CLASSES = st.integers(2, 5)

CHECKS = {
    "10.1": Exercise(
        Property(
            "the mean of a text is that of its words' vectors, wherever padding stands",
            "一段文本的均值只对词的向量来求，不论填充在哪里",
            is_the_mean_of_the_words,
            {"texts": TEXTS},
        ),
        Property(
            "the gradient is g / n at each of the n words and exactly 0 at padding",
            "n 个词各得梯度 g / n，填充处的梯度严格为 0",
            shares_the_slope,
            {"texts": TEXTS},
        ),
        Property(
            "what stands at padding changes nothing, even if it is no number",
            "填充处无论写着什么，哪怕不是数，都不影响结果",
            does_not_read_padding,
            {"texts": TEXTS, "value": STRANGE},
        ),
        Property(
            "a text of padding alone has the mean 0 and the gradient 0, and changes no other",
            "全是填充的文本，均值和梯度都是 0，也不影响别的文本",
            gives_zeros_for_nothing,
            {"texts": TEXTS},
        ),
    ),
    "10.2": Exercise(
        Property(
            "it is the mean of the F1 scores of all classes",
            "结果是全部类别的 F1 的均值",
            is_the_mean_of_f1,
            {"pairs": PAIRS, "n_classes": N_CLASSES},
        ),
        Property(
            "where all answers are right and every class occurs it is 1",
            "全部答对、每一类都出现时，结果是 1",
            is_one_where_all_are_right,
            {"true": st.lists(st.integers(0, 4), max_size=6), "n_classes": N_CLASSES},
        ),
        Property(
            "a rare class counts as much as a frequent one",
            "少见的类别与常见的类别同样计入",
            counts_the_rare_as_much,
            {"n_classes": N_CLASSES, "many": st.sampled_from([1, 10, 300])},
        ),
    ),
    "10.3": Exercise(
        Property(
            "without padding y is the sum of softmax(x·q) times x over the words",
            "没有填充时，y 等于各词的 softmax(x·q) 乘 x 之和",
            weighs_by_softmax,
            {"texts": UNPADDED, "size": st.sampled_from([0.5, 2.0])},
        ),
        Property(
            "scores in the hundreds do no harm",
            "得分上百也不出错",
            weighs_by_softmax,
            {"texts": UNPADDED, "size": st.sampled_from([300.0, 1000.0])},
        ),
        Property(
            "in a batch with padding a text has the vector that it has alone",
            "同一段文本，单独算与放在有填充的一批里算，结果相同",
            is_each_text_alone,
            {"texts": TEXTS, "size": st.sampled_from([0.5, 2.0, 300.0])},
        ),
        Property(
            "what stands at padding changes nothing, even if it is no number",
            "填充处无论写着什么，哪怕不是数，都不影响结果",
            ignores_what_stands_there,
            {"texts": TEXTS, "value": STRANGE},
        ),
        Property(
            "with q = 0 it is the masked mean",
            "q = 0 时就是掩码均值",
            is_the_mean_without_a_query,
            {"texts": TEXTS},
        ),
        Property(
            "a text of padding alone gives zeros",
            "全是填充的文本，结果为零",
            gives_zeros_for_no_words,
            {"texts": TEXTS},
        ),
    ),
}
