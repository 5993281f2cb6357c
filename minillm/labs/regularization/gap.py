"""A small BERT learns 200 news items by heart: what do dropout and decay change on unseen ones?

Every seed has its own 200 items, initial weights and order.  Dropout and decay are swept one at
a time; accuracy is measured on the training items, on 500 to choose by (dev) and on 1000 to
report (test).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from minillm.labs.study import Study
from minillm.tasks import ClassifierTraining, Recipe, accuracy
from minillm.text import Example
from minillm.text.corpora import Corpus, load_corpus

RATES = (0.0, 0.1, 0.2, 0.3, 0.5)
DECAYS = (0.0, 0.01, 1.0, 3.0, 10.0, 30.0)
ITEMS, EPOCHS = 200, 40
SIZES: dict[str, Any] = {"width": 32, "n_layers": 1, "max_length": 40, "pretrain_epochs": 0}


@cache
def news() -> Corpus:
    """The corpus, read once."""
    return load_corpus("topics", "en")


def accuracies(
    seed: int,
    *,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    items: int = ITEMS,
    epochs: int = EPOCHS,
) -> np.ndarray:
    """Accuracy on train, dev and test, (3,), after ``epochs`` passes over the seed's own items.

    Raises:
        ValueError: the corpus has no items left for that seed.
    """
    corpus = news()
    mine = corpus.train[seed * items : (seed + 1) * items]
    if len(mine) < items:
        raise ValueError(f"seed {seed} needs items up to {(seed + 1) * items} of the corpus")
    recipe = Recipe(
        seed=seed, dropout=dropout, weight_decay=weight_decay, finetune_epochs=epochs, **SIZES
    )
    training = ClassifierTraining(recipe, mine)
    for _ in training.finetune():
        pass
    return np.array([share_right(training, part) for part in (mine, corpus.dev, corpus.test)])


def share_right(training: ClassifierTraining, examples: list[Example]) -> float:
    """The accuracy of the trained model on labelled examples."""
    texts = [example.text for example in examples]
    encode = training.labels.encode
    true = encode(example.label for example in examples)
    return accuracy(encode(training.result().predict(texts)), true)


def measure(seed: int) -> dict[str, np.ndarray]:
    """Accuracies at every rate, (5, 3), and at every decay, (6, 3); both begin with neither."""
    neither = accuracies(seed)
    return {
        "dropout": np.array([neither, *(accuracies(seed, dropout=rate) for rate in RATES[1:])]),
        "decay": np.array(
            [neither, *(accuracies(seed, weight_decay=decay) for decay in DECAYS[1:])]
        ),
    }


def chosen_by_dev(scores: np.ndarray) -> np.ndarray:
    """Dev and test accuracy of each seed's best setting on dev, and which it is, (N, 3).

    Shapes: ``scores (N, settings, 3)``.  Of equals the first, and so the weakest, is taken.
    """
    best = scores[:, :, 1].argmax(axis=1)
    seeds = np.arange(len(scores))
    return np.stack([scores[seeds, best, 1], scores[seeds, best, 2], best], axis=1)


STUDY = Study(
    "gap",
    "How do dropout and weight decay change accuracy on items that were not trained on?",
    {
        "corpus": "topics, en",
        "rates": RATES,
        "decays": DECAYS,
        "items": ITEMS,
        "epochs": EPOCHS,
        **SIZES,
    },
    measure,
    range(10),
    tolerance=0.06,
)
