"""Labelled corpora in English and Chinese that the package writes itself."""

from minillm.text.corpora.corpus import Corpus, load_corpus, unlabelled
from minillm.text.corpora.rewriting import paraphrases
from minillm.text.corpora.thesaurus import THESAURUS

__all__ = ["THESAURUS", "Corpus", "load_corpus", "paraphrases", "unlabelled"]
