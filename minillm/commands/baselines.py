"""The rows that stand beside every model: majority class and bags of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.models.bag_of_words import majority_class, tune_bag_of_words
from minillm.tasks import TextEncoder
from minillm.text import Example

Predictions = dict[str, list[str]]  # split name -> one label per example
TokenLists = list[list[str]]


def baselines(
    train: Sequence[Example],
    dev: Sequence[Example],
    splits: Mapping[str, Sequence[Example]],
    encoder: TextEncoder,
    *,
    positive: str,
) -> tuple[dict[str, Predictions], dict[str, dict[str, np.ndarray]]]:
    """Predictions of each baseline on each split, and scores for ``positive`` where it has any.

    The penalty of the bags of words is chosen on ``dev``.
    """
    labels = [example.label for example in train]
    most = majority_class(labels)
    predicted = {"majority": {name: [most] * len(split) for name, split in splits.items()}}
    scores: dict[str, dict[str, np.ndarray]] = {}

    def tokens(examples: Sequence[Example]) -> TokenLists:
        return encoder.tokenize(example.text for example in examples)

    tokenised = {name: tokens(split) for name, split in splits.items()}
    for title, ngrams in (("bag of words", 1), ("bag of words and pairs", 2)):
        model, _ = tune_bag_of_words(
            (tokens(train), labels),
            (tokens(dev), [example.label for example in dev]),
            ngrams=ngrams,
        )
        predicted[title] = {name: model.predict(lists) for name, lists in tokenised.items()}
        column = model.classes.index(positive)
        scores[title] = {
            name: model.predict_proba(lists)[:, column] for name, lists in tokenised.items()
        }
    return predicted, scores
