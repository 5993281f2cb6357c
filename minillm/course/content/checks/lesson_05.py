"""Exercises of lesson 05: softmax that does not overflow, attention backward, order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm import check_vjp, ops
from minillm.autograd import VJP
from minillm.course.content.checks.common import SEEDS, SIZES, Function, close, told
from minillm.course.exercises import Exercise, Property


def rows(low: float, high: float) -> st.SearchStrategy[list[list[float]]]:
    """One to three rows of one width, 1 to 4."""
    numbers = st.floats(low, high).map(lambda x: round(x, 2))
    return st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1, max_size=3)
    )


def is_the_quotient(stable_softmax: Function, scores: list[list[float]]) -> None:
    """On small scores the definition itself can be computed."""
    powers = np.exp(np.array(scores))
    wanted = powers / powers.sum(axis=-1, keepdims=True)
    close("softmax", probabilities(stable_softmax, scores), wanted)


def survives(stable_softmax: Function, scores: list[list[float]]) -> None:
    """Every row is a distribution, however large the scores."""
    p = probabilities(stable_softmax, scores)
    told(bool(np.isfinite(p).all()), f"it gives {p.tolist()}, which is not finite")
    told(bool((p >= 0).all()), f"it gives {p.tolist()}, with a negative number")
    told(np.allclose(p.sum(axis=-1), 1), f"its rows sum to {p.sum(axis=-1).tolist()}, not to 1")


def ignores_a_shift(stable_softmax: Function, scores: list[list[float]], shift: int) -> None:
    """A number added to all scores of a row changes nothing."""
    moved = (np.array(scores) + shift).tolist()
    close(
        "after the shift",
        probabilities(stable_softmax, moved),
        probabilities(stable_softmax, scores),
    )


def probabilities(stable_softmax: Function, scores: list[list[float]]) -> np.ndarray:
    """The answer's softmax, its shape checked, its overflow warnings held back."""
    given = np.array(scores)
    with np.errstate(all="ignore"):
        p = np.asarray(stable_softmax(given.copy()), dtype=float)
    told(p.shape == given.shape, f"it gives shape {p.shape} for shape {given.shape}")
    return p


def is_the_derivative(
    attention_backward: Function, n: int, m: int, dk: int, dv: int, seed: int
) -> None:
    """The three gradients agree with central differences along random directions."""
    rng = np.random.default_rng(seed)
    operands = [rng.standard_normal(shape) for shape in ((n, dk), (m, dk), (m, dv))]

    def rule(*arrays: np.ndarray) -> tuple[Any, VJP]:
        def vjp(g: np.ndarray) -> tuple[np.ndarray, ...]:
            return tuple(map(np.asarray, attention_backward(*arrays, g)))

        return ops.scaled_dot_product_attention(*arrays).data, vjp

    rule.__name__ = "attention_backward (operands q, k, v)"
    check_vjp(rule, *operands, rng=rng)


def measures_the_gap(order_gap: Function, positions: Function, n: int, seed: int) -> None:
    """Nothing for attention, and the right number for a function that does know the order."""
    rng = np.random.default_rng(seed)
    x, order = rng.standard_normal((n, 3)), rng.permutation(n)

    def running_sum(x: np.ndarray) -> np.ndarray:
        return np.cumsum(x, axis=0)

    for name, attend in (("self-attention", attention), ("a running sum of the rows", running_sum)):
        wanted = float(np.abs(attend(x[order]) - attend(x)[order]).max())
        gap = float(order_gap(attend, x, order))
        told(bool(np.isclose(gap, wanted, atol=1e-9)), f"for {name}, order {order.tolist()}: {gap}")


def breaks_the_symmetry(order_gap: Function, positions: Function, n: int, d: int) -> None:
    """With the table added, every swap of two positions shows in the output."""
    table = np.asarray(positions(n, d), dtype=float)
    told(table.shape == (n, d), f"the table has shape {table.shape}")
    told(bool(np.isfinite(table).all()), "the table holds a number that is not finite")
    x = np.random.default_rng(n).standard_normal((n, d))
    for order in permutations(range(n)):
        moved = [i for i, j in enumerate(order) if i != j]
        if len(moved) != 2:
            continue
        gap = np.abs(attention(x[list(order)] + table) - attention(x + table)[list(order)]).max()
        told(bool(gap > 1e-6), f"positions {moved[0]} and {moved[1]} can be swapped unnoticed")


def attention(x: np.ndarray) -> np.ndarray:
    """Self-attention without projections."""
    return np.asarray(ops.scaled_dot_product_attention(x, x, x).data)


CHECKS = {
    "05.1": Exercise(
        Property(
            "on small scores it is exp(s) over the sum of exp(s)",
            "分数较小时，它等于 exp(s) 除以 exp(s) 之和",
            is_the_quotient,
            {"scores": rows(-3, 3)},
        ),
        Property(
            "every row is a distribution, however large the scores",
            "分数再大，每一行仍是一个概率分布",
            survives,
            {"scores": rows(-5000, 5000)},
        ),
        Property(
            "a common shift of a row changes nothing",
            "同一行的分数同加一个数，结果不变",
            ignores_a_shift,
            {"scores": rows(-3, 3), "shift": st.integers(-3000, 3000)},
        ),
        allows=("minillm",),
    ),
    "05.2": Exercise(
        Property(
            "its gradients agree with central differences",
            "它给出的梯度与中心差分一致",
            is_the_derivative,
            {"n": SIZES, "m": SIZES, "dk": SIZES, "dv": SIZES, "seed": SEEDS},
        ),
        allows=("minillm",),
    ),
    "05.3": Exercise(
        Property(
            "order_gap compares permuted output with the output of the permuted input",
            "order_gap 比较“先置换再计算”与“先计算再置换”",
            measures_the_gap,
            {"n": st.integers(1, 5), "seed": SEEDS},
        ),
        Property(
            "with the positions added, every swap is noticed",
            "加上位置之后，任意两个位置互换都会被察觉",
            breaks_the_symmetry,
            {"n": st.integers(2, 5), "d": SIZES},
        ),
        allows=("minillm",),
    ),
}
