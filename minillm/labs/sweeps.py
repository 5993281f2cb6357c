"""What remedies do with each strength of a grid: the common part of the studies of strengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from minillm.labs.compare import Case, Remedy

Numbers = TypeVar("Numbers")


def swept(
    case: Case,
    grids: Mapping[str, Sequence[Any]],
    of_field: Mapping[str, str],
    remedies: Mapping[str, Remedy],
    numbers: Callable[[Any, Any], Numbers],
) -> dict[str, list[Numbers]]:
    """The ``numbers(case, model)`` of each remedy with every strength of its grid.

    ``grids`` has the values to be tried of some of ``settings.strengths``; ``of_field`` says which
    of the ``remedies`` each is a strength of.
    """
    found = {}
    for name, values in grids.items():
        remedy = remedies[of_field[name]]
        cases = [case.with_strengths(**{name: x}) for x in values]
        found[name] = [numbers(one, remedy(one)) for one in cases]
    return found
