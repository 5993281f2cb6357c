"""``@op`` puts a rule onto the tape; ``no_grad`` keeps everything off it."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from minillm.autograd.tape import VJP, Node
from minillm.autograd.tensor import Tensor, as_float_array
from minillm.backend import Array, array_module, is_array


def op(rule: Callable[..., tuple[Array, VJP]]) -> Callable[..., Tensor]:
    """Turn a rule on arrays, ``(*operands, **settings) -> (output, vjp)``, into an op on tensors.

    Positional operands are differentiated; keyword settings are not.  The bare rule stays
    at ``op.rule``, to be read, called and checked with no tape at all.  ``op.kernels`` maps
    a library to a faster rule with the same meaning; it is empty unless one is registered.
    """
    kernels: dict[ModuleType, Callable[..., tuple[Array, VJP]]] = {}

    @functools.wraps(rule)
    def apply(*operands: Any, **settings: Any) -> Tensor:
        arrays = operand_arrays(operands)
        settings = {k: v._data if isinstance(v, Tensor) else v for k, v in settings.items()}
        chosen = kernels.get(array_module(*arrays), rule) if kernels else rule
        output, vjp = chosen(*arrays, **settings)
        parents = tuple(x.node if isinstance(x, Tensor) else None for x in operands)
        if not is_recording() or not any(parents):
            return Tensor(output)
        return Tensor(output, node=Node(rule.__name__, output, parents, vjp))

    apply.rule, apply.kernels = rule, kernels  # type: ignore[attr-defined]
    apply.__signature__ = tensor_signature(rule)  # type: ignore[attr-defined]
    return apply


def tensor_signature(rule: Callable) -> inspect.Signature:
    """The rule's signature as its op has it: tensors in, one tensor out."""
    signature = inspect.signature(rule)
    parameters = [
        p if p.kind is p.KEYWORD_ONLY else p.replace(annotation="Tensor")
        for p in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters, return_annotation="Tensor")


def operand_arrays(operands: Iterable[Any]) -> list[Array]:
    """Arrays for a rule: numbers, lists and integer arrays follow the dtype of their neighbours."""
    values = [x._data if isinstance(x, Tensor) else x for x in operands]
    floats = [x for x in values if is_array(x) and x.dtype.kind == "f"]
    if len(floats) == len(values):
        return values
    xp = array_module(*(x for x in values if is_array(x)))
    dtype = np.result_type(*(x.dtype for x in floats)) if floats else None
    return [as_float_array(x, dtype=dtype, xp=xp) for x in values]


class _Mode(threading.local):
    recording = True  # one flag per thread


_mode = _Mode()


class no_grad:
    """Compute without recording: a ``with`` block, or a decorator of functions and generators.

    The mode belongs to the thread and is restored also when the block raises.
    """

    def __init__(self) -> None:
        self.outer: list[bool] = []  # a stack: one instance may be entered again inside itself

    def __enter__(self) -> None:
        self.outer.append(_mode.recording)
        _mode.recording = False

    def __exit__(self, *_: object) -> None:
        _mode.recording = self.outer.pop()

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return function(*args, **kwargs)

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Iterator:
            items = function(*args, **kwargs)
            while True:
                with no_grad():  # only while the generator runs, not while its caller does
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item

        return generate if inspect.isgeneratorfunction(function) else call


def is_recording() -> bool:
    """Whether ops in this thread are being recorded."""
    return _mode.recording
