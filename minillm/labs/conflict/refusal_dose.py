"""How much of the last stage is refused, and what more of it, decay or dropout do to help and harm.

One GPT that answers everything learns to refuse in several ways: over shares of refusals, strengths
of weight decay, and rates of dropout.  While the shares are learned, the gradients to help and to
refuse are compared in every step.

Letters: S shares, L strengths of decay, P rates of dropout, N numbers of a model, E parts of the
stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.labs.conflict.defences import safe_with_decay, safe_with_dropout
from minillm.labs.conflict.jailbreak_settings import Settings as Jailbreaking
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_examination import Examination, examined
from minillm.labs.request_objectives import cosines, made_safe_by
from minillm.labs.request_stages import Stages
from minillm.labs.study import Study
from minillm.labs.worlds.requests import Requests
from minillm.models.gpt import Gpt
from minillm.training.objectives.aggregators import total

NUMBERS = [
    *("helpful", "over-refusal", "refused", "known", "effort"),
    *(
        f"{kind}, {of}"
        for kind in ("bypass", "payload")
        for of in ("rules", "prefill", "encodings")
    ),
]


@dataclass(frozen=True)
class Settings:
    """World, stages and attacks of the lab on jailbreaks; what is changed, one thing at a time.

    The baseline, a decay of 0.01 and no dropout, is among the shares.  The stage is cut into
    ``parts`` to show how the conflict of gradients goes on.
    """

    world: Requests = Jailbreaking.world
    stages: Stages = Jailbreaking.stages
    exam: Examination = Jailbreaking.exam
    shares: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
    decays: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    dropouts: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)
    parts: int = 10


def numbers(case: RequestChain, model: Gpt) -> list[float]:
    """What is looked at of every model, (N,)."""
    found = examined(model, case.world, case.settings.exam, seed=case.seed)
    return [found[name] for name in NUMBERS]


def conflicts(grams: Sequence[np.ndarray], parts: int) -> tuple[list[float], float]:
    """The mean cosine in each part of the stage, and in which share of steps it is below 0.

    Steps without both kinds of text count as 0.

    Raises:
        ValueError: a part would have no step.
    """
    if not 1 <= parts <= len(grams):
        raise ValueError(f"parts must be from 1 to the {len(grams)} steps, got {parts}")
    found = cosines(grams)
    return [float(part.mean()) for part in np.array_split(found, parts)], float((found < 0).mean())


def front(case: RequestChain, settings: Settings) -> dict[str, np.ndarray]:
    """Helpful against harmless, over the share of refusals.

    Guide: 1.4.1, 9.3 (G43).
    """
    told, rows, profiles, below = case.instructed(), [], [], []
    for share in settings.shares:
        stages = replace(case.stages, refused=share)
        model, grams = made_safe_by(told, case.world, stages, total, seed=case.seed)
        profile, of_steps = conflicts(grams, settings.parts)
        rows.append(numbers(case, model))
        profiles.append(profile)
        below.append(of_steps)
    return {"front": np.array(rows), "cosine": np.array(profiles), "conflicts": np.array(below)}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of every model, and the conflict of gradients.

    Shapes: ``front (S, N), decay (L, N), dropout (P, N)``; ``cosine (S, E)`` of the gradients to
    help and to refuse, ``conflicts (S,)`` the share of steps in which it is negative.

    Guide: 9.3.3 (G47).
    """
    case = RequestChain(settings, seed)
    decayed = [numbers(case, safe_with_decay(case, decay)) for decay in settings.decays]
    dropped = [numbers(case, safe_with_dropout(case, rate)) for rate in settings.dropouts]
    return front(case, settings) | {"decay": np.array(decayed), "dropout": np.array(dropped)}


STUDY = Study(
    name="refusal_dose",
    question="How many refusals, how much decay or dropout: what do they do to help and harm?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
