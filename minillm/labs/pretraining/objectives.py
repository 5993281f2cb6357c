"""What does each objective of pretraining teach?  The same encoder, sentences and updates.

A position sees the whole sentence or its left side; asked for are hidden tokens (BERT), the next
one (GPT), or all tokens of a sentence that is shown as it is or corrupted (autoencoders), which
may have to pass through one vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.pretraining.abilities import (
    copied_and_found,
    counted,
    judged,
    next_nats,
    seen,
    written,
)
from minillm.labs.pretraining.probing import best_probe, sentence_vectors
from minillm.labs.pretraining.questions import (
    OBJECTIVES,
    Encoder,
    Pretraining,
    asked,
    new_model,
    pretrain,
)
from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, accuracy_by_group, by_turns, draw_texts
from minillm.labs.worlds.kinds import tagged
from minillm.models import LeftOnly, MaskedLanguageModel
from minillm.models.ngrams import NGrams
from minillm.tasks import (
    NeighbourCounts,
    TextClassifier,
    TextEncoder,
    as_classifiers,
    fit_baselines,
)
from minillm.tasks.finetuning import BertBody, FinetuneRecipe, FineTuning
from minillm.tasks.generation import counting_loss
from minillm.tasks.interpretation import Labelled
from minillm.text import Example, Labels, WordTokenizer
from minillm.text.corpora import Corpus
from minillm.training import batches_per_epoch


@dataclass(frozen=True)
class Chosen:
    """An objective, and what seed 100 chose for it, whose numbers are not here.

    ``rate``: the best of .002, .004 and .008 by the objective's own loss on dev; after half as many
    updates .001 was worse wherever it was tried.  ``pooling`` and ``finetune_rate``: the best with
    400 labels on dev, of three readings at .002, then of .001, .002 and .004.
    """

    name: str
    pooling: str
    finetune_rate: float
    rate: float


CHOSEN = (
    Chosen("none", "mean", finetune_rate=2e-3, rate=0.0),
    Chosen("masked", "mean", finetune_rate=2e-3, rate=4e-3),
    Chosen("causal", "mean", finetune_rate=2e-3, rate=4e-3),
    Chosen("plain", "cls", finetune_rate=2e-3, rate=8e-3),
    Chosen("denoising", "last", finetune_rate=4e-3, rate=8e-3),
    Chosen("plain, bottleneck", "mean", finetune_rate=2e-3, rate=2e-3),
    Chosen("denoising, bottleneck", "mean", finetune_rate=4e-3, rate=2e-3),
)


@dataclass(frozen=True)
class Settings:
    """The reviews, the encoder, its pretraining, and what is asked of it afterwards."""

    language: str = "en"
    sizes: Sizes = Sizes(train=400, extra=7600)
    encoder: Encoder = Encoder()
    pretraining: Pretraining = Pretraining()
    objectives: tuple[Chosen, ...] = CHOSEN
    labels: tuple[int, ...] = (100, 400)
    updates: int = 250  # of fine-tuning, whatever the number of labels
    poolings: tuple[str, ...] = ("cls", "mean", "last")  # of the probe, which chooses on dev
    penalties: tuple[float, ...] = (1.0, 0.1, 0.01, 0.001)  # of the probe, likewise
    groups: tuple[str, ...] = ("all", "plain", "order")
    smoothing: float = 1.0  # of the counts of neighbours
    order: int = 4  # of the n-grams
    shown: str = "The plot was not dull."  # of which the masks are measured
    written: int = 200  # texts
    rows: int = 64  # sentences that are read at once


class Data(NamedTuple):
    """The texts of a seed, as words and as ids."""

    corpus: Corpus  # its training examples by turns
    encoder: TextEncoder
    texts: list[np.ndarray]  # to pretrain on
    test: list[np.ndarray]
    labels: Labels


def prepared(settings: Settings, seed: int) -> Data:
    """The texts of a seed; the vocabulary is that of all training texts."""
    corpus, extra = draw_texts("sentiment", settings.language, settings.sizes, seed=seed)
    corpus = corpus._replace(train=by_turns(corpus.train))
    texts = [*(text for text, _ in corpus.train), *extra]
    longest = settings.encoder.max_length
    encoder = TextEncoder.build(texts, tokenizer=WordTokenizer(), max_length=longest)
    labels = Labels(label for _, label in corpus.train)
    return Data(corpus, encoder, encoder(texts), encoder([t for t, _ in corpus.test]), labels)


def pretrained(settings: Settings, data: Data, chosen: Chosen, seed: int) -> MaskedLanguageModel:
    """The model of an objective after its pretraining."""
    objective, words = OBJECTIVES[chosen.name], data.encoder.vocabulary
    model = new_model(objective, settings.encoder, len(words), seed)
    if objective.question is not None:
        batches = asked(objective.question, data.texts, words, settings.pretraining, seed)
        pretrain(model, batches, settings.pretraining, chosen.rate)
    return model


def abilities(
    settings: Settings, data: Data, model: MaskedLanguageModel, seed: int
) -> dict[str, Any]:
    """What the model can do with tokens; what it cannot be asked is left out."""
    words = data.encoder.vocabulary
    (sentence,) = data.encoder([settings.shown])
    answers: dict[str, Any] = copied_and_found(model, data.test, words, seed)
    answers["sees"] = seen(model, sentence, words.mask_id).astype(int)
    if isinstance(model.bert, LeftOnly):
        answers["next"] = next_nats(model, data.test, settings.rows)
        rng, longest = stream(seed, "written"), settings.encoder.max_length
        texts = written(model, words, settings.written, longest, rng)
        read = {tuple(words.decode(ids[1:-1])) for ids in data.texts}
        answers["written"] = judged(texts, settings.language, read)
    return answers


def probed(settings: Settings, data: Data, model: MaskedLanguageModel) -> list[float]:
    """Test accuracy of the best linear probe by the number of labels, (L,)."""

    def read(examples: list[Example], n: int) -> dict[str, Labelled]:
        classes = data.labels.encode(label for _, label in examples[:n])
        ids = data.encoder([text for text, _ in examples[:n]])
        vectors = sentence_vectors(model.bert, ids, settings.poolings, settings.rows)
        return {name: Labelled(rows, classes) for name, rows in vectors.items()}

    dev, test = (read(part, len(part)) for part in (data.corpus.dev, data.corpus.test))
    right = []
    for n in settings.labels:
        learned = read(data.corpus.train, n)
        name, probe = best_probe(learned, dev, settings.penalties, n_classes=len(data.labels))
        right.append(probe.accuracy(test[name]))
    return right


def finetuned(
    settings: Settings, data: Data, model: MaskedLanguageModel, chosen: Chosen, n: int, seed: int
) -> TextClassifier:
    """The encoder, fine-tuned with ``n`` labels under a new head."""
    recipe = FinetuneRecipe(
        seed=seed,
        pooling=chosen.pooling,
        batch_size=settings.pretraining.batch_size,
        epochs=settings.updates / batches_per_epoch(n, settings.pretraining.batch_size),
        lr=chosen.finetune_rate,
        weight_decay=settings.pretraining.weight_decay,
        max_norm=settings.pretraining.max_norm,
    )
    rng = stream(seed, "head that is not used")
    body = BertBody(MaskedLanguageModel(model.bert, rng=rng), data.encoder)
    tuning = FineTuning(recipe, body, data.corpus.train[:n])
    for _ in tuning.steps():
        pass
    return TextClassifier(tuning.model, data.encoder, tuning.labels)


def baselines(settings: Settings, data: Data, seed: int) -> dict[str, Any]:
    """What counting can do: hidden tokens, next tokens, classification."""
    words, found = data.encoder.vocabulary, {}
    counts = NeighbourCounts(data.texts, words, smoothing=settings.smoothing)
    for name, numbers in counted(counts, data.test, words, seed).items():
        found[f"{name}, masked"] = numbers
    counting = NGrams(data.texts, vocabulary_size=len(words), order=settings.order)
    found["n-grams, next"] = np.array(counting_loss(counting, data.test))
    groups = tagged(data.corpus.tags["test"], settings.groups)
    for n in settings.labels:
        bags = fit_baselines(data.corpus.train[:n], data.corpus.dev, data.encoder)
        for name, bag in as_classifiers(bags, data.encoder.tokenizer).items():
            right = accuracy_by_group(bag, data.corpus.test, groups)
            found[name] = np.vstack([*found.get(name, ()), right])
    return found


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """By objective what it can do with tokens, and accuracy: "masked, visible" and so on.

    ``visible`` is the share of shown tokens that are said again, ``masked (2,)`` share and nats of
    hidden ones, ``next`` nats of the next one, ``sees (T, T)`` which outputs (rows) depend on which
    tokens (columns), ``written (3,)`` the shares of written texts that the grammar has, that are
    new besides, and their length;
    ``probe (L,)`` and ``fine-tuned (L, G)`` accuracies by the number of labels and the group.

    Guide: 2.1, 9.2 (G28, G33).
    """
    data = prepared(settings, seed)
    groups, found = tagged(data.corpus.tags["test"], settings.groups), {}
    for chosen in settings.objectives:
        model = pretrained(settings, data, chosen, seed)
        if chosen.name != "none":
            for key, value in abilities(settings, data, model, seed).items():
                found[f"{chosen.name}, {key}"] = value
        found[f"{chosen.name}, probe"] = probed(settings, data, model)
        found[f"{chosen.name}, fine-tuned"] = [
            accuracy_by_group(
                finetuned(settings, data, model, chosen, n, seed), data.corpus.test, groups
            )
            for n in settings.labels
        ]
    return {**found, **baselines(settings, data, seed)}


STUDY = Study(
    name="objectives",
    question="What does each objective of pretraining teach, with the same data and updates?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.2,
)
