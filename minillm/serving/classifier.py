"""A text classifier behind a page: tokens, attention, probabilities of the classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.autograd import no_grad
from minillm.backend import to_numpy
from minillm.models import Bert
from minillm.ops import softmax
from minillm.serving.attention import as_lists, attention_of
from minillm.serving.fields import Fields
from minillm.serving.limits import Limits
from minillm.serving.refusals import empty
from minillm.serving.texts import Reading, ranked, within
from minillm.tasks import TextClassifier
from minillm.tasks.decision import decide
from minillm.text import decode_ids, pad


@dataclass(frozen=True)
class Question:
    """A text as it is read, and which layer is wanted."""

    reading: Reading
    layer: int = 0


class ServedClassifier:
    """Answers about single texts, several at once; texts are cut at their end.

    Guide: 7.3.3 (G64).
    """

    kinds = ("tokens", "attention", "classify")
    written = ""  # it writes nothing

    def __init__(self, classifier: TextClassifier, limits: Limits, more: Mapping[str, Any]):
        longest = min(classifier.encoder.max_length, max(limits.max_tokens, 3))
        self.encoder = replace(classifier.encoder, max_length=longest)
        self.classifier = copy(classifier)  # of the weights there is no second one
        self.classifier.encoder = self.encoder
        self.body, self.more = classifier.model.body, more

    def about(self) -> dict[str, Any]:
        """What it is and what it can do."""
        config = self.body.config
        return {
            "kind": "text classifier",
            "body": "bert" if isinstance(self.body, Bert) else "gpt",
            "can": list(self.kinds),
            "labels": list(self.classifier.labels.names),
            "layers": config.n_layers,
            "heads": config.n_heads,
            "vocabulary": config.vocabulary_size,
            "max_tokens": self.encoder.max_length,
            **self.more,
        }

    def question(self, kind: str, asked: Mapping[str, Any]) -> Question:
        """The text as it is read.

        Raises:
            Refused: 422; there is no token in it, it is too long, a field is wrong.
        """
        fields = Fields(asked)
        text, cut, layer = fields.text(), fields.flag("cut"), 0
        if kind == "attention":
            last = self.body.config.n_layers - 1
            layer = fields.whole("layer", last, least=0, most=last)
        fields.finish()
        return Question(self.read(text, cut), layer)

    def read(self, text: str, cut: bool) -> Reading:
        """The ids between the tokens that stand around every text."""
        vocabulary = self.encoder.vocabulary
        (tokens,) = self.encoder.tokenize([text])
        if not tokens:
            raise empty()
        left_out = within(len(tokens) + 2, self.encoder.max_length, cut)
        kept = tokens[: len(tokens) - left_out]
        inner = vocabulary.encode(kept)
        ids = self.encoder.frame(inner)
        first, last = vocabulary.decode(ids[[0, -1]])
        spelled = kept if isinstance(self.body, Bert) else self.spelled(inner)
        unknown = vocabulary.token_to_id.get(vocabulary.special.get("unknown", ""), -1)
        known = [True, *(i != unknown for i in inner.tolist()), True]
        return Reading(ids, [first, *spelled, last], known, left_out)

    def spelled(self, ids: Any) -> list[str]:
        """The tokens of a GPT as texts: its bytes have an alphabet of their own."""
        return [decode_ids([i], self.encoder.tokenizer, self.encoder.vocabulary) for i in ids]

    def together(self, kind: str, questions: Sequence[Question]) -> bool:
        """Texts of any lengths are padded to one batch."""
        return True

    def answers(self, kind: str, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Of one batch; each has the tokens that were read."""
        found: list[dict[str, Any]] = [
            {"tokens": one.reading.tokens(), "cut": one.reading.cut} for one in questions
        ]
        parts: dict[str, Callable[[Sequence[Question]], list[dict[str, Any]]]] = {
            "tokens": lambda _: [{}] * len(found),
            "attention": self.attention,
            "classify": self.classes,
        }
        for answer, part in zip(found, parts[kind](questions), strict=True):
            answer.update(part)
        return found

    def attention(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """The heads of one layer."""
        layers = [one.layer for one in questions]
        weights = attention_of(self.body, [one.reading.ids for one in questions], layers)
        return [{"layer": n, "heads": as_lists(w)} for n, w in zip(layers, weights, strict=True)]

    def classes(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """The probability of every class, and the label that is said."""
        labels, decision = self.classifier.labels, self.classifier.decision
        p = self.probabilities([one.reading.ids for one in questions])
        return [
            {"label": labels.names[c], "classes": ranked(labels.names, row)}
            for c, row in zip(decide(decision, p, labels), p, strict=True)
        ]

    @no_grad()
    def probabilities(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        """As ``predict_probabilities`` of a model in eval mode, which takes ids, (B, C).

        To look whether every layer is in that mode takes longer than a small model's answer.

        Raises:
            ValueError: the weights are damaged, so that NaN comes out.
        """
        p = to_numpy(softmax(self.classifier.model(*pad(texts))).data)
        if not np.isfinite(p).all():
            raise ValueError("the model computes NaN: its weights are damaged")
        return p

    def writing(self, jobs: Sequence[Any]) -> Any:
        """Nothing."""
        raise NotImplementedError("a classifier writes nothing")
