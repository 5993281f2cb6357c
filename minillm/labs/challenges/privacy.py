"""What a model gives away of the texts it has learned: secrets, and who was among them.

A GPT learns purchases of many people and, among them, secrets of a few, told once, 4 or 16 times.
What it finds likely gives them away.  Which remedy keeps them, and what does the model lose?
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.labs import remedy_kinds
from minillm.labs.challenges.privacy_case import Privacy, Settings, Speaker
from minillm.labs.challenges.privacy_remedies import REMEDIES
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.remedy_kinds import by_remedy
from minillm.tasks.metrics import (
    calibrated_losses,
    expected_exposure,
    exposure,
    membership_auc,
    true_positives_at,
)

TEMPLATE = '''"""A remedy of one's own: here near copies go and dropout acts together."""

from dataclasses import replace

from minillm.text.duplicates import without_near_copies

LAB = "privacy"


def remedy(case):
    """Return a Speaker: case.learned(texts, ...) gives one.

    case.settings and case.seed are given; case.told has the texts, canaries among them,
    case.public others that nobody minds, case.reference() a model of those.  case.learned(texts,
    view=..., sizes=..., epsilon=..., steps=..., rate=..., weight_decay=...) trains a new one.
    """
    kept = without_near_copies([text.split() for text in case.told])
    sizes = replace(case.settings.model, dropout=0.1)
    return case.learned([case.told[i] for i in kept], sizes=sizes)
'''


def exposures(case: Privacy, model: Speaker) -> np.ndarray:
    """Of every canary, in bits, (canaries,)."""
    return np.array([exposure(model.secret_losses(c), c.secret) for c in case.canaries])


def evaluate(case: Privacy, model: Speaker) -> dict[str, Any]:
    """What can be found out of a model, and how well it does on texts that it has not seen.

    "exposure" is the mean over the canaries that were told, "phones" and "codes" that of a kind,
    "exposure by times" one for each of ``times``.  "AUC" is that of the attack by the loss of a
    text, "AUC, calibrated" that by the loss less that of a model of other texts; behind them the
    share of members found while 1 % or 0.1 % of the others are accused.

    Guide: 8.2.2 (G54).
    """
    found, canaries, times = exposures(case, model), case.canaries, case.settings.world.times
    told = np.array([c.times > 0 for c in canaries])
    phone = np.array([c.kind == "phone" for c in canaries])
    by_times = [found[[c.times == n for c in canaries]].mean() for n in times]
    members, others = model.losses(case.records), model.losses(case.others)
    reference = case.reference()
    inside = calibrated_losses(members, reference.losses(case.records))
    outside = calibrated_losses(others, reference.losses(case.others))
    return {
        "exposure": found[told].mean(),
        "AUC": membership_auc(members, others),
        "loss, others": others.mean(),
        "AUC, calibrated": membership_auc(inside, outside),
        "found at 1 %": true_positives_at(inside, outside, 0.01),
        "found at 0.1 %": true_positives_at(inside, outside, 0.001),
        "found at 1 %, not calibrated": true_positives_at(members, others, 0.01),
        "phones": found[told & phone].mean(),
        "codes": found[told & ~phone].mean(),
        "exposure by times": by_times,
    }


def never_told(case: Privacy) -> float:
    """Exposure of canaries that no text has, in bits above that of luck."""
    silent = [c.times == 0 for c in case.canaries]
    luck = expected_exposure(10**case.settings.world.digits)
    return float(exposures(case, case.plain())[silent].mean() - luck)


def others_against_others(case: Privacy) -> float:
    """The AUC between two halves of what was not learned, above that of a coin."""
    losses = case.plain().losses(case.others)
    half = len(losses) // 2
    return membership_auc(losses[:half], losses[half:]) - 1 / 2


def reference_against_members(case: Privacy) -> float:
    """The AUC of a model that has seen neither members nor others, above that of a coin."""
    model = case.reference()
    return membership_auc(model.losses(case.records), model.losses(case.others)) - 1 / 2


# margins from before any measurement; the luck of 4 secrets a seed has 0.7 bits
CONTROLS = {
    "never told": Control(never_told, items=4, margin=1.2),
    "others against others": Control(others_against_others, items=1200),
    "a model of neither": Control(reference_against_members, items=2000),
}
MEASURES = {
    "exposure": Measure(-1, items=12, headline=True),
    "AUC": Measure(-1, items=2000, headline=True),
    "loss, others": Measure(-1, items=1200, headline=True),
    "AUC, calibrated": Measure(-1, items=2000),
    "found at 1 %": Measure(-1, items=800),
    "found at 0.1 %": Measure(-1, items=800),
    "found at 1 %, not calibrated": Measure(-1, items=800),
    "phones": Measure(-1, items=6),
    "codes": Measure(-1, items=6),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 8.2.2, 9.3.3 (G47, G54).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model",),
        remedy_kinds.CLEANED: ("exact copies removed", "near copies removed", "scrubbed"),
        remedy_kinds.UNAIMED: ("more texts",),
        remedy_kinds.AIMED: ("other digits",),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout", "early stop"),
        remedy_kinds.FINE_TUNING: ("epsilon 2 behind public texts",),
        remedy_kinds.OTHERS: ("epsilon 8", "epsilon 2"),
    }
)
STUDY = Lab(
    name="privacy",
    question="A model has learned secrets and texts: what gives them away, and what keeps them?",
    settings=Settings(),
    measure=measure,
    seeds=range(6),
    tolerance=0.2,
    case=Privacy,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in privacy_sweeps the one with the lowest loss on others, in nats, "
    "plus exposure, as a share of the highest there is, over the seeds 100 and 101, of equals the "
    "weakest; the baseline trains for a fixed number of steps, behind which its loss on others has "
    "long begun to rise: fewer are the remedy early stop; sizes have none; the last step counts",
    kinds=KINDS,
    template=TEMPLATE,
    model=Speaker,
)
