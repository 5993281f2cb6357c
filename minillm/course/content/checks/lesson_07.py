"""Exercises of lesson 07: layer normalization backward, the loop over layers, counting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from minillm import nn
from minillm.course.content.checks.common import Function, close, shaped, told
from minillm.course.content.checks.normalised_rows import (
    DEVIATIONS,
    NORMALISED,
    Row,
    normalisations,
    slopes,
)
from minillm.course.exercises import Exercise, Property
from minillm.models.bert import Bert, BertConfig

Rows = list[list[int]]


def gradient(
    layer_norm_backward: Function, h: np.ndarray, z: np.ndarray, s: np.ndarray
) -> np.ndarray:
    """The student's gradient, its shape checked."""
    return shaped("dL/dx", layer_norm_backward(h, z, s), h.shape)


def forgets_shift_and_scale(layer_norm_backward: Function, z: Row, s: float) -> None:
    """What points along a shift or a scale of ``x`` does not reach ``x``."""
    rows = np.array([z])
    for english, chinese, h in (
        ("h is the same in every feature", "h 的各分量相同", np.ones_like(rows)),
        ("h is z", "h 就是 z", rows),
    ):
        found = gradient(layer_norm_backward, h, rows, np.array([[s]]))
        close((f"{english}, where dL/dx is 0", f"{chinese}，dL/dx 应为 0，得到的"), found, 0 * rows)


def adds_up_to_nothing(
    layer_norm_backward: Function, h_z_s: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """A common shift of a row changes no output, so that a row's gradients sum to zero."""
    sums = gradient(layer_norm_backward, *h_z_s).sum(axis=-1).round(6)
    told(
        bool(np.allclose(sums, 0, atol=1e-6)),
        f"the rows of dL/dx sum to {sums.tolist()}",
        f"dL/dx 各行之和是 {sums.tolist()}",
    )


def is_the_gradient(
    layer_norm_backward: Function, h_z_s: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Row by row the transposed matrix of all dz_i / dx_j, times h."""
    h, z, s = h_z_s
    wanted = [(slopes(row, deviation).T @ g) for row, (deviation,), g in zip(z, s, h, strict=True)]
    close("dL/dx", gradient(layer_norm_backward, h, z, s), np.array(wanted))


@dataclass(frozen=True)
class Layer:
    """A layer to follow by hand: four functions that do not commute; a case shows its numbers."""

    mix: int
    slope: int
    gain1: int
    gain2: int

    def attention(self, x: np.ndarray) -> np.ndarray:
        """``mix`` times the mean of the positions, at every position."""
        return self.mix * x.mean(axis=0, keepdims=True) + 0 * x

    def feed_forward(self, x: np.ndarray) -> np.ndarray:
        """``slope`` times the positive part, minus 1."""
        return self.slope * np.maximum(x, 0) - 1

    def norm1(self, x: np.ndarray) -> np.ndarray:
        """In place of a normalization, ``gain1`` times."""
        return self.gain1 * x

    def norm2(self, x: np.ndarray) -> np.ndarray:
        """In place of a normalization, ``gain2`` times."""
        return self.gain2 * x


def stacked(transformer: Function, x: Rows, layers: list[Layer]) -> np.ndarray:
    """The student's output."""
    given = np.array(x, dtype=float)
    return shaped(("the output", "输出"), transformer(given, layers), given.shape)


def passes_through(transformer: Function, x: Rows) -> None:
    """No layers, no change."""
    close(("the output", "输出"), stacked(transformer, x, []), np.array(x, dtype=float))


def is_post_norm(transformer: Function, x: Rows, layers: list[Layer]) -> None:
    """Each layer in turn: two sub-layers, each added to its input, then normalised."""
    stream = np.array(x, dtype=float)
    for layer in layers:
        y = layer.norm1(stream + layer.attention(stream))
        stream = layer.norm2(y + layer.feed_forward(y))
    close(("the output", "输出"), stacked(transformer, x, layers), stream)


def counted(parameters: Function, *sizes: int) -> int:
    """The student's count, which must be whole."""
    found = parameters(*sizes)
    told(int(found) == found, f"{found} is not a whole number", f"{found} 不是整数")
    return int(found)


def adds_one_block(
    parameters: Function, head: int, h: int, d_ff: int, layers: int, V: int, T: int
) -> None:
    """One layer more has the parameters of one encoder block more."""
    d = head * h
    less, more = (counted(parameters, d, h, d_ff, n, V, T) for n in (layers, layers + 1))
    block = nn.EncoderBlock(d, h, d_ff, rng=np.random.default_rng(0))
    told(
        more - less == block.parameter_count(),
        f"from {layers} to {layers + 1} layers it grows by {more - less}",
        f"从 {layers} 层到 {layers + 1} 层，多出 {more - less} 个",
    )


def is_the_models_count(
    parameters: Function, head: int, h: int, d_ff: int, layers: int, V: int, T: int
) -> None:
    """The whole model, counted by going through its arrays."""
    d = head * h
    found = counted(parameters, d, h, d_ff, layers, V, T)
    config = BertConfig(
        vocabulary_size=V, width=d, n_layers=layers, n_heads=h, hidden=d_ff, max_length=T
    )
    model = Bert(config, rng=np.random.default_rng(0))
    told(found == model.parameter_count(), f"it gives {found}", f"得到的是 {found}")


def ignores_the_heads(parameters: Function, layers: int, V: int) -> None:
    """The heads share out what is there."""
    one, two, four = (counted(parameters, 8, h, 5, layers, V, 6) for h in (1, 2, 4))
    told(
        one == two == four,
        f"with h = 1, 2, 4 it gives {one}, {two}, {four}",
        f"h = 1、2、4 时，得到的是 {one}、{two}、{four}",
    )


def counts_bert_base(parameters: Function, layers: int) -> None:
    """The number that the task states."""
    found = counted(parameters, 768, 12, 3072, layers, 30522, 512)
    told(found == 108_891_648, f"it gives {found}", f"得到的是 {found}")


SMALL = st.integers(1, 3)
INPUTS = st.integers(2, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(-3, 3), min_size=width, max_size=width), min_size=1, max_size=3
    )
)
LAYERS = st.builds(Layer, SMALL, SMALL, SMALL, SMALL)
COUNTED = {
    "head": st.integers(1, 3),
    "h": st.integers(1, 3),
    "d_ff": st.integers(1, 9),
    "layers": st.integers(1, 3),
    "V": st.integers(1, 9),
    "T": st.integers(1, 9),
}

CHECKS = {
    "07.1": Exercise(
        Property(
            "what points along a shift or a scale of x does not come through",
            "平移和缩放这两个方向上的梯度传不到 x",
            forgets_shift_and_scale,
            {"z": st.sampled_from(NORMALISED), "s": DEVIATIONS},
        ),
        Property(
            "a common shift of a row changes nothing, so each row of dL/dx sums to 0",
            "一行各数同加一个数，输出不变，所以 dL/dx 的每一行之和为 0",
            adds_up_to_nothing,
            {"h_z_s": normalisations()},
        ),
        Property(
            "it is the gradient of layer normalization",
            "它就是层归一化的梯度",
            is_the_gradient,
            {"h_z_s": normalisations()},
        ),
    ),
    "07.2": Exercise(
        Property(
            "with no layers the input comes out as it was",
            "一层也没有时，输入原样输出",
            passes_through,
            {"x": INPUTS},
        ),
        Property(
            "one layer: both sub-layers, both residuals, both normalizations, in their places",
            "只有一层时，两个子层、两处残差、两次归一化都在应有的位置",
            is_post_norm,
            {"x": INPUTS, "layers": st.lists(LAYERS, min_size=1, max_size=1)},
        ),
        Property(
            "several layers: one after the other, each with its own parts",
            "有多层时，一层接一层，每层用自己的部件",
            is_post_norm,
            {"x": INPUTS, "layers": st.lists(LAYERS, min_size=2, max_size=3)},
        ),
    ),
    "07.3": Exercise(
        Property(
            "the number of heads changes nothing",
            "注意力头的个数不影响参数个数",
            ignores_the_heads,
            {"layers": COUNTED["layers"], "V": COUNTED["V"]},
        ),
        Property(
            "one layer more adds the parameters of one EncoderBlock(d, h, d_ff)",
            "多一层，就多出一个 EncoderBlock(d, h, d_ff) 的参数",
            adds_one_block,
            COUNTED,
        ),
        Property(
            "the total is that of Bert, with its three tables and the normalization behind them",
            "总数与 Bert 相同，包括三张嵌入表和其后的归一化",
            is_the_models_count,
            COUNTED,
        ),
        Property(
            "for the sizes of BERT-base it is 108,891,648",
            "按 BERT-base 的尺寸，答案是 108,891,648",
            counts_bert_base,
            {"layers": st.just(12)},
        ),
    ),
}
