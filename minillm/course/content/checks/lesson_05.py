"""Exercises of lesson 05: softmax that does not overflow, attention backward, order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SIZES, Function, close, derivative, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

TENTHS = st.integers(-30, 30).map(lambda i: i / 10)
HALVES = st.sampled_from([0.5, 1, -0.5, -1, 1.5, -1.5, 0])  # with 0 many a mistake is hidden
LARGE = st.sampled_from(  # exp of 20000 overflows in long double too
    [0, 1, -2, 800, -800, 20_000, 1_000_000, 1_000_001, -1_000_000, -999_999]
)
DTYPES = st.sampled_from(["float32", "int64", "int32"])
UNNOTICED = 1e-9  # what the task calls no difference
LENGTHS = st.sampled_from([2, 3, 4, 7, 12, 24, 40])
SIGNED, POSITIVE = np.arange(-100, 101) / 100, np.arange(201) / 200


def texts(seed: int) -> np.ndarray:
    """Sixteen texts of 40 words, half of them without negative numbers.

    Within a text no number comes twice, so all words differ.
    """
    numbers = np.repeat([SIGNED, POSITIVE], 8, axis=0)  # (16, 201)
    drawn = np.random.default_rng(seed).permuted(numbers, axis=1)
    return drawn[:, :160].reshape(16, 40, 4)


WORDS = texts(seed=0)


def rows(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    """One to three rows of one width, 1 to 4."""
    return st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1, max_size=3)
    )


def operands(
    n: int, m: int, dk: int, dv: int, numbers: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Queries, keys, values, and the gradient that arrives: corners of four squares.

    A smaller corner of the same squares is a smaller case, so sizes shrink by themselves.
    """
    q, k, v, g = np.array(numbers).reshape(4, 4, 4)
    return q[:n, :dk].copy(), k[:m, :dk].copy(), v[:m, :dv].copy(), g[:n, :dv].copy()


SQUARES = st.lists(HALVES, min_size=64, max_size=64)
ATTENDING = st.builds(operands, SIZES, SIZES, SIZES, SIZES, SQUARES)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Of finite scores of any size."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def is_the_quotient(stable_softmax: Function, scores: list[list[float]]) -> None:
    """On small scores the definition itself can be computed."""
    powers = np.exp(np.array(scores))
    wanted = powers / powers.sum(axis=-1, keepdims=True)
    close("softmax", probabilities(stable_softmax, np.array(scores)), wanted)


def survives(stable_softmax: Function, scores: list[list[float]]) -> None:
    """Every row is the right distribution, however large the scores."""
    given = np.array(scores, dtype=float)
    close("softmax", probabilities(stable_softmax, given), softmax(given))


def takes_any_dtype(stable_softmax: Function, scores: list[list[float]], dtype: str) -> None:
    """float32 and integers give the same, which is not rounded to integers."""
    given = np.array(scores, dtype=dtype)
    p, wanted = probabilities(stable_softmax, given), softmax(given.astype(float))
    numbers = p.round(5).tolist()
    told(
        np.allclose(p, wanted, atol=1e-5),
        f"dtype {dtype}: {numbers} is off",
        f"dtype 为 {dtype} 时，{numbers} 不对",
    )


def probabilities(stable_softmax: Function, scores: np.ndarray) -> np.ndarray:
    """The answer's softmax, its shape and its finiteness checked."""
    p = shaped("softmax", stable_softmax(scores), scores.shape)
    told(
        bool(np.isfinite(p).all()),
        f"it gives {p.tolist()}, which is not finite",
        f"结果 {p.tolist()} 中有 nan 或无穷大",
    )
    return p


def is_the_derivative(attention_backward: Function, arrays: tuple[np.ndarray, ...]) -> None:
    """The three gradients agree with central differences, number by number."""
    q, k, v, g = arrays
    derivative(attention, attention_backward, {"q": q, "k": k, "v": v}, g)


def attention(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Scaled dot-product attention."""
    return np.asarray(softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v)


def attending(x: np.ndarray) -> np.ndarray:
    """Self-attention without projections."""
    return attention(x, x, x)


def adding(x: np.ndarray) -> np.ndarray:
    """A sum over the rows so far, which does know the order."""
    return np.asarray(np.cumsum(x, axis=0))


FUNCTIONS = st.sampled_from(
    [
        Case("self-attention", "自注意力", attending),
        Case("np.cumsum(x, axis=0)", "各行累加", adding),
    ]
)


def measures_the_gap(order_gap: Function, positions: Function, f: Case, order: list[int]) -> None:
    """Nothing for attention, and the right number for a function that does know the order."""
    x, places = WORDS[0, : len(order), :3], np.array(order)
    wanted = float(np.abs(f.value(x[places]) - f.value(x)[places]).max())
    gap = float(shaped("order_gap", order_gap(f.value, x, places), ()))
    told(
        bool(np.isclose(gap, wanted, atol=1e-9)),
        f"it gives {gap:.3g}, the largest difference is {wanted:.3g}",
        f"得到 {gap:.3g}，最大的差是 {wanted:.3g}",
    )


def breaks_the_symmetry(order_gap: Function, positions: Function, n: int, d: int) -> None:
    """With the table added, every swap of two positions shows in the output."""
    table = shaped("positions", positions(n, d), (n, d))
    told(
        bool(np.isfinite(table).all()),
        "the table holds a number that is not finite",
        "表中有 nan 或无穷大",
    )
    for x in WORDS[:, :n, :d]:
        plain = attending(x + table)
        for i, j in swaps(table):
            order = np.arange(n)
            order[[i, j]] = j, i
            gap = np.abs(attending(x[order] + table) - plain[order]).max()
            english, chinese = why_unnoticed(table, i, j)
            told(
                bool(gap > UNNOTICED),
                f"positions {i} and {j} can be swapped unnoticed: the outputs differ by {gap:.0e}"
                f"{english}",
                f"位置 {i} 和 {j} 互换，看不出来：输出只差 {gap:.0e}{chinese}",
            )


def why_unnoticed(table: np.ndarray, i: int, j: int) -> tuple[str, str]:
    """What one can see in the table: two rows alike, or numbers larger than the words'."""
    if np.array_equal(table[i], table[j]):
        return "; their rows in your table are the same", "；你的表中这两行相同"
    size = float(np.abs(table).max())
    if size <= 1:
        return "", ""
    return (
        f"; your table reaches {size:g}: softmax then sees it alone, not the words",
        f"；你的表中最大的绝对值是 {size:g}，softmax 就只看得见位置，看不见词",
    )


def swaps(table: np.ndarray) -> list[tuple[int, int]]:
    """All neighbours, the two ends, and the two rows that are most alike."""
    n = len(table)
    apart = np.abs(table[:, None] - table).max(axis=-1)  # (n, n)
    apart[np.tril_indices(n)] = np.inf
    i, j = divmod(int(apart.argmin()), n)
    return [(i, j), (0, n - 1), *((i, i + 1) for i in range(n - 1))]


ORDERS = st.integers(1, 5).flatmap(lambda n: st.permutations(range(n)))
CHECKS: dict[str, Any] = {
    "05.1": Exercise(
        Property(
            "on small scores it is exp(s) over the sum of exp(s)",
            "分数较小时，它等于 exp(s) 除以 exp(s) 之和",
            is_the_quotient,
            {"scores": rows(TENTHS)},
        ),
        Property(
            "every row is the right distribution, however large the scores",
            "分数再大，每一行仍是应得的概率分布",
            survives,
            {"scores": rows(LARGE)},
        ),
        Property(
            "float32 and integers give the same",
            "分数是 float32 或整数，结果相同",
            takes_any_dtype,
            {"scores": rows(LARGE), "dtype": DTYPES},
        ),
    ),
    "05.2": Exercise(
        Property(
            "its gradients agree with central differences",
            "它给出的梯度与中心差分一致",
            is_the_derivative,
            {"arrays": ATTENDING},
        ),
    ),
    "05.3": Exercise(
        Property(
            "order_gap compares permuted output with the output of the permuted input",
            "order_gap 比较“先置换再计算”与“先计算再置换”",
            measures_the_gap,
            {"f": FUNCTIONS, "order": ORDERS},
        ),
        Property(
            "with the positions added, every swap is noticed",
            "加上位置之后，任意两个位置互换都会被察觉",
            breaks_the_symmetry,
            {"n": LENGTHS, "d": SIZES},
        ),
    ),
}
