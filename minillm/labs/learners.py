"""What several studies train: a small BERT, a bag of words, and anything by Adam."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.nn import Module
from minillm.ops import cross_entropy
from minillm.optim import Adam
from minillm.tasks import ClassifierTraining, Recipe, accuracy, bag_of_words_learner
from minillm.tasks.label_filter import Learner, Predictor
from minillm.text import Example, Labels
from minillm.training import fit
from minillm.training.data_order import batches_per_epoch

Batch = tuple[np.ndarray, np.ndarray]  # ids, and the class of each text or place


@dataclass(frozen=True)
class BagOfWordsSettings:
    """A bag of words; ``l2`` is its penalty."""

    l2: float = 0.001


@dataclass(frozen=True)
class SmallBert:
    """A small BERT that learns from random initial weights, as ``ClassifierTraining`` does it.

    AdamW under a learning rate that rises over the first tenth of the updates to
    ``learning_rate`` and falls to 0 again; gradients longer than ``max_norm`` are shortened.
    """

    tokenizer: str = "word"
    min_count: int = 1
    max_length: int = 32
    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    dtype: str = "float32"
    dropout: float = 0.0
    weight_decay: float = 0.01
    max_norm: float = 1.0
    batch_size: int = 20
    updates: int = 1000
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class Learners:
    """The two models that the studies of data train."""

    bag_of_words: BagOfWordsSettings = BagOfWordsSettings()
    bert: SmallBert = SmallBert()


@dataclass(frozen=True)
class AdamSettings:
    """How Adam trains; ``max_norm`` shortens a longer gradient, ``None`` leaves all as they are."""

    rate: float
    steps: int
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    max_norm: float | None = None


def floating(name: str) -> type[np.floating]:
    """The type of numbers that a ``dtype`` in the settings names.

    Raises:
        ValueError: it is neither float32 nor float64.
    """
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, got {name!r}")
    kind: type[np.floating] = np.dtype(name).type
    return kind


def bert_fit(settings: SmallBert, *, seed: int) -> Learner:
    """Training of a small BERT in a fixed number of updates.

    More examples do not mean more updates: each is then seen less often.
    """

    def fitted(examples: Sequence[Example]) -> Predictor:
        per_epoch = batches_per_epoch(len(examples), settings.batch_size)
        recipe = Recipe(
            seed=seed,
            tokenizer=settings.tokenizer,
            min_count=settings.min_count,
            max_length=settings.max_length,
            width=settings.width,
            n_layers=settings.n_layers,
            n_heads=settings.n_heads,
            dropout=settings.dropout,
            weight_decay=settings.weight_decay,
            max_norm=settings.max_norm,
            batch_size=settings.batch_size,
            pretrain_epochs=0,
            finetune_epochs=settings.updates / per_epoch,
            finetune_lr=settings.learning_rate,
        )
        training = ClassifierTraining(recipe, examples)
        training.model.to_dtype(floating(settings.dtype))
        for _ in training.finetune():
            pass
        return training.result().predict_probabilities

    return fitted


def fits_of(settings: Learners, *, seed: int) -> dict[str, Learner]:
    """The bag of words, which has no seed, and the small BERT, by name."""
    return {
        "bag_of_words": bag_of_words_learner(l2=settings.bag_of_words.l2),
        "bert": bert_fit(settings.bert, seed=seed),
    }


def accuracies(
    fitted: Learner,
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
    classes = Labels(label for _, label in train).encode(label for _, label in test)
    best = fitted(train)([text for text, _ in test]).argmax(axis=1)
    return [accuracy(best[mask], classes[mask]) for mask in groups.values()]


def learn(
    parameters: Sequence[Parameter],
    loss_of: Callable[[Any], Tensor],
    draw: Callable[[], Any],
    settings: AdamSettings,
    *,
    allow_unused: bool = False,
) -> None:
    """One step of Adam for each of ``settings.steps`` batches that ``draw`` gives."""
    optimizer = Adam(parameters, lr=settings.rate, betas=settings.betas, eps=settings.eps)
    batches = (draw() for _ in range(settings.steps))
    for _ in fit(
        loss_of, batches, optimizer, max_norm=settings.max_norm, allow_unused=allow_unused
    ):
        pass


def learn_classes(model: Module, draw: Callable[[], Batch], settings: AdamSettings) -> None:
    """``learn`` with the cross-entropy of the classes in a batch."""
    learn(
        model.parameters(),
        lambda batch: cross_entropy(model(batch[0]), targets=batch[1]),
        draw,
        settings,
    )


def share_right(model: Module, batch: Batch) -> float:
    """The share of the classes in a batch that have the highest score."""
    ids, classes = batch
    with no_grad():
        return accuracy(model(ids).data.argmax(axis=-1).ravel(), classes.ravel())
