"""What every tagger is compared with: a dictionary of the names that training had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minillm.tasks.entities.spans import Span, names_in, spans_of, tags_of
from minillm.tasks.entities.tagger import Words, refuse_empty
from minillm.text.conll_files import TaggedSentence

Name = tuple[str, ...]  # its words, without the difference of upper and lower case


class DictionaryTagger:
    """Looks names up: from left to right, at every word the longest name that begins there.

    A name has the type that it had most often in training; of equally frequent ones the first in
    alphabetical order.  It knows no surroundings, and no name that training did not have.

    Source: Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task",
        arXiv:cs/0306050, section 3.1: the baseline of the shared task is such a dictionary.
    Guide: 6.4 (G39).
    """

    def __init__(self, types: Mapping[Name, str]):
        self.types = dict(types)
        self.longest = max(map(len, self.types), default=0)

    @classmethod
    def learned(cls, sentences: Iterable[TaggedSentence]) -> DictionaryTagger:
        """The dictionary of the names that are tagged in some sentences."""
        counts: dict[Name, Counter[str]] = {}
        for sentence in sentences:
            spans = spans_of(sentence.tags)
            for name, span in zip(names_in(sentence.words, spans), spans, strict=True):
                counts.setdefault(name, Counter())[span.type] += 1
        return cls({name: most_frequent(of_name) for name, of_name in counts.items()})

    def predict(self, sentences: Words) -> list[list[str]]:
        """A tag for every word, in BIO.

        Raises:
            ValueError: a sentence without words.
        """
        refuse_empty(sentences)
        return [tags_of(self.spans(words), len(words)) for words in sentences]

    def spans(self, words: Sequence[str]) -> list[Span]:
        """The names of one sentence."""
        folded, found, start = [word.casefold() for word in words], [], 0
        while start < len(words):
            for stop in range(min(start + self.longest, len(words)), start, -1):
                kind = self.types.get(tuple(folded[start:stop]))
                if kind is not None:
                    found.append(Span(kind, start, stop))
                    start = stop
                    break
            else:
                start += 1
        return found

    def to_json(self) -> list[Any]:
        """The names and their types, sorted."""
        return sorted([list(name), kind] for name, kind in self.types.items())

    @classmethod
    def from_json(cls, saved: Sequence[Any]) -> DictionaryTagger:
        """The dictionary that ``to_json`` described."""
        return cls({tuple(name): kind for name, kind in saved})


def most_frequent(counts: Counter[str]) -> str:
    """The most frequent of some types, the first in alphabetical order among equals."""
    return min(counts, key=lambda kind: (-counts[kind], kind))
