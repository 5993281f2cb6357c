"""Exercises of lesson 02: encoding by rank, padding and cutting, one step of BPE."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Counted, lines_run, parts, told
from minillm.course.content.checks.ranks import BY_RANK, Pair, joined, whole_numbers
from minillm.course.exercises import Exercise, Property
from minillm.course.watching import Watched
from minillm.text import pad

SIDES = st.sampled_from(["right", "left"])
IDS = st.one_of(st.integers(0, 9), st.sampled_from([255, 256, 4000]))
PADDING = {
    "rows": st.lists(st.lists(IDS, max_size=4), min_size=1, max_size=3),
    "length": st.integers(0, 7),
    "pad_id": st.integers(0, 3),
    "side": SIDES,
    "truncate": SIDES,
}
NEW = 2000  # above every id of a step
LARGE = st.sampled_from([0, 1, 2, 3, 255, 256, 257, 1000, 1200])
STEP = {
    "ids": st.one_of(
        st.lists(st.integers(0, 3), min_size=2, max_size=10),
        st.lists(LARGE, min_size=2, max_size=8),
    )
}
RUNS = [5, 5, 5, 5, 5, 1, 0, 5, 5, 2, 1, 0]  # repeated, to count what a loop runs


def padded(
    to_length: Watched, rows: list[list[int]], settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """The answer's ids and mask, their shapes checked."""
    answer = parts(to_length(rows, *settings.values()), "ids", "mask")
    needed = (len(rows), settings["length"])
    for name, part in zip(("ids", "mask"), answer, strict=True):
        shape = np.shape(part)
        told(
            shape == needed,
            f"{name}: the shape is {shape}, not {needed}",
            f"{name} 的形状是 {shape}，应为 {needed}",
        )
    return np.asarray(answer[0]), np.asarray(answer[1])


def right(rows: list[list[int]], **settings: Any) -> tuple[list[list[int]], list[list[bool]]]:
    """Ids and mask as the library gives them."""
    ids, mask = pad(rows, **settings)
    return ids.tolist(), mask.tolist()


def places_the_ids(to_length: Watched, rows: list[list[int]], **settings: Any) -> None:
    """Real ids and padding stand where they should."""
    ids, _ = padded(to_length, rows, settings)
    for row, found, wanted in zip(rows, ids.tolist(), right(rows, **settings)[0], strict=True):
        told(found == wanted, f"the row {row} becomes {found}", f"{row} 这一行成了 {found}")


def masks_the_padding(to_length: Watched, rows: list[list[int]], **settings: Any) -> None:
    """The mask is True at real ids, whatever their value."""
    _, mask = padded(to_length, rows, settings)
    for row, found, wanted in zip(rows, mask.tolist(), right(rows, **settings)[1], strict=True):
        told(found == wanted, f"the mask of the row {row} is {found}", f"{row} 的掩码成了 {found}")


def best_pair(ids: list[int]) -> Pair:
    """The most frequent pair of neighbours, the smallest of several."""
    pairs = list(pairwise(ids))
    return min(pairs, key=lambda pair: (-pairs.count(pair), pair))


def one_step(bpe_step: Watched, ids: list[int]) -> tuple[Pair, list[int]]:
    """The answer's pair and array as plain numbers."""
    first, after = parts(bpe_step(np.array(ids), NEW), "pair", "ids")
    pair = whole_numbers(first).tolist()
    told(len(pair) == 2, f"the pair is {pair}", f"这一对是 {pair}")
    return (pair[0], pair[1]), whole_numbers(after).tolist()


def finds_the_pair(bpe_step: Watched, ids: list[int]) -> None:
    """The pair is the most frequent one, the smallest of several."""
    pair, _ = one_step(bpe_step, ids)
    places = list(pairwise(ids))
    often, best = places.count(pair), best_pair(ids)
    most = places.count(best)
    told(
        often == most,
        f"it takes {pair}, which occurs {often} time(s), while {best} occurs {most}",
        f"它取 {pair}，只出现 {often} 次，而 {best} 出现 {most} 次",
    )
    told(
        pair == best,
        f"it takes {pair}; the smaller {best} occurs {most} time(s) too",
        f"它取 {pair}；更小的 {best} 也出现 {most} 次",
    )


def joins_the_pair(bpe_step: Watched, ids: list[int]) -> None:
    """All of its places are replaced, from the left, without overlap."""
    pair, after = one_step(bpe_step, ids)
    wanted = joined(ids, pair, NEW)
    told(
        after == wanted,
        f"{pair} joined gives {after}, not {wanted}",
        f"合并 {pair} 得到 {after}，应为 {wanted}",
    )


def needs_no_loop(bpe_step: Watched, ids: list[int]) -> None:
    """Neither elements taken one by one nor lines of its own grow with the number of ids."""
    lines = []
    for times in (1, 5):
        array = np.array(ids * times).view(Counted)
        lines.append(lines_run(bpe_step, array, NEW) // 2)  # an answer is called twice
        taken = array.taken[0] // 2
        told(
            taken < len(array) // 2,
            f"of {len(array)} ids it takes single ones {taken} times: compare whole arrays",
            f"编号共 {len(array)} 个，它逐个取了 {taken} 次：请对整个数组作比较",
        )
    told(
        lines[1] < lines[0] + 2 * len(ids),
        f"for {len(ids)} ids it runs {lines[0]} lines, for {5 * len(ids)} ids {lines[1]}",
        f"{len(ids)} 个编号运行 {lines[0]} 行，{5 * len(ids)} 个编号运行 {lines[1]} 行",
    )


CHECKS = {
    "02.1": BY_RANK,
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
        Property(
            "it needs no loop over the ids",
            "不对编号写循环",
            needs_no_loop,
            {"ids": st.just(RUNS)},
        ),
    ),
}
