"""Exercises of lesson 07: layer normalization backward, the loop over layers, counting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from minillm import Parameter, gradients_of, nn, ops
from minillm.course.content.checks.common import Function, close, parts, shaped, told
from minillm.course.exercises import Exercise, Property
from minillm.models.bert import Bert, BertConfig

Rows = list[list[int]]
GRADIENTS = ("dL/dx", "dL/dgain", "dL/dbias")


def gradients(layer_norm_backward: Function, x: Rows, gain: list[int], g: Rows) -> list[np.ndarray]:
    """The student's three gradients, their shapes checked."""
    operands = [np.array(values, dtype=float) for values in (x, gain, g)]
    found = parts(layer_norm_backward(*(operand.copy() for operand in operands)), *GRADIENTS)
    shapes = zip(GRADIENTS, found, (0, 1, 1), strict=True)
    return [shaped(name, one, operands[i].shape) for name, one, i in shapes]


def has_three_parts(layer_norm_backward: Function, x: Rows, gain: list[int], g: Rows) -> None:
    """Three arrays, of the right shapes."""
    gradients(layer_norm_backward, x, gain, g)


def adds_up_to_nothing(layer_norm_backward: Function, x: Rows, gain: list[int], g: Rows) -> None:
    """A common shift of a row changes no output, so that a row's gradients sum to zero."""
    sums = gradients(layer_norm_backward, x, gain, g)[0].sum(axis=-1)
    told(np.allclose(sums, 0, atol=1e-8), f"the rows of dL/dx sum to {sums.round(4).tolist()}")


def is_the_gradient(layer_norm_backward: Function, x: Rows, gain: list[int], g: Rows) -> None:
    """All three agree with the library's rule, which has its own gradient check."""
    width = len(gain)
    operands = [Parameter(np.array(values, dtype=float)) for values in (x, gain, [0] * width)]
    output = ops.layer_norm(*operands)
    wanted = gradients_of((output * np.array(g, dtype=float)).sum(), operands)
    for name, found, right in zip(
        GRADIENTS, gradients(layer_norm_backward, x, gain, g), wanted, strict=True
    ):
        close(name, found, np.asarray(right))


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
    """The student's output, with the input watched."""
    given = np.array(x, dtype=float)
    handed = given.copy()
    found = shaped("the output", transformer(handed, list(layers)), given.shape)
    told(np.array_equal(given, handed), "the array that was handed in has been changed in place")
    return found


def passes_through(transformer: Function, x: Rows) -> None:
    """No layers, no change."""
    close("the output", stacked(transformer, x, []), np.array(x, dtype=float))


def is_post_norm(transformer: Function, x: Rows, layers: list[Layer]) -> None:
    """Each layer in turn: two sub-layers, each added to its input, then normalised."""
    stream = np.array(x, dtype=float)
    for layer in layers:
        y = layer.norm1(stream + layer.attention(stream))
        stream = layer.norm2(y + layer.feed_forward(y))
    close("the output", stacked(transformer, x, layers), stream)


def counted(parameters: Function, *sizes: int) -> int:
    """The student's count, which must be whole."""
    found = parameters(*sizes)
    told(int(found) == found, f"parameters{sizes} = {found} is not a whole number")
    return int(found)


def adds_one_block(
    parameters: Function, head: int, h: int, d_ff: int, layers: int, V: int, T: int
) -> None:
    """One layer more has the parameters of one encoder block more."""
    d = head * h
    more, less = (counted(parameters, d, h, d_ff, n, V, T) for n in (layers + 1, layers))
    block = nn.EncoderBlock(d, h, d_ff, rng=np.random.default_rng(0))
    told(
        more - less == block.parameter_count(),
        f"with d = {d}, from {layers} to {layers + 1} layers it grows by {more - less}",
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
    told(found == model.parameter_count(), f"with d = {d} it gives {found}")


def ignores_the_heads(parameters: Function, layers: int, V: int) -> None:
    """The heads share out what is there."""
    one, two, four = (counted(parameters, 8, h, 5, layers, V, 6) for h in (1, 2, 4))
    told(one == two == four, f"with d = 8 and h = 1, 2, 4 it gives {one}, {two}, {four}")


@st.composite
def normalisations(draw: st.DrawFn) -> tuple[Rows, list[int], Rows]:
    """``x``, ``gain``, ``g`` of one width; no row of ``x`` is constant."""
    width, n = draw(st.integers(3, 4)), draw(st.integers(1, 3))
    numbers = st.lists(st.integers(-4, 4), min_size=width, max_size=width)
    rows = st.lists(numbers, min_size=n, max_size=n)
    uneven = st.lists(numbers.filter(lambda row: len(set(row)) > 1), min_size=n, max_size=n)
    gain = st.lists(st.integers(1, 3), min_size=width, max_size=width)
    return draw(uneven), draw(gain), draw(rows)


def on_normalisations(holds: Function) -> Function:
    """``holds`` with one case in place of three arguments: the three have a common width."""

    def held(layer_norm_backward: Function, x_gain_g: tuple[Rows, list[int], Rows]) -> None:
        holds(layer_norm_backward, *x_gain_g)

    return held


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
            "it gives three gradients, shaped like x, gain and bias",
            "它给出三个梯度，形状分别与 x、gain、bias 相同",
            on_normalisations(has_three_parts),
            {"x_gain_g": normalisations()},
        ),
        Property(
            "a common shift of a row changes nothing, so each row of dL/dx sums to 0",
            "一行各数同加一个数，输出不变，所以 dL/dx 的每一行之和为 0",
            on_normalisations(adds_up_to_nothing),
            {"x_gain_g": normalisations()},
        ),
        Property(
            "its three gradients are those of layer normalization",
            "它给出的三个梯度就是层归一化的梯度",
            on_normalisations(is_the_gradient),
            {"x_gain_g": normalisations()},
        ),
        allows=("minillm",),
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
        allows=("minillm",),
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
        allows=("minillm",),
    ),
}
