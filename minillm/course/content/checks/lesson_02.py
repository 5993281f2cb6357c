"""Exercises of lesson 02: encoding by rank, padding and cutting, one step of BPE."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, parts, told
from minillm.course.exercises import Exercise, Property
from minillm.text import pad

Pair = tuple[int, int]


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
LEARNED = {
    "text": st.one_of(st.text("ab", max_size=6), st.text("茶a🍵 é"), st.text(VISIBLE)),
    "merges": st.lists(st.tuples(PLACES, PLACES), max_size=4).map(lambda p: as_merges(p, "茶")),
}
COMPETING = {
    "text": st.text("ab", min_size=2, max_size=7),
    "merges": st.lists(st.tuples(FEW, FEW), max_size=5).map(lambda p: as_merges(p, "")),
}
SIDES = st.sampled_from(["right", "left"])
ROWS = st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=3)
PADDING = {
    "rows": ROWS,
    "length": st.integers(0, 5),
    "pad_id": st.integers(0, 3),
    "side": SIDES,
    "truncate": SIDES,
}
STEP = {"ids": st.lists(st.integers(0, 3), min_size=2, max_size=10)}
NEW = 9  # above every id that STEP draws


def best_pair(ids: list[int]) -> Pair:
    """The most frequent pair of neighbours, the smallest of several."""
    pairs = list(pairwise(ids))
    return min(pairs, key=lambda pair: (-pairs.count(pair), pair))


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
        told(0 <= i < len(tokens), f"it gives {ids}: there is no token {i}")
    return b"".join(tokens[i] for i in ids)


def encoded(encode_by_rank: Function, text: str, merges: list[Pair]) -> list[int]:
    """The answer's ids as a list of integers."""
    return whole_numbers(encode_by_rank(text, list(merges))).tolist()


def whole_numbers(given: Any) -> np.ndarray:
    """What an answer returned as a row of integers; an empty list is one too.

    Raises:
        AssertionError: it is something else.
    """
    array = np.asarray(given)
    told(array.ndim == 1, f"it gives {given!r}, not a row of ids")
    told(array.size == 0 or array.dtype.kind in "iu", f"it gives {given!r}: not integers")
    return array.astype(np.int64)


def comes_back(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """Decoding the ids gives the text again."""
    ids = encoded(encode_by_rank, text, merges)
    back = written_out(ids, merges).decode(errors="replace")
    told(back == text, f"its ids {ids} decode to {back!r}")


def leaves_nothing(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """No two neighbours are a pair that was learned."""
    ids = encoded(encode_by_rank, text, merges)
    left = [pair for pair in pairwise(ids) if pair in merges]
    told(not left, f"its ids {ids} still hold {left[:1]}")


def keeps_the_order(encode_by_rank: Function, text: str, merges: list[Pair]) -> None:
    """Earlier merges go first."""
    ids, wanted = encoded(encode_by_rank, text, merges), list(text.encode())
    for new, pair in enumerate(merges, start=256):
        wanted = joined(wanted, pair, new)
    told(ids == wanted, f"its ids {ids} come from another order of merges")


def padded(
    to_length: Function, rows: list[list[int]], settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """The answer's ids and mask, their shapes checked."""
    answer = parts(to_length([list(row) for row in rows], *settings.values()), "ids", "mask")
    needed = (len(rows), settings["length"])
    for name, part in zip(("ids", "mask"), answer, strict=True):
        shape = np.shape(part)
        told(shape == needed, f"{name} have shape {shape}, not {needed}")
    return np.asarray(answer[0]), np.asarray(answer[1])


def right(rows: list[list[int]], **settings: Any) -> tuple[list[list[int]], list[list[bool]]]:
    """Ids and mask as the library gives them."""
    ids, mask = pad(rows, **settings)
    return ids.tolist(), mask.tolist()


def places_the_ids(to_length: Function, rows: list[list[int]], **settings: Any) -> None:
    """Real ids and padding stand where they should."""
    ids, _ = padded(to_length, rows, settings)
    for row, found, wanted in zip(rows, ids.tolist(), right(rows, **settings)[0], strict=True):
        told(found == wanted, f"the row {row} becomes {found}")


def masks_the_padding(to_length: Function, rows: list[list[int]], **settings: Any) -> None:
    """The mask is True at real ids, whatever their value."""
    _, mask = padded(to_length, rows, settings)
    for row, found, wanted in zip(rows, mask.tolist(), right(rows, **settings)[1], strict=True):
        told(found == wanted, f"the mask of the row {row} is {found}")


def one_step(bpe_step: Function, ids: list[int]) -> tuple[Pair, list[int]]:
    """The answer's pair and array as plain numbers."""
    first, after = parts(bpe_step(np.array(ids), NEW), "pair", "ids")
    pair = whole_numbers(first).tolist()
    told(len(pair) == 2, f"the pair is {pair}")
    return (pair[0], pair[1]), whole_numbers(after).tolist()


def finds_the_pair(bpe_step: Function, ids: list[int]) -> None:
    """The pair is the most frequent one, the smallest of several."""
    pair, _ = one_step(bpe_step, ids)
    places = list(pairwise(ids))
    often = places.count(pair)
    most = max(map(places.count, places))
    told(often == most, f"it takes {pair}, which occurs {often} time(s); another one {most}")
    told(pair == best_pair(ids), f"it takes {pair}; a smaller pair occurs {most} time(s) too")


def joins_the_pair(bpe_step: Function, ids: list[int]) -> None:
    """All of its places are replaced, from the left, without overlap."""
    pair, after = one_step(bpe_step, ids)
    back = [i for j in after for i in (pair if j == NEW else (j,))]
    told(back == ids, f"new = {NEW}: it gives {after}; {pair} put back for {NEW}, that is {back}")
    told(after == joined(ids, pair, NEW), f"new = {NEW}: {pair} is not all joined in {after}")


CHECKS = {
    "02.1": Exercise(
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
        allows=("minillm",),
    ),
    "02.2": Exercise(
        Property(
            "ids and padding stand at the side that was asked for",
            "填充在指定的一端，编号都在应在的位置",
            places_the_ids,
            PADDING,
        ),
        Property(
            "the mask is True exactly at real ids",
            "掩码恰好在真实编号处为真",
            masks_the_padding,
            PADDING,
        ),
        allows=("minillm",),
    ),
    "02.3": Exercise(
        Property(
            "the pair is the most frequent one, the smallest of several",
            "取次数最多的一对；次数相同取最小的",
            finds_the_pair,
            STEP,
        ),
        Property(
            "its places are joined from the left, without overlap",
            "凡出现之处，从左边起合并，互不重叠",
            joins_the_pair,
            STEP,
        ),
        allows=("minillm",),
    ),
}
