"""Vectors of words: learned from the words beside them, stored, compared, and built in."""

from minillm.models.word_vectors.analogies import (
    SectionScore,
    analogy_scores,
    read_questions,
    total,
)
from minillm.models.word_vectors.binary_files import (
    read_binary_vectors,
    read_vectors,
    write_binary_vectors,
)
from minillm.models.word_vectors.chunks import n_chunks
from minillm.models.word_vectors.cooccurrence import Cooccurrences, Window, count_cooccurrences
from minillm.models.word_vectors.filling import Filled, fill_embedding
from minillm.models.word_vectors.glove import Weighting, glove, weight
from minillm.models.word_vectors.glove_training import Glove, GloveSettings, objective, train_glove
from minillm.models.word_vectors.negative_sampling import negative_sampling
from minillm.models.word_vectors.noise import Noise
from minillm.models.word_vectors.sentences import Sentences
from minillm.models.word_vectors.settings import Word2VecSettings
from minillm.models.word_vectors.tables import Tables
from minillm.models.word_vectors.training import Trained, start_tables, train_word2vec
from minillm.models.word_vectors.vector_files import read_text_vectors, write_vectors
from minillm.models.word_vectors.vectors import Neighbour, WordVectors

__all__ = [
    "Cooccurrences",
    "Filled",
    "Glove",
    "GloveSettings",
    "Neighbour",
    "Noise",
    "SectionScore",
    "Sentences",
    "Tables",
    "Trained",
    "Weighting",
    "Window",
    "Word2VecSettings",
    "WordVectors",
    "analogy_scores",
    "count_cooccurrences",
    "fill_embedding",
    "glove",
    "n_chunks",
    "negative_sampling",
    "objective",
    "read_binary_vectors",
    "read_questions",
    "read_text_vectors",
    "read_vectors",
    "start_tables",
    "total",
    "train_glove",
    "train_word2vec",
    "weight",
    "write_binary_vectors",
    "write_vectors",
]
