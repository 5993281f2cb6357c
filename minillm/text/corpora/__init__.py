"""Labelled corpora and dialogues in English and Chinese that the package writes itself."""

from minillm.text.corpora.corpus import Corpus, load_corpus, unlabelled
from minillm.text.corpora.dialogues import (
    Dialogues,
    Question,
    load_dialogues,
    preferences,
    statements,
)
from minillm.text.corpora.parallel import ParallelCorpus, load_parallel
from minillm.text.corpora.phrases import AlignedPair
from minillm.text.corpora.rewriting import paraphrases
from minillm.text.corpora.thesaurus import THESAURUS
from minillm.text.preference_files import Preference

__all__ = [
    "THESAURUS",
    "AlignedPair",
    "Corpus",
    "Dialogues",
    "ParallelCorpus",
    "Preference",
    "Question",
    "load_corpus",
    "load_dialogues",
    "load_parallel",
    "paraphrases",
    "preferences",
    "statements",
    "unlabelled",
]
