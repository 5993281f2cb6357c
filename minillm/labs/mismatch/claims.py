"""Does who reads a claim and its evidence use the evidence, where the wording tells the label?

Readers learn claims that are supported, refuted or undecided, and are asked about others: worded as
those that they learned; worded so that it tells nothing; with the leak turned round; and about such
whose words are all in the evidence, so that only reading facts as a whole helps.

It is a mismatch and stands with the shortcuts: training rewards what is not asked for.

Letters: L leaks, K kinds of test, C labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.mismatch.claims_readers import Answers, Settings, readers, require_labels
from minillm.labs.study import Study
from minillm.labs.worlds.claims import LABELS, Checked
from minillm.tasks import accuracy

TESTS = ["same", "no leak", "turned", "near"]


def asked_of(settings: Settings, leak: float, rng: np.random.Generator) -> dict[str, Checked]:
    """What is asked of who learned at a leak, by kind of test."""
    n, draw = settings.tested, settings.world.draw
    return {
        "same": draw(n, leak, rng),
        "no leak": draw(n, 0.0, rng),
        "turned": draw(n, leak, rng, turned=True),
        "near": draw(n, 0.0, rng, near=settings.near),
    }


def by_wording(answers: Answers, asked: Checked) -> list[list[float]]:
    """Accuracy by label, of claims that affirm and that deny, (C, 2).

    Raises:
        ValueError: a label is missing, or one of the wordings of a label.
    """
    hits, found = answers(require_labels(asked)) == asked.labels, []
    for c, name in enumerate(LABELS):
        groups = [(asked.labels == c) & (asked.denied == denied) for denied in (False, True)]
        if not all(group.any() for group in groups):
            raise ValueError(f"claims: {name} claims of both wordings are needed, got of one only")
        found.append([float(hits[group].mean()) for group in groups])
    return found


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """By reader its accuracy, (L, K); ``claim and evidence, wordings (L, C, 2)`` without a leak.

    Guide: 7.3.2 (G41).
    """
    found: dict[str, list[Any]] = {}
    for leak in settings.leaks:
        rng = stream(seed, f"claims, {leak}")
        learned = settings.world.draw(settings.learned, leak, rng)
        asked = asked_of(settings, leak, rng)
        models = readers(settings, learned, seed)
        rows: dict[str, Any] = {
            name: [accuracy(answers(asked[test]), asked[test].labels) for test in TESTS]
            for name, answers in models.items()
        }
        whole = models["claim and evidence"]
        rows["claim and evidence, wordings"] = by_wording(whole, asked["no leak"])
        for name, row in rows.items():
            found.setdefault(name, []).append(row)
    return found


STUDY = Study(
    name="claims",
    question="Is evidence read where the wording of a claim tells whether it is refuted?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.25,
)
