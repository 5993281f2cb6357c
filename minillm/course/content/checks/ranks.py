"""Exercise 02.1, encoding by rank: the merges in a dictionary that only answers questions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, told
from minillm.course.exercises import Exercise, Property

Pair = tuple[int, int]


class Lookup(dict[Pair, int]):
    """The id that each learned pair becomes; an answer may look up, but not walk through it."""

    def __deepcopy__(self, memo: Any) -> Lookup:
        return Lookup(dict.items(self))

    def __iter__(self) -> Iterator[Pair]:
        no_answer_asks()
        return super().__iter__()

    def keys(self) -> Any:
        """The pairs, for us alone."""
        no_answer_asks()
        return super().keys()

    def values(self) -> Any:
        """The ids, for us alone."""
        no_answer_asks()
        return super().values()

    def items(self) -> Any:
        """Pairs with their ids, for us alone."""
        no_answer_asks()
        return super().items()

    def copy(self) -> Lookup:
        """One that is no more to be walked through than this one."""
        return Lookup(dict.items(self))


def no_answer_asks() -> None:
    """Refuse whoever walks through a ``Lookup`` from outside the course.

    Raises:
        Wrong: an answer does.
    """
    name = sys._getframe(2).f_globals.get("__name__", "")
    told(
        name.startswith("minillm.course"),
        "it walks through joined: look up only the pairs that are there",
        "它把 joined 从头到尾走了一遍：只应查找现有的相邻对",
    )


def as_merges(places: list[Pair], letters: str) -> list[Pair]:
    """Different pairs, each of tokens made before it or of bytes of ``letters``."""
    merges: list[Pair] = []
    for place in places:
        known = [*b"ab", *range(256, 256 + len(merges)), *letters.encode()]
        pair = (known[place[0] % len(known)], known[place[1] % len(known)])
        merges += [pair] if pair not in merges else []
    return merges


PLACES, FEW = st.integers(0, 8), st.integers(0, 2)
VISIBLE = st.characters(exclude_categories=("C", "Z"))
LONG = st.sampled_from(["ab" * 4, "a" * 8])  # three merges, each of what the one before made
CHAIN = st.sampled_from([(0, 1), (0, 0)]).map(lambda p: as_merges([p, (2, 2), (3, 3)], ""))
LEARNED = {
    "text": st.one_of(st.text("ab", max_size=6), st.text("茶a🍵 é"), st.text(VISIBLE), LONG),
    "merges": st.one_of(
        st.lists(st.tuples(PLACES, PLACES), max_size=4).map(lambda p: as_merges(p, "茶")), CHAIN
    ),
}
COMPETING = {
    "text": st.one_of(st.text("ab", min_size=2, max_size=7), LONG),
    "merges": st.one_of(
        st.lists(st.tuples(FEW, FEW), max_size=5).map(lambda p: as_merges(p, "")), CHAIN
    ),
}


def joined(ids: list[int], pair: Pair, new: int) -> list[int]:
    """The ids with ``new`` for every ``pair``, from the left and without overlap."""
    out: list[int] = []
    rest = list(ids)
    while rest:
        width = 2 if tuple(rest[:2]) == pair else 1
        out.append(new if width == 2 else rest[0])
        rest = rest[width:]
    return out


def written_out(ids: list[int], merges: list[Pair]) -> bytes:
    """The bytes that the ids stand for."""
    tokens = [bytes([i]) for i in range(256)]
    for first, second in merges:
        tokens.append(tokens[first] + tokens[second])
    for i in ids:
        told(
            0 <= i < len(tokens),
            f"it gives {ids}: there is no token {i}",
            f"得到 {ids}：没有编号为 {i} 的词元",
        )
    return b"".join(tokens[i] for i in ids)


def encoded(encode_by_rank: Function, text: str, merges: list[Pair]) -> list[int]:
    """The answer's ids as a list of integers."""
    ids_of = Lookup(zip(merges, range(256, 256 + len(merges)), strict=True))
    return whole_numbers(encode_by_rank(text, ids_of)).tolist()


def whole_numbers(given: Any) -> np.ndarray:
    """What an answer returned as a row of integers; an empty list is one too.

    Raises:
        Wrong: it is something else.
    """
    try:
        array = np.asarray(given)
    except ValueError:
        array = np.array(None)
    told(
        array.ndim == 1 and (array.size == 0 or array.dtype.kind in "iu"),
        f"it gives {given!r:.80}, not a row of integers",
        f"得到 {given!r:.80}，不是一行整数",
    )
    return array.astype(np.int64)


def comes_back(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """Decoding the ids gives the text again."""
    ids = encoded(encode_by_rank, text, merges)
    back = written_out(ids, merges).decode(errors="replace")
    told(back == text, f"its ids {ids} decode to {back!r}", f"编号 {ids} 解码得到 {back!r}")


def leaves_nothing(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """No two neighbours are a pair that was learned."""
    ids = encoded(encode_by_rank, text, merges)
    left = [pair for pair in pairwise(ids) if pair in merges]
    told(not left, f"its ids {ids} still hold {left[:1]}", f"编号 {ids} 中还有 {left[:1]}")


def keeps_the_order(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """Earlier merges go first."""
    ids, wanted = encoded(encode_by_rank, text, merges), list(text.encode())
    for new, pair in enumerate(merges, start=256):
        wanted = joined(wanted, pair, new)
    told(
        ids == wanted,
        f"its ids {ids} come from another order of merges, not {wanted}",
        f"编号 {ids} 出自另一种合并次序，应为 {wanted}",
    )


BY_RANK = Exercise(
    Property(
        "decoding gives the text again, in any script",
        "无论什么文字，解码之后都与原文相同",
        comes_back,
        LEARNED,
    ),
    Property(
        "no pair that was learned is left", "结果中不再有学过的相邻对", leaves_nothing, LEARNED
    ),
    Property(
        "of the pairs that are there, the one learned first is joined first",
        "在现有的相邻对中，先学到的先合并",
        keeps_the_order,
        COMPETING,
    ),
)
