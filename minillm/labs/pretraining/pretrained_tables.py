"""Word vectors as the first layer of a classifier: what are they worth, by the number of labels?

Reviews are read as the mean of their words.  The table of the words is random at the start, or it
is word vectors that were learned from texts without labels; it stays as it is, or it learns with
the rest.  Reviews of books have labels; asked are others of books, and some in the words of tools,
of which there are vectors but no labels.

Letters: L numbers of labels, F fields (books and tools), N texts, V words, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.learners import AdamSettings, learn
from minillm.labs.pretraining.table_vectors import Vectors, vectors_of
from minillm.labs.study import Study
from minillm.labs.worlds.majorities import Reviews
from minillm.models import AveragePoolingClassifier
from minillm.models.word_vectors import WordVectors, fill_embedding
from minillm.tasks import accuracy
from minillm.text import Vocabulary
from minillm.training import evaluating


@dataclass(frozen=True)
class Training:
    """How an arm learns from its labels."""

    rate: float = 1e-2
    steps: int = 200


@dataclass(frozen=True)
class Arms:
    """The training of each arm, as ``best_training`` chose it on seeds 100 and 101, for all alike.

    Of 50, 100, 200, 400 and 800 steps at the rates 0.0003, 0.001, 0.003, 0.01, 0.03 and 0.1.
    Learned vectors that go on learning are best where they learn little.
    """

    random: Training = Training(rate=1e-2, steps=800)
    random_frozen: Training = Training(rate=3e-2, steps=800)
    dealt_tuned: Training = Training(rate=3e-3, steps=800)
    glove_frozen: Training = Training(rate=1e-1, steps=800)
    glove_tuned: Training = Training(rate=1e-3, steps=200)
    sgns_frozen: Training = Training(rate=1e-1, steps=50)
    sgns_tuned: Training = Training(rate=3e-4, steps=200)


# the vectors of each arm, and whether they are frozen
ARMS = {
    "random": ("random", False),
    "random_frozen": ("random", True),
    "dealt_tuned": ("dealt", False),  # GloVe's vectors, each to a random word
    "glove_frozen": ("glove", True),
    "glove_tuned": ("glove", False),
    "sgns_frozen": ("sgns", True),  # skip-gram with negative samples
    "sgns_tuned": ("sgns", False),
}


@dataclass(frozen=True)
class Settings:
    """The vectors and their world, the numbers of labels, the classifier and its training."""

    vectors: Vectors = Vectors()
    labels: tuple[int, ...] = (8, 32, 128, 512, 2048)
    tested: int = 1000
    hidden: tuple[int, ...] = (32,)
    batch: int = 32
    arms: Arms = Arms()


def classifier(
    settings: Settings, vectors: WordVectors, seed: int, *, frozen: bool
) -> AveragePoolingClassifier:
    """A classifier with these vectors; all else is the same in every arm."""
    vocabulary = Vocabulary(settings.vectors.world.words, special={})
    model = AveragePoolingClassifier(
        len(vocabulary),
        2,
        rng=stream(seed, "classifier"),
        width=vectors.width,
        hidden=settings.hidden,
    )
    rng = stream(seed, "words without a vector")
    fill_embedding(model.tokens, vocabulary, vectors, rng=rng, frozen=frozen)
    return model


def learned(
    settings: Settings,
    model: AveragePoolingClassifier,
    reviews: Reviews,
    training: Training,
    seed: int,
) -> AveragePoolingClassifier:
    """The model after its steps, each on random ones of the reviews."""
    rng = stream(seed, "batches")
    learn(
        model.trainable_parameters(),
        lambda batch: model.loss(batch.ids, np.ones_like(batch.ids, dtype=bool), batch.labels),
        lambda: reviews.only(rng.integers(len(reviews.labels), size=settings.batch)),
        AdamSettings(rate=training.rate, steps=training.steps),
    )
    return model


def share_right(model: AveragePoolingClassifier, reviews: Reviews) -> float:
    """The share of the reviews whose label has the highest score."""
    with evaluating(model):
        scores = model(reviews.ids, np.ones_like(reviews.ids, dtype=bool)).data
    return accuracy(scores.argmax(axis=1), reviews.labels)


def asked(settings: Settings, seed: int) -> list[Reviews]:
    """Reviews of books, and in the words of tools, that nobody learns from."""
    fields = ("books", "tools")
    return [
        settings.vectors.world.draw(settings.tested, float(shift), stream(seed, f"asked, {name}"))
        for shift, name in enumerate(fields)
    ]


def labelled(settings: Settings, seed: int) -> Reviews:
    """Reviews of books, in turn one that blames and one that praises."""
    n = max(settings.labels)
    drawn = settings.vectors.world.draw(8 * n, 0.0, stream(seed, "labelled reviews"))
    sides = [np.flatnonzero(drawn.labels == label)[: n // 2] for label in (0, 1)]
    return drawn.only(np.stack(sides, axis=1).ravel())


def by_labels(
    settings: Settings, made: Callable[[], AveragePoolingClassifier], how: Training, seed: int
) -> np.ndarray:
    """The accuracy of an arm, (L, F); fewer labels are the first of more."""
    reviews = labelled(settings, seed)
    tested = asked(settings, seed)
    found = []
    for n in settings.labels:
        model = learned(settings, made(), reviews.only(slice(n)), how, seed)
        found.append([share_right(model, one) for one in tested])
    return np.array(found)


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """The accuracy of each arm, (L, F).

    Guide: 2.1 (G11).
    """
    vectors = vectors_of(settings.vectors, seed)
    return {arm: of_arm(settings, vectors, arm, getattr(settings.arms, arm), seed) for arm in ARMS}


def of_arm(
    settings: Settings, vectors: Mapping[str, WordVectors], arm: str, how: Training, seed: int
) -> np.ndarray:
    """The accuracy of an arm under a training, (L, F)."""
    name, frozen = ARMS[arm]

    def made() -> AveragePoolingClassifier:
        return classifier(settings, vectors[name], seed, frozen=frozen)

    return by_labels(settings, made, how, seed)


def best_training(
    settings: Settings, arm: str, seeds: Sequence[int], trainings: Sequence[Training]
) -> Training:
    """The training with the highest accuracy on books, mean over labels and seeds; see ``Arms``.

    Of equals the first is taken: give the fewest steps first, and of them the lowest rate.
    """
    found = np.zeros(len(trainings))
    for seed in seeds:
        vectors = vectors_of(settings.vectors, seed)
        for i, how in enumerate(trainings):
            found[i] += of_arm(settings, vectors, arm, how, seed)[:, 0].mean()
    return trainings[int(found.argmax())]


STUDY = Study(
    name="pretrained_tables",
    question="What are word vectors worth as the first layer, by the number of labels?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
)
