"""Linear layers whose weights are stored in fewer bits: int8 with a scale for each row, float16.

Letters: O outputs, I inputs.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like, to_numpy
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.nn.replacing import places
from minillm.ops import linear

LARGEST = 127  # of int8; -128 is left out, so that codes are symmetric
SMALLEST = float(np.finfo(np.float32).tiny)  # below it a float32 has fewer digits
UNSAVED = "holds its weight in fewer bits, which no file has: save the model before quantize"


def quantized_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as integers of eight bits, and a scale for each row::

        s_i = max_j |W_ij| / 127,   c_ij = round(W_ij / s_i)
        |W_ij - s_i c_ij| <= (1/2 + 2^-17) s_i

    The 2^-17 is what s_i loses as a float32, 127 times 2^-24.

    Shapes: ``weight (O, I) -> int8 (O, I), float32 (O,)``.  A row of zeros has the scale 1, and
    no other row one below 2^-126, where a float32 loses digits.

    One large number in a row costs the others of that row their digits, and no other row's.

    Raises:
        ValueError: ``weight`` is not a matrix of finite numbers, or one is beyond float32.
    Source: Dettmers et al. 2022, "LLM.int8(): 8-bit Matrix Multiplication for Transformers at
        Scale", arXiv:2208.07339, section 2, absmax quantization.
    Guide: 8.2.1 (G53).
    """
    weight = np.asarray(weight)
    if weight.dtype.kind in "biu":  # the smallest integer of a kind has no absolute value in it
        weight = weight.astype(np.float64)
    top = np.abs(weight).max(initial=0.0) if weight.dtype.kind == "f" else np.nan
    if weight.ndim != 2 or not top <= np.finfo(np.float32).max:
        raise ValueError(
            "quantized_rows: needs a matrix of finite numbers of a float32, got "
            f"{weight.dtype} and shape {weight.shape}, the largest {top:g}"
        )
    largest = np.abs(weight).max(axis=1, initial=0.0).astype(np.float64)
    scale = np.where(largest > 0.0, np.maximum(largest / LARGEST, SMALLEST), 1.0)
    codes = np.rint(weight / scale[:, None])
    return codes.astype(np.int8), scale.astype(np.float32)


class Int8Linear(Module):
    """A linear layer with weights of eight bits, for use and not for training::

        y = x Vᵀ + b,   v_ij = s_i c_ij        c, s: ``quantized_rows`` of the layer's weight

    Shapes: ``x (..., I) -> (..., O)``.  The product is one of ordinary numbers: V is made for each
    call and forgotten.  That saves memory, a quarter is left, and no time.

    Gradients flow through it to ``x``.  It is made of a trained layer, anew after each load: a
    file has no codes, and ``state_dict`` refuses.

    Raises:
        ValueError: as ``quantized_rows``.
        TypeError: ``layer`` is not a ``Linear``.
    Guide: 8.2.1 (G53).
    """

    unsaved = UNSAVED

    def __init__(self, layer: Linear):
        require_linear("Int8Linear", layer)
        self.codes, self.scale = quantized_rows(to_numpy(layer.weight.data))
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """``x Vᵀ + b``."""
        return linear(x, Tensor(moved_like(self.dequantized(), x.data)), self.bias)

    def dequantized(self) -> np.ndarray:
        """V, the weight as it is used, float32 (O, I)."""
        weight: np.ndarray = self.codes * self.scale[:, None]
        return weight

    def stored(self) -> tuple[np.ndarray, ...]:
        """The arrays that stand for the weight."""
        return self.codes, self.scale


class Float16Linear(Module):
    """A linear layer with weights of sixteen bits, half of the memory; else as ``Int8Linear``::

        |W_ij - v_ij| <= 2^-11 |W_ij|        for 2^-14 <= |W_ij| <= 65504
        |W_ij - v_ij| <= 2^-25               below 2^-14 = 6.1e-5

    Raises:
        ValueError: a weight beyond 65504, where float16 ends.
        TypeError: ``layer`` is not a ``Linear``.
    Source: IEEE 754-2008, binary16.
    Guide: 8.2.1 (G53).
    """

    unsaved = UNSAVED

    def __init__(self, layer: Linear):
        require_linear("Float16Linear", layer)
        weight = to_numpy(layer.weight.data)
        largest = np.finfo(np.float16).max
        if not (np.abs(weight) <= largest).all():  # NaN too
            raise ValueError(f"Float16Linear: a weight is beyond {largest}, or not a number")
        self.half = weight.astype(np.float16)
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """``x Vᵀ + b``."""
        return linear(x, Tensor(moved_like(self.dequantized(), x.data)), self.bias)

    def dequantized(self) -> np.ndarray:
        """The weight as it is used, float32 (O, I)."""
        return self.half.astype(np.float32)

    def stored(self) -> tuple[np.ndarray, ...]:
        """The array that stands for the weight."""
        return (self.half,)


STORED = {"int8": Int8Linear, "float16": Float16Linear}


def quantize(model: Module, kind: str) -> list[str]:
    """Store the weights of all linear layers in fewer bits; the paths where they stand.

    Tables, and a head that is tied to one, keep their float32.  A layer that stands at several
    places stays one.  No file can be written of the model afterwards: save it before.

    Raises:
        ValueError: a kind other than "int8" and "float16"; ``model`` is itself a linear layer, or
            no linear layer is left in it; as the layers.
    Guide: 8.2.1 (G53).
    """
    if kind not in STORED:
        raise ValueError(f"quantize: kind must be one of {', '.join(STORED)}, got {kind!r}")
    if isinstance(model, Linear):
        made_by = STORED[kind].__name__
        raise ValueError(f"quantize: a layer by itself has no place to change: {made_by}(layer)")
    found = [place for place in places(model) if isinstance(place[-1], Linear)]
    if not found:
        raise ValueError(f"quantize: no linear layer is left in this {type(model).__name__}")
    made = {id(layer): STORED[kind](layer) for _, _, layer in found}
    for _, put, layer in found:
        put(made[id(layer)])
    return [path for path, _, _ in found]


def stored_bytes(model: Module) -> int:
    """The memory of all weights, quantized and others, each once."""
    arrays: list[Array] = [parameter.data for parameter in model.parameters()]
    for _, layer in model.named_modules():
        if isinstance(layer, Int8Linear | Float16Linear):
            arrays += layer.stored()
    return sum(array.nbytes for array in arrays)


def require_linear(name: str, layer: Module) -> None:
    """Refuse what is not a linear layer.

    Raises:
        TypeError: see above.
    """
    if not isinstance(layer, Linear):
        raise TypeError(f"{name}: needs a Linear layer, got a {type(layer).__name__}")
