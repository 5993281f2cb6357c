"""How often each row of a table of positions is used, by counting all cases: for exercise 16.4."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped
from minillm.course.exercises import Exercise, Property

NAMES = ("(a)", "（a）"), ("(b)", "（b）"), ("(c)", "（c）")
Placed = Callable[[int, int], Iterable[Iterable[int]]]
CASES = {"n_texts": st.integers(1, 5), "rows": st.integers(1, 8), "seed": SEEDS}


def counted(n_texts: int, rows: int, seed: int) -> np.ndarray:
    """How many words each text has, (n_texts,)."""
    return np.random.default_rng(seed).integers(1, rows + 1, size=n_texts)


def from_the_front(n: int, rows: int) -> list[range]:
    """The one way to stand at places 0, 1, ..."""
    return [range(n)]


def from_any_start(n: int, rows: int) -> list[range]:
    """The ways to stand side by side."""
    return [range(start, start + n) for start in range(rows - n + 1)]


def anywhere(n: int, rows: int) -> list[tuple[int, ...]]:
    """The ways to stand in order."""
    return list(combinations(range(rows), n))


def shares(n: np.ndarray, rows: int, placed: Placed) -> np.ndarray:
    """How probable a word at each place is, all ways of each text counted, (rows,)."""
    total = [Fraction(0)] * rows
    for words in map(int, n):
        ways = [list(way) for way in placed(words, rows)]
        for place in (place for way in ways for place in way):
            total[place] += Fraction(1, len(ways) * len(n))
    return np.array([float(share) for share in total])


def answered(used: Function, n: np.ndarray, rows: int) -> list[np.ndarray]:
    """The student's three arrays."""
    found = parts(used(n, rows), *NAMES)
    return [shaped(name, one, (rows,)) for name, one in zip(NAMES, found, strict=True)]


def agrees(which: int, placed: Placed) -> Function:
    """One of the three arrays is that of all ways, each counted."""

    def holds(used: Function, n_texts: int, rows: int, seed: int) -> None:
        n = counted(n_texts, rows, seed)
        close(NAMES[which], answered(used, n, rows)[which], shares(n, rows, placed))

    return holds


USED_ROWS = Exercise(
    Property(
        "(a) how many of the texts are longer than the number of the place",
        "（a）词数大于位置编号的文本所占的比例",
        agrees(0, from_the_front),
        CASES,
    ),
    Property(
        "(b) the share of the starts that put a word there, at the ends of the table too",
        "（b）使那里站着一个词的起点所占的比例，表的两头也要对",
        agrees(1, from_any_start),
        CASES,
    ),
    Property(
        "(c) the share of the sets of places that hold it",
        "（c）含有该位置的各组位置所占的比例",
        agrees(2, anywhere),
        CASES,
    ),
)
