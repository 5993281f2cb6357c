"""The two models that every study of data trains, and what they get right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.tasks import ClassifierTraining, Recipe, bag_of_words_learner
from minillm.tasks.label_filter import Learner, Predictor
from minillm.text import Example, Labels
from minillm.training.data_order import batches_per_epoch

BATCH, UPDATES = 20, 1000
PENALTY = 0.001  # of the bag of words
WIDTH, HEADS, RATE = 32, 4, 3e-3
SETTINGS = {
    "bag_of_words": {"l2": PENALTY},
    "bert": {
        "width": WIDTH,
        "n_layers": 1,
        "n_heads": HEADS,
        "dropout": 0.0,
        "pretraining": "none",
        "batch_size": BATCH,
        "updates": UPDATES,
        "learning_rate": RATE,
    },
}


def small_bert_fit(*, seed: int, updates: int = UPDATES, max_length: int = 32) -> Learner:
    """Training of a small BERT with random initial weights, in a fixed number of updates.

    More examples do not mean more updates: each is then seen less often.
    """

    def fit(examples: Sequence[Example]) -> Predictor:
        recipe = Recipe(
            seed=seed,
            width=WIDTH,
            n_layers=1,
            n_heads=HEADS,
            dropout=0.0,
            max_length=max_length,
            batch_size=BATCH,
            pretrain_epochs=0,
            finetune_epochs=updates / batches_per_epoch(len(examples), BATCH),
            finetune_lr=RATE,
        )
        training = ClassifierTraining(recipe, examples)
        for _ in training.finetune():
            pass
        return training.result().predict_probabilities

    return fit


def both_fits(seed: int) -> dict[str, Learner]:
    """The bag of words, which has no seed, and the small BERT, by name."""
    return {"bag_of_words": bag_of_words_learner(l2=PENALTY), "bert": small_bert_fit(seed=seed)}


def is_right(predict: Predictor, examples: Sequence[Example], classes: Labels) -> np.ndarray:
    """For each example whether its most probable class is its label, ``(N,)``."""
    p = predict([text for text, _ in examples])
    return np.asarray(p.argmax(axis=1) == classes.encode(label for _, label in examples))


def accuracies(
    fit: Learner,
    train: Sequence[Example],
    test: Sequence[Example],
    groups: Mapping[str, np.ndarray],
) -> list[float]:
    """Test accuracy in each group, given by a mask ``(N,)`` over the test examples.

    Raises:
        ValueError: a group is empty.
    """
    empty = [name for name, mask in groups.items() if not mask.any()]
    if empty:
        raise ValueError(f"no test example is in {', '.join(empty)}")
    right = is_right(fit(train), test, Labels(label for _, label in train))
    return [float(right[mask].mean()) for mask in groups.values()]


KINDS = ("all", "plain", "denial", "order")  # of sentences in the sentiment corpora


def groups_of(tags: Sequence[frozenset[str]]) -> dict[str, np.ndarray]:
    """The kinds of sentences as masks: all, words agree, one denied opinion, order decides."""
    wanted = {"plain": frozenset({"plain"}), "denial": frozenset({"negation"})}
    exact = {name: np.array([t == tag for t in tags]) for name, tag in wanted.items()}
    return {
        "all": np.ones(len(tags), dtype=bool),
        **exact,
        "order": np.array(["order" in t for t in tags]),
    }
