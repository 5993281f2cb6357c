"""The remedies of section 9.3 of the guide as kinds, so that labs can be laid beside each other.

The guide says "data" of three things that do not do the same, so they are kept apart: what is
cleaned away, what is added with no fault in mind, and what is aimed at the fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ARCHITECTURE = "1 architecture"
CLEANED = "2 data, cleaned"
UNAIMED = "2 data, not aimed"
AIMED = "2 data, aimed"
REGULARIZATION = "3 regularisation"
FINE_TUNING = "4 fine-tuning"
OTHERS = "not in the guide"
KINDS = (ARCHITECTURE, CLEANED, UNAIMED, AIMED, REGULARIZATION, FINE_TUNING, OTHERS)


def by_remedy(remedies: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The kind of each remedy, from the remedies of each kind."""
    return {name: kind for kind, names in remedies.items() for name in names}


def check_kinds(
    lab: str, kinds: Mapping[str, str], untried: Mapping[str, str], remedies: Sequence[str]
) -> None:
    """Refuse kinds of remedies that a lab has not, and kinds that there are not.

    Raises:
        ValueError: the message names what is wrong, and what there is.
    """
    for name in kinds:
        if name not in remedies:
            raise ValueError(
                f"lab {lab}: kinds has {name!r}, which is no remedy; there are {list(remedies)}"
            )
    unknown = [kind for kind in (*kinds.values(), *untried) if kind not in KINDS]
    if unknown:
        raise ValueError(f"lab {lab}: {unknown[0]!r} is no kind of remedy; there are {[*KINDS]}")
    tried = [kind for kind in untried if kind in kinds.values()]
    if tried:
        raise ValueError(f"lab {lab}: {tried[0]!r} is said to be untried, and has a remedy")
