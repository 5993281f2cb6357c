"""``@op`` puts a rule onto the tape."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from minillm.autograd.conversion import holds_tensor, operand_arrays, parts_of
from minillm.autograd.grad_mode import is_recording, mode
from minillm.autograd.observing import observers, through_observers
from minillm.autograd.tape import VJP, Node
from minillm.autograd.tensor import Tensor
from minillm.backend import Array, array_module

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

    A rule or kernel with a setting ``wanted`` is told which operands need a gradient, one boolean
    for each, none where nothing is recorded; it may leave ``None`` in the place of the others.

    A rule of any number of operands, ``(*parts, ...)``, takes them one by one or in one list:
    ``stack(a, b)`` and ``stack([a, b])`` are the same.

    Raises:
        TypeError: a parameter that could be given by position or by name; an operand with a default
            other than ``None``.  When it is called: a setting that it does not have, or that is a
            tensor whose gradient would be lost; a rule whose answer is not ``(output, vjp)``.
    """

    __name__: str
    __qualname__: str

    def __init__(self, rule: Rule):
        functools.update_wrapper(self, rule)
        self.rule = rule
        self.kernels: dict[ModuleType, Rule] = {}
        self.tells_wanted = "wanted" in checked_signature(rule).parameters
        self.__signature__ = tensor_signature(rule)
        # what a call needs to know is worked out here, once: an op on small arrays is hot
        kinds = {p.name: p.kind for p in self.__signature__.parameters.values()}
        operands = [n for n, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_ONLY]
        names = {name for name, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY}
        anything = inspect.Parameter.VAR_KEYWORD in kinds.values()
        self.settings = None if anything else names
        self.takes_parts = inspect.Parameter.VAR_POSITIONAL in kinds.values()
        self.most_operands = math.inf if self.takes_parts else len(operands)
        needed = [n for n in operands if self.__signature__.parameters[n].default is not None]
        self.fewest_operands = math.inf if self.takes_parts else len(needed)

    def __call__(self, *operands: Any, **settings: Any) -> Tensor:
        if self.takes_parts:
            operands = parts_of(self.__name__, operands)
        if len(operands) > self.most_operands or settings:
            self.check_call(len(operands), settings)
            settings = {name: self.constant(name, value) for name, value in settings.items()}
        while len(operands) > self.fewest_operands and operands[-1] is None:
            operands = operands[:-1]
        parents = tuple([x.node if isinstance(x, Tensor) else None for x in operands])
        recorded = is_recording() and any(parents)
        if not recorded and mode.met is not None:
            mode.met.update(dict.fromkeys(node for node in parents if node is not None))
        arrays = operand_arrays(operands)
        kernel = self.fastest(arrays)
        if self.tells_wanted if kernel is self.rule else takes_wanted(kernel):
            settings["wanted"] = tuple([recorded and parent is not None for parent in parents])
        if observers.active:
            answer = through_observers(self, kernel, arrays, settings)
        else:
            answer = kernel(*arrays, **settings)
        output, vjp = checked_answer(self.__name__, answer)
        return Tensor(output, node=Node(self.__name__, output, parents, vjp) if recorded else None)

    def run(self, *arrays: Array, **settings: Any) -> tuple[Array, VJP]:
        """Output and VJP from the fastest rule there is for the arrays' library."""
        kernel = self.fastest(arrays)
        if observers.active:
            return checked_answer(self.__name__, through_observers(self, kernel, arrays, settings))
        return checked_answer(self.__name__, kernel(*arrays, **settings))

    def fastest(self, arrays: Sequence[Array]) -> Rule:
        """The kernel for the arrays' library where there is one, and the rule elsewhere."""
        return self.kernels.get(array_module(*arrays), self.rule) if self.kernels else self.rule

    def check_call(self, operands: int, settings: dict[str, Any]) -> None:
        """Refuse more operands than the rule has, and settings that it does not have, in words."""
        if operands > self.most_operands:
            wrong = f"{operands} operands given, {self.most_operands} taken"
        elif self.settings is not None and not self.settings.issuperset(settings):
            wrong = f"{min(settings.keys() - self.settings)!r} is not one of its settings"
        else:
            return
        shown = [p.replace(annotation=p.empty) for p in self.__signature__.parameters.values()]
        raise TypeError(f"{self.__name__}: {wrong}: {self.__name__}{inspect.Signature(shown)}")

    def constant(self, name: str, value: Any) -> Any:
        """The value of a setting, arrays in the place of tensors."""
        if isinstance(value, Tensor):
            if value.requires_grad and is_recording():
                raise TypeError(
                    f"{self.__name__}: {name} is a setting, through which no gradient flows, but "
                    "the tensor requires one; detach() it"
                )
            return value._data
        if isinstance(value, list | tuple) and holds_tensor(value):
            return type(value)(self.constant(name, item) for item in value)
        return value

    def __repr__(self) -> str:
        return f"<op {self.__name__}{inspect.signature(self.rule)}>"

    def __reduce__(self) -> str:  # pickled by name, and never copied: `op is copy(op)`
        return self.__qualname__


def op(rule: Rule) -> Op:
    """Turn a rule on arrays into an op on tensors::

        @op
        def scale(x, /, *, factor):
            return factor * x, lambda g: (factor * g,)

    See ``Op``, also for what it raises.
    """
    return Op(rule)


@functools.lru_cache(maxsize=512)
def takes_wanted(rule: Rule) -> bool:
    """Whether a kernel asks which gradients are wanted; looked up once, for every call asks."""
    return "wanted" in inspect.signature(rule).parameters


def checked_answer(name: str, answer: Any) -> tuple[Array, VJP]:
    """What a rule answered, once it is known to be an output and its vjp.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(answer, tuple) or len(answer) != 2 or not callable(answer[1]):
        kind = type(answer).__name__
        raise TypeError(f"op {name}: its rule must return (output, vjp), got {kind}")
    return answer


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
