"""Labelled corpora in English and Chinese that the package writes itself."""

from minillm.text.corpora.corpus import Corpus, load_corpus, unlabelled

__all__ = ["Corpus", "load_corpus", "unlabelled"]
