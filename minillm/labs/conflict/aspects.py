"""Two tasks that can be solved together: what makes one lose, and what helps?

A small encoder is asked for the food and for the service of the same sentences.  It is trained
with both losses as they are, with the second one in a unit a hundred times as large, and with a
single number between the encoder and both heads.  In the last case no model is right everywhere:
the error rates add up to 1/4 at least.

Letters: 2 tasks, food and service.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs import remedy_kinds
from minillm.labs.compare import Control, Lab, Measure, compared
from minillm.labs.conflict.aspect_case import (
    CONDITIONS,
    AspectCase,
    Readers,
    Settings,
    conditions,
    rate_of,
)
from minillm.labs.conflict.aspect_remedies import MODEL, TRAINED, TRAINING, summed
from minillm.labs.conflict.joint_training import JointTraining, aggregated
from minillm.labs.conflict.two_tasks import exact
from minillm.labs.remedy_kinds import by_remedy
from minillm.labs.worlds.aspects import ceiling, least_errors, least_losses

SENTENCES = 2048
PROTOCOL = (
    "each remedy that changes the training, the sum among them, has in each condition the one of "
    "three rates (of the narrow model, two) with the highest least accuracy on seeds 100 and 101, "
    "of equal ones that with the lower losses; remedies that change the model have the rate of the "
    "sum; the last step counts"
)
TEMPLATE = '''"""A remedy of one's own: here the second loss counts ten times as much."""

from minillm.labs.conflict.joint_training import weighted

LAB = "aspects"


def remedy(case):
    """Return Readers: a model for each condition.

    case.trained(way) makes them.  A way is given the function that gives both losses of a batch,
    and says what is trained: weighted(losses, weights), aggregated(losses, "CAGrad"), or what you
    write.  case.settings and case.seed are given, case.every has all sentences.
    """
    return case.trained(lambda losses: weighted(losses, (1.0, 10.0)))
'''


def evaluate(case: AspectCase, readers: Readers) -> dict[str, Any]:
    """Accuracies and losses ``(2,)`` in each condition, exactly.

    ``over`` is by how much the error rates of the narrow model add up to more than they must,
    ``excess`` the same of its losses, ``below`` how far its least accuracy is below the ceiling.
    """
    found: dict[str, Any] = {}
    for name, model in zip(CONDITIONS, readers, strict=True):
        one = exact(model, case.every)
        found[f"least, {name}"] = one.accuracies.min()
        found[f"food, {name}"], found[f"service, {name}"] = one.accuracies
        found[f"losses, {name}"] = one.losses
    differ = case.settings.world.differ
    errors = 2.0 - found["food, narrow"] - found["service, narrow"]
    found["over, narrow"] = errors - least_errors(differ)
    found["excess, narrow"] = found["losses, narrow"].sum() - least_losses(differ)
    found["below, narrow"] = ceiling(differ) - found["least, narrow"]
    return found


def same_labels(case: AspectCase) -> float:
    """Where both tasks always have the same label, one number is enough for both."""
    world = replace(case.settings.world, differ=0.0)
    same = AspectCase(replace(case.settings, world=world), case.seed)
    readers = same.trained(summed, "sum")
    return float(1.0 - exact(readers.narrow, same.every).accuracies.min())


def one_method(case: AspectCase) -> float:
    """PCGrad of two tasks is twice UPGrad: the same steps, with SGD at twice the rate."""
    s, c = case.settings, case.condition("even")
    found = []
    for name, times in (("PCGrad", 1.0), ("UPGrad", 2.0 if s.training.optimizer == "sgd" else 1.0)):
        model = case.model(replace(s.sizes, neck=c.neck))
        way = aggregated(model.losses, name)
        case.learn(model, way, s.training, times * rate_of(c, "PCGrad"))
        found.append(exact(model, case.every).accuracies.min())
    return float(found[1] - found[0])


def controls(sentences: int) -> dict[str, Control]:
    """Where nothing may be found."""
    return {
        "same labels": Control(same_labels, items=sentences),
        "PCGrad and UPGrad": Control(one_method, items=sentences),
    }


def measures(sentences: int) -> dict[str, Measure]:
    """Least accuracies are judged; accuracies of each task and distances from the bound shown."""
    found = {f"least, {name}": Measure(1, sentences, headline=True) for name in CONDITIONS}
    for name in CONDITIONS:
        found |= {f"{task}, {name}": Measure(1, sentences) for task in ("food", "service")}
    return found | {
        f"{what}, narrow": Measure(-1, sentences) for what in ("over", "excess", "below")
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The numbers of ``evaluate`` for every remedy, and the differences of the controls.

    Guide: 9.3.1, 9.3.3 (G46, G47).
    """
    return compared(STUDY, settings, seed)


EVEN, SCALED, NARROW = conditions(
    TRAINED,
    even=[0.03, 0.03, 0.03, 0.03, 0.003, 0.03, 0.003, 0.01, 0.03, 0.03, 0.03, 0.03],
    scaled=[0.03, 0.03, 0.03, 0.03, 0.003, 0.03, 0.003, 0.01, 0.03, 0.03, 0.03, 0.01],
    narrow=[0.01, 0.03, 0.01, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03],
)
KINDS = by_remedy(
    {
        remedy_kinds.ARCHITECTURE: (
            "without attention",
            "without residuals",
            "wider encoder",
            "wider neck",
        ),
        remedy_kinds.REGULARIZATION: (
            "less weight decay",
            "more weight decay",
            "less dropout",
            "more dropout",
        ),
        remedy_kinds.OTHERS: (
            "best weight",
            "uncertainty weights",
            "GradNorm",
            "FAMO",
            "PCGrad",
            "MGDA",
            "MGDA, normalised",
            "CAGrad",
            "IMTL-G",
            "Nash-MTL",
            "Aligned-MTL",
        ),
    }
)
UNTRIED = {
    remedy_kinds.CLEANED: "no sentence is wrong",
    remedy_kinds.UNAIMED: "both labels of all sentences are known",
    remedy_kinds.AIMED: "both labels of all sentences are known",
    remedy_kinds.FINE_TUNING: "there is one training, from random weights",
}
STUDY = Lab(
    name="aspects",
    question="Two tasks that can be solved together: what makes one lose, and what helps?",
    settings=Settings(EVEN, SCALED, NARROW, JointTraining("adam", steps=100)),
    measure=measure,
    seeds=range(10),
    tolerance=0.5,
    case=AspectCase,
    evaluate=evaluate,
    measures=measures(SENTENCES),
    remedies={**TRAINING, **MODEL},
    controls=controls(SENTENCES),
    protocol=PROTOCOL,
    kinds=KINDS,
    untried=UNTRIED,
    template=TEMPLATE,
    model=Readers,
)
