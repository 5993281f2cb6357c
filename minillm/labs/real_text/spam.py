"""Is a small BERT better than counting words on real short messages, few of them spam?

Every seed splits the messages anew.  For each model a threshold of the spam class is chosen on
dev, and beside F1, which hangs on it, stands average precision, which does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.two_stages import TwoStages
from minillm.labs.worlds.public import PublicFile, read_public
from minillm.tasks import Classifier, Decision, Recipe, evaluate
from minillm.tasks.decision import decide
from minillm.tasks.metrics import precision_recall
from minillm.text import Example, clean, split


@dataclass(frozen=True)
class Messages:
    """The messages, and how they are split."""

    messages: PublicFile = PublicFile(
        "sms-spam.tsv",
        "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
    )
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    positive: str = "spam"


@dataclass(frozen=True)
class Settings(Messages):
    """The messages, how they are split, and the training."""

    recipe: Recipe = Recipe(max_length=64, min_count=2, pretrain_epochs=0)


def parts_of(settings: Messages, seed: int) -> tuple[list[Example], list[Example], list[Example]]:
    """Train, dev and test of a seed."""
    messages, _ = clean(read_public(settings.messages))
    return split(messages, fractions=settings.fractions, rng=stream(seed, "split"))


def scores_of(
    classifier: Classifier, dev: list[Example], test: list[Example], positive: str
) -> list[float]:
    """On test: F1 at the threshold that is best on dev, F1 at one half, average precision."""
    decision = evaluate(classifier, dev).best_decision(positive)
    found = evaluate(classifier, test)
    number = int(found.labels.encode([positive])[0])

    def f1(decided: Decision | None) -> float:
        said = decide(decided, found.probabilities, found.labels)
        return precision_recall(said, found.true, number).f1

    return [f1(decision), f1(None), found.average_precision(positive)]


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """For each model but the majority ``scores_of``, (3,)."""
    train, dev, test = parts_of(settings, seed)
    stages = TwoStages(train, (), settings.recipe, seed=seed)
    models = {**stages.baselines(dev), "BERT": stages.finetuned()}
    return {
        name: np.array(scores_of(model, dev, test, settings.positive))
        for name, model in models.items()
        if name != "majority"
    }


STUDY = Study(
    name="spam",
    question="Is a small BERT better than counting words on short messages, few of them spam?",
    settings=Settings(),
    measure=measure,
    seeds=range(6),
    tolerance=0.05,
)
