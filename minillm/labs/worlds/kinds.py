"""The kinds of sentences in the sentiment corpora, as masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

KINDS: dict[str, Callable[[frozenset[str]], bool]] = {
    "all": lambda tags: True,
    "plain": lambda tags: tags - {"single"} == {"plain"},  # the words agree
    "denial": lambda tags: tags - {"single"} == {"negation"},  # one opinion, denied
    "order": lambda tags: "order" in tags,  # the order of the words decides
}


def groups_of(
    tags: Sequence[frozenset[str]], kinds: Sequence[str] = tuple(KINDS)
) -> dict[str, np.ndarray]:
    """For each of the ``kinds`` which sentences are of it, ``(N,)``.

    Raises:
        ValueError: a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"kinds must be among {', '.join(KINDS)}, got {', '.join(unknown)}")
    return {kind: np.array([KINDS[kind](t) for t in tags], dtype=bool) for kind in kinds}


def tagged(tags: Sequence[frozenset[str]], groups: Sequence[str]) -> dict[str, np.ndarray]:
    """For each of the ``groups`` which sentences have all of its tags, ``(N,)``.

    "plain single" are the plain ones of a single clause, and "all" is every sentence.  A group
    that is empty is left out, as "single" in news.
    """
    wanted = {group: set(group.split()) - {"all"} for group in groups}
    masks = {g: np.array([w <= t for t in tags], dtype=bool) for g, w in wanted.items()}
    return {group: mask for group, mask in masks.items() if mask.any()}
