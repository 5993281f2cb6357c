"""What a classifier says of texts, as a table, as TSV, or as JSON Lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from shutil import get_terminal_size

import numpy as np

from minillm.commands.tables import percent, table
from minillm.commands.words import ENGLISH, Words
from minillm.tasks import Decision, TextClassifier
from minillm.tasks.decision import decide
from minillm.text import normalize
from minillm.text.terminal import cut, display_width


@dataclass(frozen=True)
class Predictions:
    """Texts with the label that is said of each, and what it rests on."""

    texts: Sequence[str]
    names: Sequence[str]  # of the labels
    said: np.ndarray  # (N,) the number of the label
    probabilities: np.ndarray  # (N, C)
    unknown: list[int]  # tokens that the vocabulary lacks
    tokens: list[int]
    max_length: int  # of the model, [CLS] and [SEP] counted
    decision: Decision | None

    @classmethod
    def of(cls, classifier: TextClassifier, texts: Sequence[str]) -> Predictions:
        """Ask the classifier."""
        p = classifier.predict_probabilities(texts)
        tokens = classifier.encoder.tokenize(texts)
        rate = classifier.encoder.vocabulary.unknown_rate
        return cls(
            texts,
            classifier.labels.names,
            decide(classifier.decision, p, classifier.labels),
            p,
            [round(rate([row]) * len(row)) for row in tokens],
            [len(row) for row in tokens],
            classifier.encoder.max_length,
            classifier.decision,
        )

    def remarks(self) -> Iterator[str]:
        """What a reader should know: texts that say nothing to the model, cut ones, a threshold."""
        n, pairs = len(self.texts), list(zip(self.unknown, self.tokens, strict=True))
        blind = sum(unknown == tokens for unknown, tokens in pairs)
        if blind:
            empty = sum(tokens == 0 for tokens in self.tokens)
            yield (
                f"{blind} of {n} texts hold no token that the model knows ({empty} empty): "
                "their labels say nothing"
            )
        cut_off = sum(tokens + 2 > self.max_length for tokens in self.tokens)
        if cut_off:
            yield f"{cut_off} of {n} texts are cut to max_length {self.max_length} tokens"
        if self.decision:
            yield (
                f"{self.decision.positive!r} is said from a probability of "
                f"{percent(self.decision.threshold)} on, the threshold that was best on dev"
            )

    def as_table(
        self,
        beside: Mapping[str, Sequence[str]] | None = None,
        *,
        columns: int | None = None,
        say: Words = ENGLISH,
    ) -> str:
        """Text, label, probability of the label, how many tokens were unknown, and what is beside.

        ``beside`` holds more columns by their headings.  Texts are cut so that a row is no wider
        than ``columns``.
        """
        shown = [normalize(text) for text in self.texts]
        more = beside or {}
        rest = []
        for i, (c, p) in enumerate(zip(self.said, self.probabilities, strict=True)):
            known = say("{unknown} of {tokens}", unknown=self.unknown[i], tokens=self.tokens[i])
            rest.append([self.names[c], percent(p[c]), known, *(row[i] for row in more.values())])
        header = [say(name) for name in ("text", "label", "probability", "unknown tokens", *more)]
        if columns is not None:
            others = zip(header[1:], *rest, strict=True)
            room = columns - sum(2 + max(map(display_width, column)) for column in others)
            shown = [cut(text, max(room, 12)) for text in shown]
        rows = [[text, *row] for text, row in zip(shown, rest, strict=True)]
        return table(header, rows)

    def as_tsv(self) -> str:
        """A header, then label, the probability of every label, and the text; its blanks single."""
        rows = [["label", *(f"p({name})" for name in self.names), "text"]]
        for text, c, p in zip(self.texts, self.said, self.probabilities, strict=True):
            rows.append([self.names[c], *(f"{value:.6f}" for value in p), " ".join(text.split())])
        return "\n".join("\t".join(row) for row in rows)

    def as_json_lines(self) -> str:
        """An object for every text, with the probability of every label."""
        escape = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        lines = []
        for i, text in enumerate(self.texts):
            p = self.probabilities[i]
            found = {
                "label": self.names[self.said[i]],
                "probabilities": {
                    n: round(float(v), 6) for n, v in zip(self.names, p, strict=True)
                },
                "unknown_tokens": self.unknown[i],
                "tokens": self.tokens[i],
                "text": text,
            }
            lines.append(json.dumps(found, ensure_ascii=escape))
        return "\n".join(lines)


def terminal_columns() -> int | None:
    """The width of the terminal that a table is printed to, if it is one."""
    return get_terminal_size().columns if sys.stdout.isatty() else None
