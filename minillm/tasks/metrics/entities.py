"""Names found and names there: precision, recall and F1 of whole names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from minillm.tasks.entities.spans import Span, names_in, spans_of, strict_spans
from minillm.tasks.metrics.classification import PrecisionRecall

Tags = Sequence[Sequence[str]]  # of every sentence


@dataclass(frozen=True)
class EntityScores:
    """How many names of each type were found, said and there, from which every score follows."""

    hits: Mapping[str, int]
    said: Mapping[str, int]
    there: Mapping[str, int]

    @property
    def types(self) -> list[str]:
        """The types of which a name was said or there, sorted."""
        return sorted({*self.said, *self.there})

    def of(self, kind: str) -> PrecisionRecall:
        """The scores of one type; all 0 of one that is nowhere."""
        return rates(*(counts.get(kind, 0) for counts in (self.hits, self.said, self.there)))

    @property
    def micro(self) -> PrecisionRecall:
        """Over the names of all types together: a frequent type counts more."""
        return rates(*(sum(counts.values()) for counts in (self.hits, self.said, self.there)))

    @property
    def macro(self) -> PrecisionRecall:
        """The mean of the types' scores, each by itself: a rare type counts as much."""
        rows = [self.of(kind) for kind in self.types]
        n = max(len(rows), 1)
        return PrecisionRecall(*(sum(row[i] for row in rows) / n for i in range(3)))


def entity_scores(true: Tags, predicted: Tags, *, strict: str | None = None) -> EntityScores:
    """How right the names are that tags mark: a name counts if its words and its type are right::

        precision = hits / said,   recall = hits / there,   F1 = 2 hits / (said + there)

    Tags that do not fit together are read as ``spans_of`` reads them; with ``strict``, the name of
    a scheme, names whose tags are not whole are none (``strict_spans``).  These are the two modes
    of ``seqeval``, and the same numbers.  A score whose denominator is 0 is 0.

    Raises:
        ValueError: another number of sentences or of words; something is not a tag of the scheme.
    Source: Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task",
        arXiv:cs/0306050, section 2.3.
    Guide: 6.4 (G39).
    """
    there, said = (read(tags, strict) for tags in paired(true, predicted))
    return counted(there, said)


def scores_by_novelty(
    words: Sequence[Sequence[str]],
    true: Tags,
    predicted: Tags,
    known: Iterable[tuple[str, ...]],
) -> dict[str, EntityScores]:
    """The scores of names that training had, "seen", and of those that it had not, "unseen".

    A name is seen if its words are among ``known``, as ``names_in`` gives them, of whatever type.
    So are names that are said: a wrong one counts against the group that its words belong to.

    Raises:
        ValueError: as ``entity_scores``.
    Guide: 6.4 (G39).
    """
    learned = {*known}
    rows = [read(tags, None) for tags in paired(true, predicted)]

    def group(seen: bool) -> EntityScores:
        there, said = (
            [
                [
                    s
                    for s, name in zip(row, names_in(w, row), strict=True)
                    if (name in learned) is seen
                ]
                for w, row in zip(words, of_all, strict=True)
            ]
            for of_all in rows
        )
        return counted(there, said)

    return {"seen": group(True), "unseen": group(False)}


def counted(there: Sequence[Iterable[Span]], said: Sequence[Iterable[Span]]) -> EntityScores:
    """The numbers of names of each type in true and said ones of the same sentences."""
    hits: Counter[str] = Counter()
    for true, found in zip(there, said, strict=True):
        hits.update(span.type for span in {*true} & {*found})
    of_said, of_there = (Counter(s.type for row in rows for s in row) for rows in (said, there))
    return EntityScores(hits, of_said, of_there)


def rates(hits: int, said: int, there: int) -> PrecisionRecall:
    """Precision, recall and F1 of counts; 0 where a denominator is."""
    return PrecisionRecall(
        hits / said if said else 0.0,
        hits / there if there else 0.0,
        2 * hits / (said + there) if said + there else 0.0,
    )


def read(sentences: Tags, strict: str | None) -> list[list[Span]]:
    """The names of every sentence, by one of the two readings."""
    return [spans_of(tags) if strict is None else strict_spans(tags, strict) for tags in sentences]


def paired(true: Tags, predicted: Tags) -> tuple[Tags, Tags]:
    """Both, once they are known to be of the same sentences.

    Raises:
        ValueError: another number of sentences, or of words in one.
    """
    lengths = [[len(tags) for tags in sentences] for sentences in (true, predicted)]
    if lengths[0] != lengths[1]:
        pairs = enumerate(zip(*lengths, strict=False))
        place = next((i for i, (a, b) in pairs if a != b), None)
        told = (
            f"{len(true)} sentences but {len(predicted)} predictions"
            if place is None
            else f"sentence {place} has {lengths[0][place]} tags but {lengths[1][place]} predicted"
        )
        raise ValueError(f"entity_scores: {told}")
    return true, predicted
