"""What remedies do with each strength of a grid: the common part of the studies of strengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

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


def chosen_in_turn(
    cases: Sequence[Case],
    grids: Mapping[str, Sequence[Any]],
    of_field: Mapping[str, str],
    remedies: Mapping[str, Remedy],
    numbers: Callable[[Any, Any], Any],
    best: Callable[[np.ndarray, str], int],
) -> tuple[Any, dict[str, np.ndarray]]:
    """The settings with the strengths that ``best`` chooses, and the numbers of all, (S, G, ...).

    One strength after the other in the order of ``grids``, each with those chosen before it;
    ``best(numbers (S, G, ...), name)`` is a place in its grid.  Letters: S cases, one for each
    seed, G strengths.
    """
    found = {}
    for name, values in grids.items():
        rows = [swept(case, {name: values}, of_field, remedies, numbers) for case in cases]
        found[name] = np.array([row[name] for row in rows])
        chosen = values[best(found[name], name)]
        cases = [case.with_strengths(**{name: chosen}) for case in cases]
    return cases[0].settings, found
