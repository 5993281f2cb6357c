"""Who learns a domain and a few sentences of another: bags of words, and BERT with what it read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from minillm.labs.two_stages import best_on
from minillm.tasks import (
    Classifier,
    ClassifierTraining,
    Recipe,
    TextClassifier,
    as_classifiers,
    fit_baselines,
)
from minillm.text import Example


class DomainParts(NamedTuple):
    """The sentences of a domain: to learn, to tune on, to be asked about."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]


class Models:
    """The models of a seed; BERT reads the training sentences of all domains once, unlabelled.

    All BERTs have the words of all domains, whether they have read them or not.
    """

    def __init__(
        self,
        parts: Mapping[str, DomainParts],
        recipe: Recipe,
        passes: tuple[float, ...],
        seed: int,
    ):
        self.parts, self.passes = parts, passes
        self.made: dict[tuple[str, ...], dict[str, Classifier]] = {}
        read = [example for one in parts.values() for example in one.train]
        self.pretrained = ClassifierTraining(replace(recipe, seed=seed), read)
        for _ in self.pretrained.pretrain():
            pass

    def of(self, source: str, target: str, shots: int) -> dict[str, Classifier]:
        """All that learned a source and the first ``shots`` of a target, tuned on the source.

        Raises:
            ValueError: the target has not so many sentences to learn.
        """
        there = len(self.parts[target].train)
        if not 0 <= shots <= there:
            raise ValueError(f"Models: shots must be from 0 to {there} of {target}, got {shots}")
        key = (source, target, str(shots)) if shots else (source,)
        if key not in self.made:
            self.made[key] = self.fitted(source, target, shots)
        return self.made[key]

    def fitted(self, source: str, target: str, shots: int) -> dict[str, Classifier]:
        """The bags of words, and BERT from random weights and from those of the pretrained one."""
        train = {name: part.train for name, part in self.parts.items()}
        learned = [*train[source], *train[target][:shots]]
        others = [*train[target][shots:]] if target != source else []
        for name in train:
            others += train[name] if name not in (source, target) else []
        dev, encoder = self.parts[source].dev, self.pretrained.encoder
        bags = as_classifiers(fit_baselines(learned, dev, encoder), encoder.tokenizer)
        del bags["majority"]
        berts = {
            name: best_on(dev, (self.finetuned(learned, others, x, read) for x in self.passes))
            for name, read in (("BERT", False), ("BERT, pretrained", True))
        }
        return {**bags, **berts}

    def finetuned(
        self, learned: list[Example], others: list[Example], passes: float, read: bool
    ) -> TextClassifier:
        """A BERT that learned sentences; it has ``read`` those of all domains before, or none.

        The ``others`` are there for their words only.
        """
        recipe = replace(self.pretrained.recipe, pretrain_epochs=0, finetune_epochs=passes)
        training = ClassifierTraining(recipe, learned, [text for text, _ in others])
        if read:
            training.model.load_state_dict(self.pretrained.model.state_dict())
        for _ in training.finetune():
            pass
        return training.result()
