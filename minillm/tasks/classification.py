"""A trained text classifier: predict, save, load."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import load_arrays, reading, save_arrays, stream, to_numpy
from minillm.models import (
    Bert,
    BertConfig,
    Gpt,
    GptClassifier,
    GptConfig,
    SequenceClassifier,
)
from minillm.nn import load_with_adapters, state_for_file
from minillm.ops import softmax
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.tasks.decision import Decision, decide
from minillm.tasks.encoding import TextEncoder
from minillm.text import Labels
from minillm.training import bucketed_order, evaluating

KIND = "text classifier"
BODIES: dict[str, tuple[type[Any], type[Any], type[Any]]] = {
    "bert": (BertConfig, Bert, SequenceClassifier),
    "gpt": (GptConfig, Gpt, GptClassifier),
}


class TextClassifier:
    """A model with the encoder and the labels that it was trained with.

    ``positive`` is the label that is to be found, where somebody chose one: precision and recall
    are then those of this label, whichever is rare in a file to score.  With a ``threshold`` it
    is said of a text from that probability on (see ``Decision``), else the most probable label.

    Raises:
        ValueError: labels or encoder are not those of such a model; ``positive`` is not a label;
            a threshold without a label that it is for, or that is not in [0, 1].
    Guide: 2.1, 6.1, 6.3, 9.2 (G32, G33, G35, G37).
    """

    def __init__(
        self,
        model: SequenceClassifier | GptClassifier,
        encoder: TextEncoder,
        labels: Labels,
        *,
        positive: str | None = None,
        threshold: float | None = None,
    ):
        config, n_classes = model.body.config, model.output.weight.shape[0]
        for name, given, there in (
            ("labels", len(labels), n_classes),
            ("tokens", len(encoder.vocabulary), config.vocabulary_size),
            ("max_length", encoder.max_length, config.max_length),
        ):
            if given > there or (given < there and name == "labels"):
                raise ValueError(
                    f"TextClassifier: {name} {given}, but the model was made for {there}"
                )
        if positive is not None and positive not in labels.names:
            known = ", ".join(labels.names)
            raise ValueError(f"TextClassifier: positive {positive!r} is not one of {known}")
        if threshold is not None and positive is None:
            raise ValueError("TextClassifier: a threshold needs positive, the label that it is for")
        self.model, self.encoder, self.labels, self.positive = model, encoder, labels, positive
        self.decision = (
            None if positive is None or threshold is None else Decision(positive, threshold)
        )

    def predict_probabilities(self, texts: Sequence[str], *, batch_size: int = 64) -> np.ndarray:
        """The probability of every label for every text, (N, C), in the order of the texts.

        Raises:
            ValueError: the weights are damaged, so that NaN comes out.
        """
        sentences = self.encoder(texts)
        probabilities = np.zeros((len(sentences), len(self.labels)), dtype=np.float32)
        order = bucketed_order(lengths_of(sentences), batch_size=batch_size, rng=None)
        with evaluating(self.model):
            for batch in map(collate_sentences(sentences), order):
                p = softmax(self.model(batch.ids, batch.mask))
                probabilities[batch.indices] = to_numpy(p.data)
        if not np.isfinite(probabilities).all():
            raise ValueError("TextClassifier: the model computes NaN: its weights are damaged")
        return probabilities

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The label of every text, by ``decision``."""
        p = self.predict_probabilities(texts)
        return self.labels.decode(decide(self.decision, p, self.labels))

    def save(self, path: str | Path) -> None:
        """Write weights, configuration, vocabulary, labels and the decision into one file.

        Raises:
            ValueError: as ``state_for_file``; nothing was written.
            OSError: see ``save_arrays``.
        """
        body = "bert" if isinstance(self.model, SequenceClassifier) else "gpt"
        described = {
            "kind": KIND,
            "body": json.dumps(body),
            "config": json.dumps(asdict(self.model.body.config)),
            "pooling": json.dumps(self.model.pooling),
            "encoder": json.dumps(self.encoder.to_json(), ensure_ascii=False),
            "labels": json.dumps(self.labels.names, ensure_ascii=False),
            "positive": json.dumps(self.positive, ensure_ascii=False),
            "threshold": json.dumps(self.decision and self.decision.threshold),
        }
        save_arrays(path, state_for_file(self.model, adapters=True), described)

    @classmethod
    def load(cls, path: str | Path) -> TextClassifier:
        """The classifier that ``save`` wrote, ready to predict.

        Raises:
            OSError: the file is missing or not readable.
            CheckpointError: damaged, or not a text classifier.
        """
        arrays, metadata = load_arrays(path)
        with reading(KIND, metadata, f"{path}: "):

            def read(
                name: str, older: str | None = None
            ) -> Any:  # what stands for it in older files
                return json.loads(metadata[name] if older is None else metadata.get(name, older))

            labels = Labels(read("labels"))
            config, body, classifier = BODIES[read("body", '"bert"')]
            rng = stream(0, "overwritten at once")
            below = body(config(**read("config")), rng=rng)
            model = classifier(below, len(labels), rng=rng, pooling=read("pooling", '"cls"'))
            load_with_adapters(model, arrays)
            return cls(
                model.eval(),
                TextEncoder.from_json(read("encoder")),
                labels,
                positive=read("positive", "null"),
                threshold=read("threshold", "null"),
            )
