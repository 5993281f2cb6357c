"""Products summed over the axes that share a letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.autograd import VJP, Op, Tensor
from minillm.backend import Array, array_module
from minillm.ops.precision import rounded, widened


class Contraction(Op):
    """An op of named axes: the letters may stand first, as in ``einsum("ij,jk->ik", a, b)``."""

    def __call__(self, *operands: Any, **settings: Any) -> Tensor:
        if operands and isinstance(operands[0], str):
            settings = {"subscripts": operands[0], **settings}
            operands = operands[1:]
        return super().__call__(*operands, **settings)


@Contraction
def einsum(*operands: Array, subscripts: str) -> tuple[Array, VJP]:
    """The products of all combinations of elements, summed over every letter not in the result::

        einsum("ij,jk->ik", a, b)              y_ik = sum_j a_ij b_jk
        dL/da = einsum("ik,jk->ij", g, b)      dL/db = einsum("ik,ij->jk", g, a)

    Shapes: a letter is one size, wherever it stands.  ``subscripts`` names the axes of every
    operand, and after ``->`` those of the result; without ``->`` they are the letters that occur
    once, in the order of the alphabet.

    A letter of one operand alone that is not in the result is summed, and its gradient is the
    same number along that axis.  A letter twice in one operand, a diagonal, is refused: pick it
    with an index first.  So is ``...``: give the axes letters.

    Raises:
        ValueError: the letters do not fit the operands, a letter has two sizes, stands twice in
            one operand or in the result, stands in the result alone, or is not a letter.
        TypeError: ``subscripts`` is not a string.
    Source: Einstein 1916, "Die Grundlage der allgemeinen Relativitätstheorie".
    """
    names, result = checked_names(subscripts, operands)
    xp = array_module(*operands)
    wide = [widened(x) for x in operands]
    y = xp.einsum(f"{','.join(names)}->{result}", *wide, optimize=True)

    def gradient(place: int, g: Array) -> Array:
        x, own = operands[place], names[place]
        rest, others = [*names[:place], *names[place + 1 :]], [*wide[:place], *wide[place + 1 :]]
        known = "".join(letter for letter in own if letter in "".join([result, *rest]))
        grad = xp.einsum(
            f"{','.join([result, *rest])}->{known}", widened(g), *others, optimize=True
        )
        shape = [n if letter in known else 1 for letter, n in zip(own, x.shape, strict=True)]
        return rounded(xp.broadcast_to(grad.reshape(shape), x.shape), x.dtype)

    def vjp(g: Array) -> tuple[Array, ...]:
        return tuple(gradient(place, g) for place in range(len(operands)))

    return rounded(y, np.result_type(*(x.dtype for x in operands))), vjp


def checked_names(subscripts: Any, operands: Sequence[Array]) -> tuple[list[str], str]:
    """The letters of every operand, and those of the result.

    Raises:
        ValueError, TypeError: see ``einsum``.
    """
    if not isinstance(subscripts, str):
        raise TypeError(
            f"einsum: subscripts must be a string such as 'ij,jk->ik', got {subscripts!r}"
        )
    given, arrow, result = "".join(subscripts.split()).partition("->")
    names = given.split(",")
    said = f"einsum {subscripts!r}"
    if not all(part == "" or (part.isalpha() and part.isascii()) for part in [*names, result]):
        raise ValueError(f"{said}: axes are named by letters, one each; there is no '...' here")
    if not arrow:
        result = "".join(sorted(letter for letter in {*given} - {","} if given.count(letter) == 1))
    if len(names) != len(operands):
        raise ValueError(f"{said} names {len(names)} operands, got {len(operands)}")
    for part in [*names, result]:
        if len({*part}) < len(part):
            raise ValueError(f"{said}: a letter stands twice in {part!r}; pick the diagonal first")
    if not {*result} <= {*given}:
        raise ValueError(f"{said}: the result {result!r} has a letter that no operand has")
    sizes: dict[str, int] = {}
    for i, (part, x) in enumerate(zip(names, operands, strict=True)):
        if len(part) != x.ndim:
            raise ValueError(f"{said}: {part!r} does not name the axes of operand {i}, {x.shape}")
        for letter, n in zip(part, x.shape, strict=True):
            if sizes.setdefault(letter, n) != n:
                raise ValueError(f"{said}: {letter!r} is {sizes[letter]} and {n} long")
    return names, result
