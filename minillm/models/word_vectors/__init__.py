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
from minillm.models.word_vectors.cooccurrence import Cooccurrences, Window, count_cooccurrences
from minillm.models.word_vectors.filling import Filled, fill_embedding
from minillm.models.word_vectors.glove import Weighting, glove, weight
from minillm.models.word_vectors.glove_training import (
    Glove,
    GloveSettings,
    objective,
    train_glove,
)
from minillm.models.word_vectors.vector_files import read_text_vectors, write_vectors
from minillm.models.word_vectors.vectors import Neighbour, WordVectors

__all__ = [
    "Cooccurrences",
    "Filled",
    "Glove",
    "GloveSettings",
    "Neighbour",
    "SectionScore",
    "Weighting",
    "Window",
    "WordVectors",
    "analogy_scores",
    "count_cooccurrences",
    "fill_embedding",
    "glove",
    "objective",
    "read_binary_vectors",
    "read_questions",
    "read_text_vectors",
    "read_vectors",
    "total",
    "train_glove",
    "weight",
    "write_binary_vectors",
    "write_vectors",
]
