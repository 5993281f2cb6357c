"""Vectors of words, learned from the words beside them: Word2Vec."""

from minillm.models.word_vectors.chunks import n_chunks
from minillm.models.word_vectors.negative_sampling import negative_sampling
from minillm.models.word_vectors.noise import Noise
from minillm.models.word_vectors.sentences import Sentences
from minillm.models.word_vectors.settings import Word2VecSettings
from minillm.models.word_vectors.tables import Tables
from minillm.models.word_vectors.training import Trained, start_tables, train_word2vec

__all__ = [
    "Noise",
    "Sentences",
    "Tables",
    "Trained",
    "Word2VecSettings",
    "n_chunks",
    "negative_sampling",
    "start_tables",
    "train_word2vec",
]
