"""A tag that agrees with the label of real film reviews: what helps where it no longer does?

Sentences of SST-2 get one word more, a tag that says nothing of the film.  It agrees with the label
as often as one likes where a model learns, and not at all where it is asked: there every sentence
is asked about with each of the tags.  The worst group of a label and a tag is what counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs.real_text.sst2_shortcut_case import Settings, TaggedReviews, TagReader, by_group
from minillm.labs.real_text.sst2_shortcut_remedies import REMEDIES
from minillm.labs.study import Study


def evaluate(case: TaggedReviews, readers: list[TagReader]) -> dict[str, np.ndarray]:
    """How good what has learned with each of A agreements is.

    "groups" ``(A, L, T)`` is the accuracy by label and tag, "worst group" ``(A,)`` the least of
    those, "as learned" ``(A,)`` the accuracy expected where the tag agrees as often as it did in
    training, "changed" ``(A,)`` the share of sentences of which another label is said with another
    tag.

    Guide: 1.4.1 (G45).
    """
    true, labels = case.true, case.labels
    said = np.array([case.said(reader) for reader in readers])  # (A, N, T)
    right = said == true[:, None]
    groups = np.array([by_group(one, true, labels) for one in right])
    a = np.array(case.settings.agreements)
    agrees = right[:, np.arange(len(true)), true].mean(axis=1)
    others = (right.sum(axis=(1, 2)) / len(true) - agrees) / (len(labels) - 1)
    return {
        "groups": groups,
        "worst group": groups.min(axis=(1, 2)),
        "as learned": a * agrees + (1 - a) * others,
        "changed": (said != said[..., :1]).any(axis=2).mean(axis=1),
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy and for the bags of words.

    Guide: 1.4.1, 9.3.3 (G45, G47).
    """
    case = TaggedReviews(settings, seed)
    return {
        f"{name}: {key}": value
        for name, remedy in REMEDIES.items()
        for key, value in evaluate(case, remedy(case)).items()
    }


STUDY = Study(
    name="sst2_shortcut",
    question="A word agrees with the label of real reviews, and then no longer: what helps?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.15,
)
