"""With few labels: what is pretraining worth, by passes of fine-tuning and by what is read?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, TwoStages, accuracy_by_group, draw_texts
from minillm.labs.worlds.kinds import tagged
from minillm.tasks import PIPELINE, Recipe


@dataclass(frozen=True)
class Settings:
    """The reviews, of which few have labels; the training; what is varied."""

    language: str = "en"
    sizes: Sizes = Sizes(train=400, extra=7600)
    recipe: Recipe = replace(PIPELINE, finetune_epochs=0)  # see passes
    passes: tuple[float, ...] = (6.0, 40.0, 80.0)
    poolings: tuple[str, ...] = ("cls", "mean")
    groups: tuple[str, ...] = ("all", "plain", "order")


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Test accuracy by group ``(G,)`` of the bags; of BERT by reading and passes ``(R, P, G)``."""
    corpus, extra = draw_texts("sentiment", settings.language, settings.sizes, seed=seed)
    stages = TwoStages(corpus.train, extra, settings.recipe, seed=seed)
    groups = tagged(corpus.tags["test"], settings.groups)
    numbers = {
        name: np.array(accuracy_by_group(bag, corpus.test, groups))
        for name, bag in stages.baselines(corpus.dev).items()
    }
    for name, pretrained in (("BERT", False), ("BERT, pretrained", True)):
        rows = [
            accuracy_by_group(
                stages.finetuned(pretrained=pretrained, pooling=pooling, finetune_epochs=passes),
                corpus.test,
                groups,
            )
            for pooling in settings.poolings
            for passes in settings.passes
        ]
        shape = len(settings.poolings), len(settings.passes), len(groups)
        numbers[name] = np.array(rows).reshape(shape)
    return numbers


STUDY = Study(
    name="few_labels",
    question="With 400 labels, what is pretraining worth, and for how many passes?",
    settings=Settings(),
    measure=measure,
    seeds=range(4),
    tolerance=0.2,
)
