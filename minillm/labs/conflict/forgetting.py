"""Fine-tuning against forgetting: what does a model lose of one world while it learns another?

A GPT knows the facts of world A and is fine-tuned on those of world B, half of which differ.  A tag
tells the worlds apart, so that one model can know both: forgetting is not forced by the data.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.conflict.forgetting_case import Forgetting, Settings, examined, gradient_cosine
from minillm.labs.conflict.forgetting_remedies import REMEDIES
from minillm.labs.remedy_kinds import by_remedy
from minillm.models.gpt import Gpt

TEMPLATE = '''"""A remedy of one's own: here the model reads both worlds by turns."""

from itertools import count

LAB = "forgetting"


def remedy(case):
    """Return a Gpt that knows world B, and world A still.

    case.settings and case.seed are given; case.old and case.new are the facts of both worlds, each
    with ids and answers.  case.copy() is the model that knows world A, and case.tuned(model)
    trains it on world B; draw(n, rng) may give other batches, penalty(model, facts) adds to the
    loss, and training replaces case.settings.tuning.
    """
    turn = count()

    def draw(n, rng):
        return (case.old, case.new)[next(turn) % 2].draw(n, rng)

    return case.tuned(case.copy(), draw=draw)
'''


def evaluate(case: Forgetting, model: Gpt) -> dict[str, Any]:
    """What the model still knows of world A and what it learned of world B.

    "kept" and "learned" are the shares of right answers on the facts that differ, in world A and in
    world B; "p" is the mean probability of the right answer there.  "cosine" is that of the
    gradients of both.
    """
    changed = case.world.changed
    old, new = examined(model, case.old), examined(model, case.new)
    return {
        "kept": old.right[changed].mean(),
        "learned": new.right[changed].mean(),
        "p kept": old.probability[changed].mean(),
        "p learned": new.probability[changed].mean(),
        "A, same facts": old.right[~changed].mean(),
        "B, all facts": new.right.mean(),
        "cosine": gradient_cosine(model, [facts.only(changed) for facts in (case.old, case.new)]),
    }


def nothing_changed(case: Forgetting) -> float:
    """How much is lost of world A where world B is the same."""
    world = replace(case.settings.world, changed=0.0)
    same = Forgetting(replace(case.settings, world=world), case.seed)
    same.made = case.made  # both know the same world A
    before, after = (examined(model, same.old) for model in (same.known(), same.plain()))
    return float(before.right.mean() - after.right.mean())


def without_learning(case: Forgetting) -> float:
    """How much is lost with a rate of 0."""
    training = replace(case.settings.tuning, rate=0.0, lowest_rate=0.0)
    model = case.tuned(case.copy(), training=training)
    before, after = (examined(one, case.old) for one in (case.known(), model))
    return float(before.right.mean() - after.right.mean())


def never_told(case: Forgetting) -> float:
    """How far facts that no text has are from chance, behind the fine-tuning."""
    right = examined(case.plain(), case.world.never_told()).right
    return float(right.mean()) - 1 / len(case.world.names)


CONTROLS = {
    "nothing changed": Control(nothing_changed, items=60),
    "rate 0": Control(without_learning, items=60),
    "never told": Control(never_told, items=60),
}
MEASURES = {
    "kept": Measure(1, items=30, headline=True),
    "learned": Measure(1, items=30, headline=True),
    "p kept": Measure(1, items=30),
    "p learned": Measure(1, items=30),
    "A, same facts": Measure(1, items=30),
    "B, all facts": Measure(1, items=60),
    "cosine": Measure(1, items=1),
}


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 1.4.1, 9.3 (G43).
    """
    return compared(STUDY, settings, seed)


KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: ("wider model",),
        remedy_kinds.AIMED: ("replay, least", "replay, more", "replay, most", "both at once"),
        remedy_kinds.REGULARIZATION: ("weight decay", "dropout"),
        remedy_kinds.FINE_TUNING: ("LoRA", "lower rate", "fewer steps", "output layer alone"),
        remedy_kinds.OTHERS: (
            "KL on questions of A",
            "KL on questions of B",
            "L2-SP",
            "EWC",
            "EWC, temperature",
        ),
    }
)
UNTRIED = {
    remedy_kinds.CLEANED: "no sentence is wrong",
    remedy_kinds.UNAIMED: "no text beside both worlds",
}
STUDY = Lab(
    name="forgetting",
    question="A model learns a second world: what keeps the first one in its memory?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.5,
    case=Forgetting,
    evaluate=evaluate,
    measures=MEASURES,
    remedies=REMEDIES,
    controls=CONTROLS,
    protocol="of the strengths in forgetting_sweeps the one with the highest harmonic mean of kept "
    "and learned over seeds 100 and 101, of equals the weakest; replay has three shares, the "
    "wider model twice the width; the last step counts",
    kinds=KINDS,
    untried=UNTRIED,
    template=TEMPLATE,
    model=Gpt,
)
