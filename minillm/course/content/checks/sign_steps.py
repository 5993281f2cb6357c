"""One step of the gradient's signs: words move, in sizes of their own numbers; padding stays."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, SIZES, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

VECTORS = ("the vectors", "词向量")
SINGLE = {"rtol": 1e-5, "atol": 1e-5}  # as float32 rounds


def line(w: np.ndarray) -> Function:
    """Of a loss ``w·x``: the slope is w wherever one stands."""
    return lambda x: np.array(w)


def bowl(w: np.ndarray) -> Function:
    """Of a loss ``|x - w|² / 2``: the slope depends on where one stands."""
    return lambda x: np.asarray(x, float) - w


def product(w: np.ndarray) -> Function:
    """Of a loss that multiplies numbers of neighbouring words."""
    return lambda x: w * np.roll(np.asarray(x, float), 1, axis=0)


LOSSES = [
    Case("a loss on a line", "损失是线性的", line),
    Case("a loss in a bowl", "损失像一只碗", bowl),
    Case("a loss of products", "损失含乘积", product),
]


def text(t: int, d: int, padded: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, which of them are words, and the numbers of a loss, some of which are 0."""
    rng = np.random.default_rng(seed)
    x = np.round(2 * rng.standard_normal((t + padded, d)), 1) + 0.05
    mask = rng.permutation(np.arange(t + padded) < t)
    x[~mask] *= 3
    w = np.round(rng.standard_normal(x.shape), 1) * (rng.random(x.shape) < 0.8)
    return x, mask, w


def size_of(x: np.ndarray, mask: np.ndarray) -> float:
    """The root mean square of the words' numbers, one by one."""
    numbers = [float(one) for row, word in zip(x, mask, strict=True) if word for one in row]
    return float((sum(one * one for one in numbers) / len(numbers)) ** 0.5)


def moved(x: np.ndarray, mask: np.ndarray, slopes: np.ndarray, step: float) -> np.ndarray:
    """The vectors after a step, number by number."""
    found = np.array(x, dtype=float)
    for t, i in np.ndindex(found.shape):
        if mask[t] and slopes[t, i] != 0:
            found[t, i] += step if slopes[t, i] > 0 else -step
    return found


def steps_along_signs(
    attacked: Function, kind: Case, t: int, d: int, padded: int, eps: float, seed: int
) -> None:
    """Where every word has a slope, or none."""
    x, mask, w = text(t, d, padded, seed)
    slope = kind.value(w)
    found = shaped(VECTORS, attacked(x, mask, slope, eps), x.shape)
    close(VECTORS, found, moved(x, mask, slope(x), eps * size_of(x, mask)), **SINGLE)


def rises_as_foretold(attacked: Function, t: int, d: int, eps: float, seed: int) -> None:
    """On a line the loss rises by eps times the size times ``|w|_1`` of the words."""
    x, mask, w = text(t, d, 1, seed)
    found = shaped(VECTORS, attacked(x, mask, line(w), eps), x.shape)
    told(
        not np.allclose(found, moved(x, mask, w, eps * size_of(x, mask)) - x, atol=1e-5),
        "this is the step alone: what is asked for is x after the step, x + step",
        "这只是那一步本身，要的是走了这一步之后的 x，即 x + 步",
    )
    rise = float(((found - x) * w).sum())
    wanted = eps * size_of(x, mask) * float(np.abs(w[mask]).sum())
    told(
        abs(rise - wanted) <= 1e-5 * (1 + wanted),
        f"the loss w·x rises by {rise:.5f}; eps, times the size, times |w|_1 of the words is "
        f"{wanted:.5f}",
        f"损失 w·x 上升 {rise:.5f}；eps 乘大小、乘各词的 |w|_1 是 {wanted:.5f}",
    )


def is_no_protection(attacked: Function, t: int, d: int, seed: int) -> None:
    """Vectors ten times as long, of a loss that does not notice, move ten times as far."""
    x, mask, w = text(t, d, 2, seed)
    found = shaped(VECTORS, attacked(10 * x, mask, line(w / 10), 0.25), x.shape)
    close(VECTORS, found, 10 * moved(x, mask, w, 0.25 * size_of(x, mask)), rtol=1e-5, atol=1e-4)


TEXTS = {"t": SIZES, "d": SIZES, "seed": SEEDS}
SIGN_STEPS = Exercise(
    Property(
        "on a line the loss rises by eps times the size of the words' numbers times |w|_1",
        "损失是线性的，上升 eps 乘词的数的大小、再乘 |w|_1",
        rises_as_foretold,
        {**TEXTS, "eps": st.sampled_from([0.25, 1.0])},
    ),
    Property(
        "each number of a word moves by the step, along the sign of its slope; all else stays",
        "词的每个数沿自己斜率的符号移动一步，其余不动",
        steps_along_signs,
        {
            "kind": st.sampled_from(LOSSES),
            **TEXTS,
            "padded": st.integers(0, 3),
            "eps": st.sampled_from([0.0, 0.25, 1.0]),
        },
    ),
    Property(
        "longer vectors move further by as much",
        "向量长多少倍，就移动多少倍",
        is_no_protection,
        TEXTS,
    ),
)
