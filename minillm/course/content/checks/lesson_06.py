"""Exercises of lesson 06: heads split and merged, reading ahead, the rotation of positions."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm import nn
from minillm.course.content.checks.common import Function, close, shaped, told
from minillm.course.content.checks.reading_ahead import DIFFERENCE, LEAKING, SILENT
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

BATCHES = {
    "B": st.integers(1, 3),
    "T": st.integers(1, 5),
    "h": st.integers(1, 4),
    "features": st.integers(1, 3),  # of one head
}


def numbered(*shape: int) -> np.ndarray:
    """Features that tell where they come from: 0, 1, 2, ... in order."""
    return np.arange(float(np.prod(shape))).reshape(shape)


def every_head_has_its_features(
    split_heads: Function, merge_heads: Function, B: int, T: int, h: int, features: int
) -> None:
    """Head i is what the i-th slice of the features is."""
    x = numbered(B, T, h * features)
    name = ("what split_heads gives", "split_heads 的结果")
    found = shaped(name, split_heads(x, h), (B, h, T, features))
    for i in range(h):
        slice_of_x = x[..., i * features : (i + 1) * features]
        close((f"head {i}", f"头 {i}"), found[:, i], slice_of_x)


def merging_puts_heads_side_by_side(
    split_heads: Function, merge_heads: Function, B: int, T: int, h: int, features: int
) -> None:
    """The i-th slice of the features is head i."""
    heads = numbered(B, h, T, features)
    name = ("what merge_heads gives", "merge_heads 的结果")
    found = shaped(name, merge_heads(heads), (B, T, h * features))
    for i in range(h):
        part = found[..., i * features : (i + 1) * features]
        close((f"the features of head {i}", f"头 {i} 的那一段特征"), part, heads[:, i])


def verdict(leaks: Function, f: Case, rows: int, features: int) -> bool:
    """What the detector says of ``f``."""
    x = np.random.default_rng(rows).integers(-20, 21, (rows, features)) / 10
    x[rows // 2] = 0  # as padding is
    found = leaks(f.value, x)
    told(
        isinstance(found, bool | np.bool_),
        f"it gives {found!r}, neither True nor False",
        f"它返回 {found!r}，既不是 True 也不是 False",
    )
    return bool(found)


def is_silent(leaks: Function, f: Case, rows: int, features: int) -> None:
    """False for what does not look ahead."""
    told(
        not verdict(leaks, f, rows, features),
        "it says True, but no row looks ahead",
        "它返回 True，其实没有哪一行看了后文",
    )


def finds(leaks: Function, f: Case, rows: int, features: int) -> None:
    """True for what does."""
    told(
        verdict(leaks, f, rows, features),
        "it says False, but a row looks ahead",
        "它返回 False，其实有一行看了后文",
    )


def turns(rotation: Function, delta: int, t: int, d: int) -> None:
    """R PE(t) is PE(t + delta)."""
    table = nn.sinusoids(t + abs(delta) + 1, d)
    start, end = (t, t + delta) if delta >= 0 else (t - delta, t)
    r = shaped(("the matrix", "矩阵"), rotation(delta, d), (d, d))
    name = (f"R PE({start}), where PE({end}) was due", f"R PE({start}) 应等于 PE({end})，得到的")
    close(name, (r @ table[start]).round(9), table[end])


def keeps_lengths(rotation: Function, delta: int, d: int) -> None:
    """A rotation: its transpose undoes it, and so does a step back."""
    r = shaped(("the matrix", "矩阵"), rotation(delta, d), (d, d))
    close(("R times its transpose", "R 乘自己的转置"), (r @ r.T).round(9), np.eye(d))
    back = shaped(("the matrix", "矩阵"), rotation(-delta, d), (d, d))
    close("R(delta) R(-delta)", (r @ back).round(9), np.eye(d))


STEPS, WIDTHS = st.integers(-20, 20) | st.sampled_from([-500, 100, 999]), st.integers(1, 8)
ROWS, FEATURES = st.integers(1, 12), st.integers(1, 8)
CHECKS = {
    "06.1": Exercise(
        Property(
            "head i holds the i-th slice of every word's features",
            "第 i 个头装着每个词的第 i 段特征",
            every_head_has_its_features,
            BATCHES,
        ),
        Property(
            "merging puts the heads side by side again",
            "合并之后，各头重新并排",
            merging_puts_heads_side_by_side,
            BATCHES,
        ),
    ),
    "06.2": Exercise(
        Property(
            "it is silent where no row looks ahead",
            "没有哪一行看后文时，它返回 False",
            is_silent,
            {"f": st.sampled_from(SILENT), "rows": ROWS, "features": FEATURES},
        ),
        Property(
            "it finds every way of looking ahead",
            "无论怎样看后文，它都能发现",
            finds,
            {
                "f": st.sampled_from(LEAKING),
                "rows": ROWS.map(lambda rows: rows + 1),
                "features": FEATURES,
            },
        ),
        Property(
            "it finds a look at any mixture of features",
            "看的是后文特征的某种组合，它也能发现",
            finds,
            {
                "f": st.just(DIFFERENCE),
                "rows": ROWS.map(lambda rows: rows + 1),
                "features": FEATURES.map(lambda features: features + 1),
            },
        ),
    ),
    "06.3": Exercise(
        Property(
            "it leads from PE(t) to PE(t + delta), whatever t",
            "无论 t 是多少，它都把 PE(t) 变成 PE(t + delta)",
            turns,
            {"delta": STEPS, "t": st.integers(0, 30), "d": WIDTHS.map(lambda half: 2 * half)},
        ),
        Property(
            "it keeps lengths, and a step back undoes it",
            "它保持长度不变，往回走同样的步数便还原",
            keeps_lengths,
            {"delta": STEPS, "d": WIDTHS.map(lambda half: 2 * half)},
        ),
    ),
}
