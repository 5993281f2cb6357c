"""Functions of the rows of an array, some of which read ahead: what a leak detector is tried on."""

from __future__ import annotations

import numpy as np

from minillm import nn, ops
from minillm.course.content.checks.common import Function
from minillm.course.remarks import Case


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


def first_into_last(x: np.ndarray) -> np.ndarray:
    """Causal but for the last feature, which sees the first feature of the next row."""
    y = causal(x)
    y[:-1, -1] += x[1:, 0]
    return y


def last_into_first(x: np.ndarray) -> np.ndarray:
    """Causal but for the first feature, which sees the last feature of the next row."""
    y = causal(x)
    y[:-1, 0] += x[1:, -1]
    return y


def a_little(x: np.ndarray) -> np.ndarray:
    """Causal, plus a ten-millionth of the next row."""
    y = causal(x)
    y[:-1] += 1e-7 * x[1:]
    return y


def f_of(english: str, chinese: str, function: Function) -> Case:
    """A case; the function that the student gets has a name that tells nothing."""

    def f(x: np.ndarray) -> np.ndarray:
        return np.asarray(function(x))

    return Case(english, chinese, f)


SILENT = [
    f_of("tanh of every row", "每一行各自取 tanh", alone),
    f_of("the row before", "前一行", shifted),
    f_of("causal attention", "因果注意力", causal),
    f_of(
        "the sum of the rows so far, computed as all minus the later ones",
        "到当前行为止的和，算法是总和减去后面各行",
        running_sum,
    ),
]
LEAKING = [
    f_of("attention without a mask", "没有掩码的注意力", unmasked),
    f_of(
        "attention weights set to zero after the softmax", "softmax 之后才把权重改成零", masked_late
    ),
    f_of("attention whose causal mask is one off", "因果掩码错了一位", one_ahead),
    f_of(
        "causal, but row 0 sees row 1",
        "因果，但第 0 行看得见第 1 行",
        only_the_first_reads_the_second,
    ),
    f_of(
        "causal, but row 0 sees the last row",
        "因果，但第 0 行看得见最后一行",
        only_the_first_reads_the_last,
    ),
    f_of(
        "causal, but the last row but one sees the last",
        "因果，但倒数第二行看得见最后一行",
        only_the_last_but_one,
    ),
    f_of(
        "causal, but the last feature sees the first feature of the next row",
        "因果，但最后一个特征看得见下一行的第一个特征",
        first_into_last,
    ),
    f_of(
        "causal, but the first feature sees the last feature of the next row",
        "因果，但第一个特征看得见下一行的最后一个特征",
        last_into_first,
    ),
    f_of(
        "causal, plus a ten-millionth of the next row",
        "因果，另加下一行的千万分之一",
        a_little,
    ),
]
DIFFERENCE = f_of(
    "causal, plus how the features of the next row differ from their mean",
    "因果，另加下一行各特征与其均值之差",
    a_difference_of_features,
)
