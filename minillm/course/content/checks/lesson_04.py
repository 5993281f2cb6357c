"""Exercises of lesson 4: counts of words that stand together, GloVe of a table, other solutions."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import (
    SEEDS,
    Function,
    close,
    differences,
    parts,
    shaped,
    told,
)
from minillm.course.exercises import Exercise, Property

NAMES = ("J", "dJ/dW", "dJ/dU", "dJ/db", "dJ/dc")
VECTORS, BIASES = ("the vectors", "向量"), ("the biases", "偏置")


def counted(sentences: list[np.ndarray], n_words: int, size: int) -> np.ndarray:
    """The table, from each two places of each sentence."""
    table = np.zeros((n_words, n_words))
    for row in sentences:
        for s, one in enumerate(row):
            for t, other in enumerate(row):
                if 0 < abs(s - t) <= size:
                    table[one, other] += 1 / abs(s - t)
    return table


def agrees(near: Function, sentences: list[np.ndarray], n_words: int, size: int) -> None:
    """The student's table is the one counted place by place."""
    found = shaped("X", near(sentences, n_words, size), (n_words, n_words))
    close("X", found, counted(sentences, n_words, size))


def counts_one_sentence(near: Function, length: int, size: int, seed: int) -> None:
    """No word occurs twice, so that no two pairs share a cell."""
    row = np.random.default_rng(seed).permutation(length)
    agrees(near, [row], length + 1, size)


def adds_what_repeats(near: Function, length: int, n_words: int, size: int, seed: int) -> None:
    """Few words in a sentence: pairs occur again, and words stand near themselves."""
    row = np.random.default_rng(seed).integers(n_words, size=length)
    agrees(near, [row], n_words, size)


def stays_inside(near: Function, lengths: list[int], n_words: int, size: int, seed: int) -> None:
    """Several sentences, some empty: nothing counts across their borders."""
    rng = np.random.default_rng(seed)
    agrees(near, [rng.integers(n_words, size=n) for n in lengths], n_words, size)


def sampled(n_words: int, width: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Tables and biases in tenths, and counts of which some are 0."""
    rng = np.random.default_rng(seed)
    shapes = (n_words, width), (n_words, width), (n_words,), (n_words,)
    parameters = [rng.integers(-10, 11, shape) / 10 for shape in shapes]
    counts = rng.integers(1, 40, (n_words, n_words)) / 2
    return parameters, np.where(rng.random(counts.shape) < 1 / 3, 0.0, counts)


def objective(parameters: list[np.ndarray], counts: np.ndarray, x_max: float) -> float:
    """J, cell by cell."""
    w, u, b, c = parameters
    total = 0.0
    for i, j in zip(*np.nonzero(counts), strict=True):
        x = float(counts[i, j])
        error = float(w[i] @ u[j] + b[i] + c[j]) - math.log(x)
        total += min((x / x_max) ** 0.75, 1.0) * error**2
    return total


def answered(
    fit: Function, parameters: list[np.ndarray], counts: np.ndarray, x_max: float
) -> list[np.ndarray]:
    """The student's J and four gradients."""
    found = parts(fit(*parameters, counts, x_max), *NAMES)
    shapes = [(), *(one.shape for one in parameters)]
    return [shaped(*one) for one in zip(NAMES, found, shapes, strict=True)]


def is_the_sum(fit: Function, n_words: int, width: int, x_max: int, seed: int) -> None:
    """J of all cells that are not 0."""
    parameters, counts = sampled(n_words, width, seed)
    found = answered(fit, parameters, counts, float(x_max))[0]
    close("J", found, np.array(objective(parameters, counts, float(x_max))))


def leaves_unseen_words(fit: Function, n_words: int, width: int, x_max: int, seed: int) -> None:
    """A word without any count has gradients 0, and they are numbers."""
    parameters, counts = sampled(n_words, width, seed)
    counts[0], counts[:, 0] = 0.0, 0.0
    for name, slope in zip(
        NAMES[1:], answered(fit, parameters, counts, float(x_max))[1:], strict=True
    ):
        told(
            bool((slope[0] == 0).all()),
            f"{name} of a word whose counts are all 0 is {np.round(slope[0], 6).tolist()}, not 0",
            f"一个词的次数全为 0，它的 {name} 是 {np.round(slope[0], 6).tolist()}，应为 0",
        )


def has_its_slopes(which: int) -> Function:
    """One of the four gradients is that of central differences."""

    def holds(fit: Function, n_words: int, width: int, x_max: int, seed: int) -> None:
        parameters, counts = sampled(n_words, width, seed)
        found = answered(fit, parameters, counts, float(x_max))[1 + which]

        def forward(*moved: np.ndarray) -> float:
            return objective(list(moved), counts, float(x_max))

        wanted = differences(forward, parameters, which, np.array(1.0))
        close(NAMES[1 + which], found, wanted, rtol=1e-6, atol=1e-6)

    return holds


def changed(n_words: int, width: int, kind: str, seed: int) -> tuple[np.ndarray, ...]:
    """Vectors and biases of the columns, the matrix and the shift of the rows' vectors."""
    rng = np.random.default_rng(seed)
    u, c = (rng.integers(-9, 10, shape).astype(float) for shape in ((n_words, width), (n_words,)))
    matrix = 4 * np.eye(width) + rng.integers(-1, 2, (width, width))
    if kind == "rotation":
        matrix = np.linalg.qr(matrix)[0]
    shift = rng.integers(-3, 4, width).astype(float)
    return u, c, matrix, shift if kind == "shift" else 0 * shift


def keeps_the_fit(kind: str) -> Function:
    """What each column gives to the rows 0 and the unit vectors, and so to every row, stays."""

    def holds(repaired: Function, n_words: int, width: int, seed: int) -> None:
        u, c, matrix, shift = changed(n_words, width, kind, seed)
        vectors, biases = parts(repaired(u, c, matrix, shift), VECTORS, BIASES)
        v, d = shaped(VECTORS, vectors, u.shape), shaped(BIASES, biases, c.shape)
        rows = np.concatenate([np.zeros((1, width)), np.eye(width)])
        now, before = (rows @ matrix + shift) @ v.T + d, rows @ u.T + c
        names = (
            "product and bias with the rows 0 and the unit vectors",
            "与零向量和单位向量各行的点积加偏置",
        )
        close(names, now, before, rtol=1e-6, atol=1e-6)

    return holds


LENGTHS, WINDOW = st.integers(0, 7), st.integers(1, 4)
TABLE = {
    "n_words": st.integers(1, 4),
    "width": st.integers(1, 3),
    "x_max": st.integers(1, 15),
    "seed": SEEDS,
}
COLUMNS = {"n_words": st.integers(1, 3), "width": st.integers(1, 3), "seed": SEEDS}

CHECKS = {
    "04.1": Exercise(
        Property(
            "in one sentence each two words at most `size` places apart count 1/d, both ways",
            "在一个句子里，相距不超过 `size` 的每两个词在两个方向上各计 1/d",
            counts_one_sentence,
            {"length": st.integers(0, 3), "size": WINDOW, "seed": SEEDS},
        ),
        Property(
            "pairs that occur again are added, and a word may stand near itself",
            "再次出现的词对要相加，一个词也可以在它自己附近",
            adds_what_repeats,
            {"length": LENGTHS, "n_words": st.integers(1, 3), "size": WINDOW, "seed": SEEDS},
        ),
        Property(
            "all sentences count, each by itself",
            "每个句子都要算，各算各的",
            stays_inside,
            {
                "lengths": st.lists(st.integers(0, 5), min_size=1, max_size=4),
                "n_words": st.integers(1, 4),
                "size": WINDOW,
                "seed": SEEDS,
            },
        ),
    ),
    "04.2": Exercise(
        Property(
            "J is the weighted sum of squares over the cells that are not 0",
            "J 是不为 0 的各元素误差平方的加权和",
            is_the_sum,
            TABLE,
        ),
        Property(
            "a word that was never seen has the gradient 0",
            "从未出现过的词，梯度为 0",
            leaves_unseen_words,
            TABLE,
        ),
        *(
            Property(
                f"{name} agrees with central differences",
                f"{name} 与中心差分一致",
                has_its_slopes(i),
                TABLE,
            )
            for i, name in enumerate(NAMES[1:])
        ),
    ),
    "04.3": Exercise(
        Property(
            "after a rotation all products and biases together are what they were",
            "旋转之后，点积加偏置都不变",
            keeps_the_fit("rotation"),
            COLUMNS,
        ),
        Property(
            "after any invertible matrix, too",
            "换成任何可逆矩阵也不变",
            keeps_the_fit("matrix"),
            COLUMNS,
        ),
        Property(
            "and after a shift",
            "再加上平移也不变",
            keeps_the_fit("shift"),
            COLUMNS,
        ),
    ),
}
