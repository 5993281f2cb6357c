"""How right a tagger is: all names, and those that training had apart from new ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from minillm.tasks.entities.baselines import Name
from minillm.tasks.entities.tagger import PredictsTags
from minillm.tasks.metrics.entities import EntityScores, entity_scores, scores_by_novelty
from minillm.text.conll_files import TaggedSentence


class TaggerScores(NamedTuple):
    """Scores of all names, of those that training had, and of those that it had not."""

    all: EntityScores
    seen: EntityScores
    unseen: EntityScores


def evaluate_tagger(
    tagger: PredictsTags, sentences: Sequence[TaggedSentence], known: Collection[Name]
) -> TaggerScores:
    """Ask a tagger for tags and compare them with the true ones; ``known`` are training's names.

    Raises:
        ValueError: there are no sentences, or one without tags.
    Guide: 6.4 (G39).
    """
    if not sentences:
        raise ValueError("evaluate_tagger: at least one tagged sentence is needed, got none")
    words = [sentence.words for sentence in sentences]
    true = [sentence.tags for sentence in sentences]
    said = tagger.predict(words)
    apart = scores_by_novelty(words, true, said, known)
    return TaggerScores(entity_scores(true, said), apart["seen"], apart["unseen"])
