"""What ``profile`` looks at: a model, a batch for it, and what formulas say of both."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import CheckpointError, load_arrays, stream
from minillm.backend.machine import free_bytes
from minillm.commands.evaluate import load_classifier
from minillm.commands.generate import load_language_model
from minillm.commands.profile_formulas import Formulas, Way, formulas_of
from minillm.commands.runs import model_file
from minillm.models import (
    Bert,
    BertConfig,
    Gpt,
    GptConfig,
    MaskedLanguageModel,
    SequenceClassifier,
    gpt2_style,
    llama_style,
)
from minillm.models.costs import Dial, require_memory, six_n_d, sized
from minillm.models.costs.shapes import block_shape, check_counts
from minillm.nn import Module
from minillm.ops import IGNORE
from minillm.tasks.classification import KIND as CLASSIFIER

STYLES = {"gpt2": gpt2_style, "llama": llama_style}
KINDS = (*STYLES, "bert")
SIZES = ("depth", "width", "layers", "heads", "hidden", "key_heads", "vocabulary", "dropout")
HIDDEN_SHARE = 0.15  # of the positions, in masked language modelling


@dataclass
class Subject:
    """A model and the loss of one batch."""

    title: str
    model: Module
    loss_of: Callable[[], Tensor]
    formulas: Formulas


def size_of(text: str) -> dict[str, float]:
    """``width=64,layers=2,heads=4`` as numbers by name.

    Raises:
        argparse.ArgumentTypeError: a name that is none of ``SIZES``, stands twice, or has no
            number.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.partition("=")
        if name not in SIZES or name in found or not equals:
            raise argparse.ArgumentTypeError(
                f"needs NAME=NUMBER with commas between, each once, of {', '.join(SIZES)}; "
                f"got {part!r}"
            )
        try:
            found[name] = float(number) if name == "dropout" else int(number)
        except ValueError:
            what = "a number" if name == "dropout" else "a whole number"
            raise argparse.ArgumentTypeError(f"{name} must be {what}, got {number!r}") from None
    return found


def config_of(kind: str, size: dict[str, float], length: int) -> GptConfig | BertConfig:
    """The configuration of a size; ``depth`` alone sets width, layers and heads.

    Raises:
        ValueError: sizes that heads do not divide or that are no counts; ``depth`` beside what it
            sets, or for a BERT; a kind that has no such size.
    """
    given: dict[str, Any] = dict(size)
    vocabulary = given.pop("vocabulary", 1000)
    check_counts("--size", least=1, vocabulary=vocabulary, length=length)
    if "depth" in given:
        if set(given) != {"depth"} or kind != "gpt2":
            raise ValueError("--size: depth sets width, layers and heads of a gpt2, all by itself")
        return sized(given["depth"], Dial(vocabulary, max_length=length)).config
    names = {"layers": "n_layers", "heads": "n_heads", "key_heads": "n_key_heads"}
    sizes = {names.get(name, name): number for name, number in given.items()}
    if kind != "bert":
        config: GptConfig | BertConfig = STYLES[kind](vocabulary, max_length=length, **sizes)
    elif "n_key_heads" in sizes:
        raise ValueError("--size: a bert has no key_heads")
    else:
        sizes.setdefault("hidden", 4 * sizes.get("width", BertConfig.width))
        config = BertConfig(vocabulary, max_length=length, **sizes)
    if not 0.0 <= config.dropout < 1.0:
        raise ValueError(f"--size: dropout must be at least 0 and below 1, got {config.dropout}")
    try:
        block_shape(config)  # refuses what no layer could be made of
    except ValueError as error:
        typed = (
            str(error).replace("costs: ", "--size: ").replace("n_", "").replace("inner", "hidden")
        )
        raise ValueError(typed) from None
    return config


def new_subject(kind: str, size: dict[str, float], batch: int, length: int, way: Way) -> Subject:
    """A model of a size with random weights, once it is known to fit, and one batch of ``way``.

    Raises:
        MemoryError: it does not.
        ValueError: as ``config_of``.
    """
    config, formulas, hidden = of_size(kind, size, batch, length, way)
    batch //= way.accumulate
    refuse_what_does_not_fit(formulas, f"--size: a training step of this {kind}")
    rng = stream(0, "profile: weights")
    if isinstance(config, GptConfig):
        gpt = Gpt(config, rng=rng)
        return Subject(
            f"{kind}, {sizes_in_words(config)}", gpt, gpt_loss(gpt, batch, length), formulas
        )
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng)
    ids = stream(0, "profile: batch").integers(config.vocabulary_size, size=(batch, length))
    place = np.arange(ids.size).reshape(ids.shape)
    targets, mask = np.where(place < hidden, ids, IGNORE), np.ones(ids.shape, dtype=bool)
    title = f"bert, {sizes_in_words(config)}, {hidden} hidden positions"
    return Subject(title, model, lambda: model.loss(ids, mask, targets), formulas)


def of_size(
    kind: str, size: dict[str, float], batch: int, length: int, way: Way
) -> tuple[GptConfig | BertConfig, Formulas, int]:
    """A configuration, what formulas say of it, and how many positions a BERT is asked for."""
    config = config_of(kind, size, length)
    hidden = max(1, round(HIDDEN_SHARE * (batch // way.accumulate) * length))
    return config, formulas_of(config, batch, length, {"hidden_positions": hidden}, way), hidden


def refuse_what_does_not_fit(formulas: Formulas, what: str) -> None:
    """Compare what a step needs at its fullest moment with the memory that is free.

    Raises:
        MemoryError: it is more.
    """
    for peak in list(formulas.peaks.values())[:1]:
        always = peak.parameters + peak.moments
        require_memory(peak.total, free_bytes(), what, always=always)


def read_subject(path: Path, batch: int, length: int | None, way: Way) -> Subject:
    """A trained model, a language model or a classifier, and random ids for it.

    Raises:
        OSError, CheckpointError: as the model's ``load``.
        ValueError: more positions than the model has.
        MemoryError: a step of a language model does not fit.
    """
    file = model_file(path)
    _, described = load_arrays(file)
    if described.get("kind") == CLASSIFIER:
        return classifier_subject(file, batch, length, way)
    gpt = load_language_model(file, "cpu").model
    if not isinstance(gpt, Gpt):
        raise CheckpointError(f"{file}: holds no GPT and no classifier")
    length = gpt.config.max_length if length is None else length
    formulas = formulas_of(gpt.config, batch, length, {}, way)
    refuse_what_does_not_fit(formulas, f"{path}: a training step")
    title = f"{path}: GPT, {sizes_in_words(gpt.config)}"
    part = batch // way.accumulate
    return Subject(title, gpt.train(), gpt_loss(gpt, part, length), formulas)


def classifier_subject(file: Path, batch: int, length: int | None, way: Way) -> Subject:
    """A trained classifier, and random ids and classes for it."""
    classifier = load_classifier(file, "cpu")
    model: Any = classifier.model
    config = model.body.config
    length = config.max_length if length is None else length
    rng, n, part = stream(0, "profile: batch"), len(classifier.labels), batch // way.accumulate
    ids = rng.integers(config.vocabulary_size, size=(part, length))
    mask, wanted = np.ones(ids.shape, dtype=bool), rng.integers(n, size=part)
    formulas = Formulas(six_n_d=six_n_d(config, part * length))
    if isinstance(model, SequenceClassifier):
        formulas = formulas_of(config, batch, length, {"classes": n}, way)
    title = f"{file}: classifier, {sizes_in_words(config)}, {n} classes"
    return Subject(title, model.train(), lambda: model.loss(ids, mask, wanted), formulas)


def gpt_loss(model: Gpt, batch: int, length: int) -> Callable[[], Tensor]:
    """The loss of random ids."""
    shape = (2, batch, length)
    ids, after = stream(0, "profile: batch").integers(model.config.vocabulary_size, size=shape)
    return lambda: model.loss(ids.copy(), after.copy())


def sizes_in_words(config: GptConfig | BertConfig) -> str:
    """``width 64, 2 layers, 4 heads, vocabulary 1,000``."""
    return (
        f"width {config.width}, {config.n_layers} layers, {config.n_heads} heads, "
        f"vocabulary {config.vocabulary_size:,}"
    )
