"""Exercises of lesson 11: LoRA forward, its gradients from that of the weight, a rank to afford."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import (
    SEEDS,
    SIZES,
    Function,
    close,
    derivative,
    parts,
    shaped,
    told,
)
from minillm.course.exercises import Exercise, Property

Shapes = list[tuple[int, int]]


def factors(
    inputs: int, outputs: int, rank: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A weight and the two factors of a change of it."""
    rng = np.random.default_rng(seed)
    sizes = (outputs, inputs), (rank, inputs), (outputs, rank)
    w, a, b = (rng.integers(-4, 5, size).astype(float) for size in sizes)
    return w, a, b


def is_the_merged_layer(
    lora: Function,
    lead: tuple[int, ...],
    inputs: int,
    outputs: int,
    rank: int,
    alpha: float,
    seed: int,
) -> None:
    """One number of the output after another, from the weight with its change."""
    w, a, b = factors(inputs, outputs, rank, seed)
    x = np.random.default_rng(seed + 1).integers(-4, 5, (*lead, inputs)).astype(float)
    merged = w.copy()
    for i, j in np.ndindex(w.shape):
        merged[i, j] += alpha / rank * sum(b[i, k] * a[k, j] for k in range(rank))
    found = shaped("y", lora(x, w, a, b, alpha), (*lead, outputs))
    close("y", found, np.einsum("...j,ij->...i", x, merged))


def is_the_layer_at_first(lora: Function, inputs: int, outputs: int, rank: int, seed: int) -> None:
    """With B = 0 nothing has changed."""
    w, a, b = factors(inputs, outputs, rank, seed)
    x = np.random.default_rng(seed + 1).standard_normal((2, inputs))
    close("y", shaped("y", lora(x, w, a, 0 * b, 2.0), (2, outputs)), x @ w.T)


def are_slopes_of_the_change(
    lora_gradients: Function, inputs: int, outputs: int, rank: int, alpha: float, seed: int
) -> None:
    """Central differences of sum(G * (W + alpha / r B A)), whose gradient of the weight is G."""
    G, a, b = factors(inputs, outputs, rank, seed)

    def change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return alpha / len(a) * b @ a

    def backward(a: np.ndarray, b: np.ndarray, g: np.ndarray) -> Any:
        return lora_gradients(g, a, b, alpha)

    derivative(change, backward, {"A": a, "B": b}, G)


def reaches_b_first(lora_gradients: Function, inputs: int, outputs: int, seed: int) -> None:
    """At the first step the gradient of A is exactly 0, that of B is not."""
    G, a, b = np.ones((outputs, inputs)), np.ones((1, inputs)), np.zeros((outputs, 1))
    G[0, 0] = a[0, 0] = seed + 2.0
    da, db = parts(lora_gradients(G, a, b, 2.0), "dA", "dB")
    at_rest = np.abs(shaped("dA", da, a.shape)).max()
    told(at_rest == 0, f"with B = 0, dA is up to {at_rest}", f"B = 0 时，dA 最大是 {at_rest}")
    close("dB", shaped("dB", db, b.shape), 2 * G @ a.T)


def rank_of(largest_rank: Function, shapes: Shapes, budget: int) -> float:
    """The student's number."""
    return float(shaped("r", largest_rank(list(shapes), budget), ()))


def is_the_largest(largest_rank: Function, shapes: Shapes, rank: int, more: int) -> None:
    """Rank by rank: it can be paid for and fits every layer, and the next one does not."""
    total, narrowest = sum(map(sum, shapes)), min(map(min, shapes))
    budget, wanted = max(0, rank * total + more), 0
    while (wanted + 1) * total <= budget and wanted < narrowest:
        wanted += 1
    found = rank_of(largest_rank, shapes, budget)
    costs = (wanted * total, (wanted + 1) * total)
    told(
        found == wanted,
        f"it gives {found:g}, right is {wanted}: ranks {wanted} and {wanted + 1} cost {costs}, "
        f"the budget is {budget}, the narrowest side {narrowest}",
        f"得到 {found:g}，应为 {wanted}：秩 {wanted} 和 {wanted + 1} 各要 {costs} 个参数，"
        f"预算是 {budget}，最窄的一边是 {narrowest}",
    )


LEADS = st.lists(st.integers(1, 3), max_size=3).map(tuple)
ALPHAS = st.sampled_from([1.0, 2.0, 8.0, 0.5])
RANKS = st.integers(1, 3)
ONE, MANY = st.tuples(st.integers(1, 9), st.integers(1, 9)), st.sampled_from([512, 2048, 4096])
SMALL, LARGE = st.lists(ONE, min_size=1, max_size=4), st.lists(st.tuples(MANY, MANY), min_size=1)

CHECKS = {
    "11.1": Exercise(
        Property(
            "with B = 0 it is the layer as it was",
            "B = 0 时，结果与原来的层相同",
            is_the_layer_at_first,
            {"inputs": SIZES, "outputs": SIZES, "rank": RANKS, "seed": SEEDS},
        ),
        Property(
            "it is the layer with the weight W + alpha / r B A, whatever the shape before the "
            "last axis of x",
            "结果等于权重为 W + alpha / r B A 的层，x 的最后一维之前可以是任何形状",
            is_the_merged_layer,
            {
                "lead": LEADS,
                "inputs": SIZES,
                "outputs": SIZES,
                "rank": RANKS,
                "alpha": ALPHAS,
                "seed": SEEDS,
            },
        ),
    ),
    "11.2": Exercise(
        Property(
            "at the first step, with B = 0, nothing reaches A and B learns",
            "第一步 B = 0：A 的梯度为 0，B 学得动",
            reaches_b_first,
            {"inputs": SIZES, "outputs": SIZES, "seed": st.integers(0, 5)},
        ),
        Property(
            "dA and dB are the slopes of the loss, by central differences",
            "dA 和 dB 与损失的中心差分相符",
            are_slopes_of_the_change,
            {
                "inputs": SIZES,
                "outputs": SIZES,
                "rank": RANKS,
                "alpha": ALPHAS,
                "seed": SEEDS,
            },
        ),
    ),
    "11.3": Exercise(
        Property(
            "it can be paid for and fits every layer, and no larger rank does",
            "这个秩付得起，每一层也都放得下；再大就不行",
            is_the_largest,
            {"shapes": SMALL, "rank": st.integers(0, 4), "more": st.integers(-1, 1)},
        ),
        Property(
            "in large models too",
            "大模型里也是如此",
            is_the_largest,
            {"shapes": LARGE, "rank": st.integers(0, 600), "more": st.integers(-1, 1)},
        ),
    ),
}
