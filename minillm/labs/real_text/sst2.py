"""Is a small BERT better than counting words on film reviews that people wrote?

The sentences of SST-2.  Every model is tuned on dev: the bags in their penalty, BERT in its
passes.  Pretraining, where there is any, is on the training sentences themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import TwoStages, best_on
from minillm.labs.worlds.public import PublicFile, read_public
from minillm.tasks import Recipe, evaluate


@dataclass(frozen=True)
class Settings:
    """The files, the training, the passes to choose from; passes of pretraining."""

    train: PublicFile = PublicFile(
        "sst2-train.tsv",
        "5b56af66a194e685c0fbde5f58c4355ab00f5485a29bfcae1085b4b9f8b1a6c3",
    )
    dev: PublicFile = PublicFile(
        "sst2-dev.tsv", "c9ddb67ce3068540c5bb6562e1f34788302dd06d570e6ca0d5e61f7d5ef2bfad"
    )
    test: PublicFile = PublicFile(
        "sst2-test.tsv", "5e133ae65857bb44629508a8924531a1e4dd2d64f2a831507803512b4bb49043"
    )
    recipe: Recipe = Recipe(max_length=64, min_count=2, pretrain_epochs=0, finetune_epochs=0)
    passes: tuple[float, ...] = (3.0, 6.0)
    pretraining: float = 10.0
    positive: str = "1"


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """For each model, on dev and on test: accuracy, macro F1, average precision, ``(2, 3)``."""
    train, dev, test = map(read_public, (settings.train, settings.dev, settings.test))
    trainings = {
        name: TwoStages(train, (), replace(settings.recipe, pretrain_epochs=epochs), seed=seed)
        for name, epochs in (("BERT", 0.0), ("BERT, pretrained", settings.pretraining))
    }
    models = trainings["BERT"].baselines(dev)
    for name, stages in trainings.items():
        tried = (stages.finetuned(finetune_epochs=passes) for passes in settings.passes)
        models[name] = best_on(dev, tried)
    numbers = {}
    for name, model in models.items():
        scores = [evaluate(model, examples) for examples in (dev, test)]
        numbers[name] = np.array(
            [[s.accuracy, s.macro_f1, s.average_precision(settings.positive)] for s in scores]
        )
    return numbers


STUDY = Study(
    name="sst2",
    question="Is a small BERT better than counting words on real film reviews?",
    settings=Settings(),
    measure=measure,
    seeds=range(4),
    tolerance=0.05,
)
