"""``@op`` puts a rule onto the tape."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import numpy as np

from minillm.autograd.grad_mode import is_recording
from minillm.autograd.tape import VJP, Node
from minillm.autograd.tensor import Tensor, as_float_array
from minillm.backend import Array, array_module, is_array

Rule = Callable[..., tuple[Array, VJP]]


class Op:
    """A rule, ``(*operands, /, *, **settings) -> (output, vjp)``, as a function of tensors.

    Operands, before ``/``, are differentiated; settings, after ``*``, are not.  An operand whose
    default is ``None`` may be left out, and then the VJP has no entry for it.

    * ``op(*tensors, **settings)`` computes and records;
    * ``op.rule`` is the bare rule: to be read, called and checked with no tape at all;
    * ``op.kernels`` maps a library to a faster rule with the same meaning, if one is registered;
    * ``op.run(*arrays, **settings)`` takes the kernel where there is one and the rule elsewhere:
      what a rule calls that is made of other rules.

    A rule with a setting ``wanted`` is told which operands need a gradient, one boolean for each;
    it may leave ``None`` in the place of the others.

    A rule of any number of operands, ``(*parts, ...)``, takes them one by one or in one list:
    ``stack(a, b)`` and ``stack([a, b])`` are the same.

    Raises:
        TypeError: a parameter that could be given by position or by name; an operand with a default
            other than ``None``.
    """

    __name__: str
    __qualname__: str

    def __init__(self, rule: Rule):
        functools.update_wrapper(self, rule)
        self.rule = rule
        self.kernels: dict[ModuleType, Rule] = {}
        parameters = checked_signature(rule).parameters
        self.tells_wanted = "wanted" in parameters
        self.takes_parts = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
        self.__signature__ = tensor_signature(rule)

    def __call__(self, *operands: Any, **settings: Any) -> Tensor:
        if self.takes_parts:
            operands = parts_of(self.__name__, operands)
        while operands and operands[-1] is None and self.takes_none(len(operands) - 1):
            operands = operands[:-1]
        arrays = operand_arrays(operands)
        settings = {k: v._data if isinstance(v, Tensor) else v for k, v in settings.items()}
        parents = tuple(x.node if isinstance(x, Tensor) else None for x in operands)
        if not is_recording() or not any(parents):
            return Tensor(self.run(*arrays, **settings)[0])
        if self.tells_wanted:
            settings["wanted"] = tuple(parent is not None for parent in parents)
        output, vjp = self.run(*arrays, **settings)
        return Tensor(output, node=Node(self.__name__, output, parents, vjp))

    def run(self, *arrays: Array, **settings: Any) -> tuple[Array, VJP]:
        """Output and VJP from the fastest rule there is for the arrays' library."""
        if not self.kernels:
            return self.rule(*arrays, **settings)
        return self.kernels.get(array_module(*arrays), self.rule)(*arrays, **settings)

    def takes_none(self, place: int) -> bool:
        """Whether the operand at ``place`` may be left out."""
        parameters = list(self.__signature__.parameters.values())
        return place < len(parameters) and parameters[place].default is None

    def __repr__(self) -> str:
        return f"<op {self.__name__}{inspect.signature(self.rule)}>"

    def __reduce__(self) -> str:  # pickled by name, and never copied: `op is copy(op)`
        return self.__qualname__


def op(rule: Rule) -> Op:
    """Turn a rule on arrays into an op on tensors; see ``Op``.

    @op
    def scale(x, /, *, factor):
        return factor * x, lambda g: (factor * g,)
    """
    return Op(rule)


def checked_signature(rule: Rule) -> inspect.Signature:
    """The rule's signature, once it says of every parameter whether it is differentiated.

    Raises:
        TypeError: see ``Op``.
    """
    signature = inspect.signature(rule)
    for p in signature.parameters.values():
        operand = p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)
        if not operand and p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD):
            raise TypeError(
                f"op {rule.__name__}: {str(p)!r} is neither operand nor setting: operands stand "
                f"before /, settings after *, as in def {rule.__name__}(x, /, *, factor=2.0)"
            )
        if operand and p.default not in (p.empty, None):
            raise TypeError(
                f"op {rule.__name__}: operand {p.name!r} can only default to None, left out"
            )
    return signature


def tensor_signature(rule: Rule) -> inspect.Signature:
    """The rule's signature as its op has it: tensors in, one tensor out."""
    signature = inspect.signature(rule)
    parameters = [
        p if p.kind is p.KEYWORD_ONLY else p.replace(annotation="Tensor")
        for p in signature.parameters.values()
        if p.name != "wanted"
    ]
    return signature.replace(parameters=parameters, return_annotation="Tensor")


def parts_of(name: str, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands themselves, or what is in the one list or generator that was given.

    Raises:
        TypeError: a list of numbers: whether it is one part or many is not clear.
    """
    single = len(operands) == 1 and isinstance(operands[0], Iterable)
    if not single or isinstance(operands[0], Tensor | str) or is_array(operands[0]):
        return operands
    parts = tuple(operands[0])
    if parts and not any(isinstance(x, Tensor) or is_array(x) for x in parts):
        raise TypeError(
            f"{name}: a list without a tensor or an array may be one part or many; "
            f"give its parts one by one, {name}(*parts), or as arrays"
        )
    return parts


def operand_arrays(operands: Iterable[Any]) -> list[Array]:
    """Arrays for a rule: numbers, lists and integer arrays follow the dtype of their neighbours."""
    values = [x._data if isinstance(x, Tensor) else x for x in operands]
    floats = [x for x in values if is_array(x) and x.dtype.kind == "f"]
    if len(floats) == len(values):
        return values
    xp = array_module(*(x for x in values if is_array(x)))
    dtype = np.result_type(*(x.dtype for x in floats)) if floats else None
    return [as_float_array(x, dtype=dtype, xp=xp) for x in values]
