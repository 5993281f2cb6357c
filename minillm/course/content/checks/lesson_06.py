"""Exercises of lesson 06: heads split and merged, reading ahead, the rotation of positions."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm import nn, ops
from minillm.course.content.checks.common import SEEDS, SIZES, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

BATCHES = {"b": st.integers(1, 3), "t": SIZES, "heads": SIZES, "width": st.integers(1, 3)}


def numbered(b: int, t: int, heads: int, width: int) -> np.ndarray:
    """Features that tell where they come from: 0, 1, 2, ... in order."""
    return np.arange(float(b * t * heads * width)).reshape(b, t, heads * width)


def every_head_has_its_features(
    split_heads: Function, merge_heads: Function, b: int, t: int, heads: int, width: int
) -> None:
    """Head i is what the i-th slice of the features is."""
    x = numbered(b, t, heads, width)
    found = shaped("split_heads(x, heads)", split_heads(x.copy(), heads), (b, heads, t, width))
    for i in range(heads):
        close(f"x = 0, 1, 2, ...: head {i}", found[:, i], x[..., i * width : (i + 1) * width])


def merging_puts_heads_side_by_side(
    split_heads: Function, merge_heads: Function, b: int, t: int, heads: int, width: int
) -> None:
    """The i-th slice of the features is head i."""
    parts = numbered(b, heads, t, width).reshape(b, heads, t, width)
    found = shaped("merge_heads(heads)", merge_heads(parts.copy()), (b, t, heads * width))
    for i in range(heads):
        part = found[..., i * width : (i + 1) * width]
        close(f"heads = 0, 1, 2, ...: the features of head {i}", part, parts[:, i])


def causal(x: np.ndarray) -> np.ndarray:
    """Self-attention that looks back alone."""
    mask = nn.causal_mask(len(x))
    return np.asarray(ops.scaled_dot_product_attention(x, x, x, mask=mask).data)


def running_sum(x: np.ndarray) -> np.ndarray:
    """All minus what follows: the sum so far, but for rounding."""
    return x.sum(axis=0) - (np.cumsum(x[::-1], axis=0)[::-1] - x)


def alone(x: np.ndarray) -> np.ndarray:
    """Every row by itself."""
    return np.tanh(x)


def shifted(x: np.ndarray) -> np.ndarray:
    """The row before."""
    return np.concatenate([np.zeros_like(x[:1]), x[:-1]])


def unmasked(x: np.ndarray) -> np.ndarray:
    """Self-attention over everything."""
    return np.asarray(ops.scaled_dot_product_attention(x, x, x).data)


def masked_late(x: np.ndarray) -> np.ndarray:
    """Weights set to zero after the softmax: what is hidden still stands in the denominator."""
    weights = ops.softmax(x @ x.T / x.shape[1] ** 0.5).data
    return np.asarray((weights * np.tri(len(x))) @ x)


def one_ahead(x: np.ndarray) -> np.ndarray:
    """A mask that is one off."""
    mask = np.tri(len(x), k=1, dtype=bool)
    return np.asarray(ops.scaled_dot_product_attention(x, x, x, mask=mask).data)


def only_the_first_reads_the_last(x: np.ndarray) -> np.ndarray:
    """Causal but for row 0, which sees a little of the last row."""
    y = causal(x)
    y[0] += 1e-3 * x[-1]
    return y


def only_the_first_reads_the_second(x: np.ndarray) -> np.ndarray:
    """Causal but for row 0, which sees row 1."""
    y = causal(x)
    y[0] += np.tanh(x[1])
    return y


def only_the_last_but_one(x: np.ndarray) -> np.ndarray:
    """Causal but for the row before the last, which sees the last."""
    y = causal(x)
    y[-2] += np.tanh(x[-1])
    return y


def a_difference_of_features(x: np.ndarray) -> np.ndarray:
    """Row t sees how the features of the next row differ, not how large they are."""
    after = np.concatenate([x[1:], x[-1:]])
    return causal(x) + (after - after.mean(axis=1, keepdims=True))


NAMED = {
    "causal attention": causal,
    "a sum of the rows so far, computed as all minus the later ones": running_sum,
    "tanh of every row": alone,
    "the row before": shifted,
}
LEAKING = {
    "attention without a mask": unmasked,
    "weights set to zero after the softmax": masked_late,
    "a causal mask that is one off": one_ahead,
    "causal attention whose row 0 sees row 1": only_the_first_reads_the_second,
    "causal attention whose row 0 sees the last row": only_the_first_reads_the_last,
    "causal attention whose last row but one sees the last": only_the_last_but_one,
    "causal attention plus how the features of the next row differ": a_difference_of_features,
}


def verdict(leaks: Function, f: Function, n: int, seed: int) -> bool:
    """What the detector says of ``f``; warnings of its arithmetic are held back."""
    x = np.random.default_rng(seed).standard_normal((n, 3)).round(2)
    with np.errstate(all="ignore"):
        found = leaks(f, x)
    told(isinstance(found, bool | np.bool_), f"it gives {found!r}, not True or False")
    return bool(found)


def is_silent(leaks: Function, f: str, n: int, seed: int) -> None:
    """False for what does not look ahead."""
    told(not verdict(leaks, NAMED[f], n, seed), "it says True, but no row looks ahead")


def finds(leaks: Function, f: str, n: int, seed: int) -> None:
    """True for what does."""
    told(verdict(leaks, LEAKING[f], n, seed), "it says False, but a row looks ahead")


def turns(rotation: Function, delta: int, t: int, d: int) -> None:
    """R PE(t) is PE(t + delta)."""
    table = nn.sinusoids(t + abs(delta) + 1, d)
    start, end = (t, t + delta) if delta >= 0 else (t - delta, t)
    r = shaped("the matrix", rotation(delta, d), (d, d))
    close(f"R PE({start}), where PE({end}) was due", (r @ table[start]).round(9), table[end])


def keeps_lengths(rotation: Function, delta: int, d: int) -> None:
    """A rotation: its transpose undoes it, and so does a step back."""
    r = shaped("the matrix", rotation(delta, d), (d, d))
    close("R times its transpose", (r @ r.T).round(9), np.eye(d))
    back = shaped("the matrix", rotation(-delta, d), (d, d))
    close("R(delta) R(-delta)", (r @ back).round(9), np.eye(d))


STEPS, WIDTHS = st.integers(-20, 20), st.sampled_from([2, 4, 6, 8])
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
        allows=("minillm",),
    ),
    "06.2": Exercise(
        Property(
            "it is silent where no row looks ahead",
            "没有哪一行偷看后文时，它不报警",
            is_silent,
            {"f": st.sampled_from(list(NAMED)), "n": st.integers(1, 6), "seed": SEEDS},
        ),
        Property(
            "it finds every way of looking ahead",
            "无论怎样偷看后文，它都能发现",
            finds,
            {"f": st.sampled_from(list(LEAKING)), "n": st.integers(2, 6), "seed": SEEDS},
        ),
        allows=("minillm",),
    ),
    "06.3": Exercise(
        Property(
            "it leads from PE(t) to PE(t + delta), whatever t",
            "无论 t 是多少，它都把 PE(t) 变成 PE(t + delta)",
            turns,
            {"delta": STEPS, "t": st.integers(0, 30), "d": WIDTHS},
        ),
        Property(
            "it keeps lengths, and a step back undoes it",
            "它保持长度不变，往回走一步便还原",
            keeps_lengths,
            {"delta": STEPS, "d": WIDTHS},
        ),
        allows=("minillm",),
    ),
}
