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
)
from minillm.course.exercises import Exercise, Property

Classes = list[int]


def mean_and_gradient(
    masked_mean: Function, x: np.ndarray, mask: np.ndarray, g: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The student's mean and gradient, their shapes checked."""
    mean, gradient = parts(masked_mean(x, mask, g), "y", "dL/dx")
    return shaped("y", mean, g.shape), shaped("dL/dx", gradient, x.shape)


def cotangent(x: np.ndarray) -> np.ndarray:
    """A slope for each number of the means."""
    return np.random.default_rng(len(x)).standard_normal((x.shape[0], x.shape[2]))


def is_the_mean_of_the_real(masked_mean: Function, texts: Texts) -> None:
    """Text by text the sum of the real vectors over their number."""
    x, mask = texts.drawn()
    found, _ = mean_and_gradient(masked_mean, x, mask, cotangent(x))
    for b, (rows, real) in enumerate(zip(x, mask, strict=True)):
        close(f"y[{b}]", found[b], sum(rows[real]) / real.sum())


def shares_the_slope(masked_mean: Function, texts: Texts) -> None:
    """Each real vector gets its share of the slope, padding exactly nothing."""
    x, mask = texts.drawn()
    g = cotangent(x)
    _, found = mean_and_gradient(masked_mean, x, mask, g)
    for b, real in enumerate(mask):
        at_rest = np.abs(found[b][~real]).max(initial=0)
        told(
            bool(at_rest == 0),
            f"padding of text {b} gets up to {at_rest}, not 0",
            f"第 {b} 段文本的填充得到的梯度最大为 {at_rest}，应为 0",
        )
        close(f"dL/dx[{b}]", found[b][real], np.tile(g[b] / real.sum(), (real.sum(), 1)))


def does_not_read_padding(masked_mean: Function, texts: Texts, value: float) -> None:
    """What stands at padding, even what is no number, changes neither mean nor gradient."""
    x, mask = texts.drawn()
    g = cotangent(x)
    wanted = [rows[real].mean(axis=0) for rows, real in zip(x, mask, strict=True)]
    given = texts.other_padding(x, mask, value)
    mean, gradient = mean_and_gradient(masked_mean, given, mask, g)
    close("y", mean, np.array(wanted))
    told(
        bool(np.isfinite(gradient).all()),
        "dL/dx holds what is not a finite number",
        "dL/dx 中有不是有限数的值",
    )


def gives_zeros_for_nothing(masked_mean: Function, texts: Texts) -> None:
    """A text of padding alone has the mean 0 and gets no gradient; the others are as before."""
    x, mask = texts.drawn()
    g = cotangent(x)
    wanted = np.array([rows[real].mean(axis=0) for rows, real in zip(x, mask, strict=True)])
    mask[0], wanted[0] = False, 0
    mean, gradient = mean_and_gradient(masked_mean, x, mask, g)
    close("y", mean, wanted)
    close("dL/dx[0]", gradient[0], np.zeros_like(gradient[0]))


def score_of(macro_f1: Function, predicted: Classes, true: Classes, n_classes: int) -> float:
    """The student's number."""
    given = np.array(predicted), np.array(true)
    return float(shaped(("the score", "得分"), macro_f1(*given, n_classes), ()))


def by_counting(predicted: Classes, true: Classes, n_classes: int) -> float:
    """Class by class 2 TP / (2 TP + FP + FN), or 0, then their mean."""
    scores = []
    for c in range(n_classes):
        pairs = [(p == c, t == c) for p, t in zip(predicted, true, strict=True)]
        hits, wrong = pairs.count((True, True)), pairs.count((True, False))
        missed = pairs.count((False, True))
        scores.append(2 * hits / (2 * hits + wrong + missed) if hits else 0.0)
    return sum(scores) / n_classes


def is_the_mean_of_f1(macro_f1: Function, pairs: list[tuple[int, int]], n_classes: int) -> None:
    """The mean of the classes' F1; a class that is nowhere counts as 0."""
    predicted, true = ([one[side] % n_classes for one in pairs] for side in (0, 1))
    found = score_of(macro_f1, predicted, true, n_classes)
    wanted = by_counting(predicted, true, n_classes)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(wanted))


def is_one_where_all_are_right(macro_f1: Function, true: Classes, n_classes: int) -> None:
    """All right, and every class there: 1."""
    there = [*range(n_classes), *(c % n_classes for c in true)]
    found = score_of(macro_f1, there, there, n_classes)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(1.0))


def counts_the_rare_as_much(macro_f1: Function, n_classes: int, many: int) -> None:
    """Who always says the frequent class has its F1 over the number of classes."""
    true = [0] * many + list(range(1, n_classes))
    found = score_of(macro_f1, [0] * len(true), true, n_classes)
    f1 = 2 * many / (2 * many + n_classes - 1)
    close(("macro-F1", "宏平均 F1"), np.array(found), np.array(f1 / n_classes))


TEXTS = texts_of(5)
STRANGE = st.sampled_from([float("nan"), float("inf"), 1e300, -50.0, 0.0])
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12)
N_CLASSES = st.integers(2, 5)

CHECKS = {
    "10.1": Exercise(
        Property(
            "the mean of a text is that of its real vectors",
            "一段文本的均值只对真实位置的向量来求",
            is_the_mean_of_the_real,
            {"texts": TEXTS},
        ),
        Property(
            "the gradient is g / n at real places and exactly 0 at padding",
            "真实位置的梯度是 g / n，填充处的梯度严格为 0",
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
            "a text of padding alone gives zeros",
            "全是填充的文本，结果为零",
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
