"""A trained tagger: tag, save, load."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from minillm.backend import load_arrays, reading, save_arrays, stream, to_numpy
from minillm.models import Bert, BertConfig
from minillm.models.token_classifier import TokenClassifier
from minillm.nn import state_for_file
from minillm.tasks.collation import lengths_of
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.entities.batches import collate, encode_words
from minillm.tasks.entities.schemes import legal, require_tags
from minillm.text import IGNORE
from minillm.training import bucketed_order, evaluating

KIND = "tagger"
Words = Sequence[Sequence[str]]


class PredictsTags(Protocol):
    """Words in, tags out: a model, a dictionary, anything that is compared."""

    def predict(self, sentences: Words) -> list[list[str]]:
        """A tag for every word of every sentence."""
        ...


class Tagger:
    """A model with the encoder and the tags that it was trained with.

    Its segments are the shapes of words, see ``shape_of``; without ``shapes`` all are 0, as those
    of a published BERT.

    Raises:
        ValueError: tags or encoder are not those of such a model; a tag that the scheme lacks.
    Guide: 6.4 (G39).
    """

    def __init__(
        self,
        model: TokenClassifier,
        encoder: TextEncoder,
        tags: Sequence[str],
        scheme: str,
        *,
        shapes: bool = True,
    ):
        require_tags(tags, scheme)
        config, n_tags = model.bert.config, model.output.weight.shape[0]
        for name, given, there in (
            ("tags", len(tags), n_tags),
            ("tokens", len(encoder.vocabulary), config.vocabulary_size),
            ("max_length", encoder.max_length, config.max_length),
        ):
            if given != there:
                raise ValueError(f"Tagger: {name} {given}, but the model was made for {there}")
        self.model, self.encoder, self.tags, self.scheme = model, encoder, list(tags), scheme
        self.shapes = shapes

    def predict(self, sentences: Words) -> list[list[str]]:
        """A tag for every word; a sentence longer than the model is read in parts.

        Raises:
            ValueError: a sentence without words, or with an empty one.
        """
        return [[tag for tag, _ in row] for row in self.predict_probabilities(sentences)]

    def predict_probabilities(
        self, sentences: Words, *, batch_size: int = 64
    ) -> list[list[tuple[str, float]]]:
        """The tag of every word and its probability, with a Crf over all sequences of tags.

        Raises:
            ValueError: as ``predict``.
        """
        refuse_empty(sentences)
        encoded = [encode_words(words, self.encoder) for words in sentences]
        owners = [i for i, of_sentence in enumerate(encoded) for _ in of_sentence]
        parts = [part for of_sentence in encoded for part in of_sentence]
        said: list[list[tuple[str, float]]] = [[] for _ in parts]
        order = bucketed_order(lengths_of([p.ids for p in parts]), batch_size=batch_size, rng=None)
        with evaluating(self.model):
            for indices in order:
                batch = collate(parts)(indices)
                batch = batch if self.shapes else batch._replace(shapes=0 * batch.shapes)
                words = batch.tags != IGNORE
                emissions = to_numpy(self.model(*batch[:4]).data)
                p = self.model.probabilities(emissions, words)
                for i, row, path in zip(
                    indices, p, self.model.decode(emissions, words), strict=True
                ):
                    said[i] = [(self.tags[j], float(row[t, j])) for t, j in enumerate(path)]
        found: list[list[tuple[str, float]]] = [[] for _ in sentences]
        for owner, row_ in zip(owners, said, strict=True):
            found[owner] += row_
        return found

    def count_long(self, sentences: Words) -> int:
        """How many sentences are longer than the model and read in parts."""
        return sum(len(encode_words(words, self.encoder)) > 1 for words in sentences)

    def save(self, path: str | Path) -> None:
        """Write weights, configuration, vocabulary and tags into one file.

        Raises:
            ValueError: as ``state_for_file``; nothing was written.
            OSError: see ``save_arrays``.
        """
        described = {
            "kind": KIND,
            "config": json.dumps(asdict(self.model.bert.config)),
            "encoder": json.dumps(self.encoder.to_json(), ensure_ascii=False),
            "tags": json.dumps(self.tags, ensure_ascii=False),
            "scheme": json.dumps(self.scheme),
            "crf": json.dumps(self.model.crf is not None),
            "radius": json.dumps(self.model.neighbours.radius if self.model.neighbours else 0),
            "shapes": json.dumps(self.shapes),
        }
        save_arrays(path, state_for_file(self.model), described)

    @classmethod
    def load(cls, path: str | Path) -> Tagger:
        """The tagger that ``save`` wrote, ready to tag.

        Raises:
            OSError: the file is missing or not readable.
            CheckpointError: damaged, or not a tagger.
        """
        arrays, metadata = load_arrays(path)
        with reading(KIND, metadata, f"{path}: "):
            names = ("config", "encoder", "tags", "scheme", "crf", "radius")
            read: dict[str, Any] = {name: json.loads(metadata[name]) for name in names}
            shapes = json.loads(metadata.get("shapes", "true"))  # older files have none
            tags, scheme, rng = read["tags"], read["scheme"], stream(0, "overwritten at once")
            model = TokenClassifier(
                Bert(BertConfig(**read["config"]), rng=rng),
                len(tags),
                rng=rng,
                legal=legal(tags, scheme) if read["crf"] else None,
                radius=read["radius"],
            )
            model.load_state_dict(arrays)
            encoder = TextEncoder.from_json(read["encoder"])
            return cls(model.eval(), encoder, tags, scheme, shapes=shapes)


def refuse_empty(sentences: Words) -> None:
    """Refuse a sentence in which nothing could be tagged.

    Raises:
        ValueError: with its place.
    """
    for place, words in enumerate(sentences):
        if isinstance(words, str):
            raise ValueError(f"sentence {place} is a text, {words!r:.40}: give its words")
        if not len(words):
            raise ValueError(f"sentence {place} has no words")
