"""The rows that stand beside every model: majority class and bags of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from minillm.models.bag_of_words import BagOfWords, tune_bag_of_words
from minillm.tasks import (
    BagOfWordsClassifier,
    Classifier,
    Decision,
    MajorityClassifier,
    TextEncoder,
    evaluate,
)
from minillm.text import Example, Labels, Tokenizer

FILES = {"bag of words": "bag_of_words.safetensors", "bag of words and pairs": None}


def fit_baselines(
    train: Sequence[Example],
    dev: Sequence[Example],
    encoder: TextEncoder,
    *,
    positive: str | None = None,
) -> dict[str, BagOfWords]:
    """Bags of words, and of words and pairs of neighbours; their penalty is chosen on ``dev``.

    So is the threshold of ``positive``, where one is to be chosen.
    """

    def columns(examples: Sequence[Example]) -> tuple[list[list[str]], list[str]]:
        texts, labels = zip(*examples, strict=True)
        return encoder.tokenize(texts), list(labels)

    bags = {
        name: tune_bag_of_words(columns(train), columns(dev), ngrams=ngrams)[0]
        for ngrams, name in enumerate(FILES, start=1)
    }
    for bag in bags.values():
        decision = tuned(BagOfWordsClassifier(bag, encoder.tokenizer), dev, positive)
        bag.threshold = (decision.positive, decision.threshold) if decision else None
    return bags


def tuned(classifier: Classifier, dev: Sequence[Example], positive: str | None) -> Decision | None:
    """The decision with the best F1 of ``positive`` on ``dev``, if there is one to be found."""
    if positive is None or all(label != positive for _, label in dev):
        return None
    return evaluate(classifier, dev).best_decision(positive)


def as_classifiers(bags: Mapping[str, BagOfWords], tokenizer: Tokenizer) -> dict[str, Classifier]:
    """The majority class and each bag of words, in the order of a table; none without bags."""
    found: dict[str, Classifier] = {}
    for name, bag in bags.items():
        found.setdefault("majority", MajorityClassifier(Labels(bag.classes), bag.majority))
        found[name] = BagOfWordsClassifier(bag, tokenizer)
    return found


def save_baselines(folder: Path, baselines: Mapping[str, BagOfWords]) -> None:
    """Keep the bag of words beside the model, for ``evaluate``; that of pairs would be large."""
    for name, file in FILES.items():
        if file is not None:
            baselines[name].save(folder / file)


def load_baselines(folder: Path) -> dict[str, BagOfWords]:
    """What ``save_baselines`` kept in a run's folder; nothing for a lone model file."""
    return {
        name: BagOfWords.load(folder / file)
        for name, file in FILES.items()
        if file is not None and (folder / file).exists()
    }
