"""Word vectors from texts without labels, for the table of a classifier.

Letters: N texts, V words, D width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minillm.backend import stream
from minillm.labs.worlds.lexicons import Lexicons
from minillm.models.word_vectors import (
    GloveSettings,
    Sentences,
    Weighting,
    Word2VecSettings,
    WordVectors,
    count_cooccurrences,
    train_glove,
    train_word2vec,
)


@dataclass(frozen=True)
class Unlabelled:
    """The texts of a subject, an opinion and a word behind it that vectors are learned from.

    In a share of them, ``silent``, that word is on either side.  Without these GloVe would learn
    nothing: a word of the other side would never stand there, and GloVe has no term for a count
    of 0, so that the biases alone could fit all the counts there are.
    """

    texts: int = 20_000
    silent: float = 0.2


@dataclass(frozen=True)
class Vectors:
    """The world, its texts, and how vectors are learned from them.

    ``deviation`` is that of all tables, the learned and the random, when a classifier gets them.
    """

    world: Lexicons = Lexicons()
    unlabelled: Unlabelled = Unlabelled()
    glove: GloveSettings = GloveSettings(
        width=16, weighting=Weighting(x_max=100), rate=0.1, epochs=50, batch=64
    )
    sgns: Word2VecSettings = Word2VecSettings(
        width=16, window=2, subsample=None, rate=0.05, epochs=5, batch=64
    )
    deviation: float = 0.3


def unlabelled_texts(settings: Vectors, seed: int) -> np.ndarray:
    """Texts without labels, (N, 3)."""
    s, rng = settings.unlabelled, stream(seed, "texts without labels")
    silent = round(s.silent * s.texts)
    parts = [
        settings.world.unlabelled(n, rng, silent=is_silent)
        for n, is_silent in ((s.texts - silent, False), (silent, True))
    ]
    return np.concatenate(parts)


def glove_vectors(settings: Vectors, texts: np.ndarray, seed: int) -> np.ndarray:
    """GloVe's vectors of all words, (V, D)."""
    x = count_cooccurrences(texts, len(settings.world.words))
    passes = train_glove(x, replace(settings.glove, seed=seed))
    *_, last = passes
    return last.model.table


def sgns_vectors(settings: Vectors, texts: np.ndarray, seed: int) -> np.ndarray:
    """The vectors of skip-gram with negative samples, (V, D): those of the word in the middle."""
    sentences = Sentences.of_ids(texts, len(settings.world.words))
    *_, last = train_word2vec(sentences, replace(settings.sgns, seed=seed))
    return last.tables.input


def of_known_words(settings: Vectors, texts: np.ndarray, table: np.ndarray) -> WordVectors:
    """The vectors of the words in the texts, their mean at 0, their deviation that of all tables.

    Some words of reviews, such as "and", are in no text: they get no vector here.
    """
    seen = np.unique(texts)
    rows = table[seen] - table[seen].mean(axis=0)
    scaled = rows * (settings.deviation / rows.std())
    return WordVectors([settings.world.words[i] for i in seen], scaled.astype(np.float32))


def vectors_of(settings: Vectors, seed: int) -> dict[str, WordVectors]:
    """The vectors by name: random, GloVe's, skip-gram's, and GloVe's dealt out to random words."""
    texts = unlabelled_texts(settings, seed)
    n = len(settings.world.words)
    drawn = stream(seed, "random vectors").standard_normal((n, settings.glove.width))
    random = of_known_words(settings, texts, drawn)
    learned = of_known_words(settings, texts, glove_vectors(settings, texts, seed))
    sampled = of_known_words(settings, texts, sgns_vectors(settings, texts, seed))
    order = stream(seed, "vectors dealt out").permutation(len(learned))
    return {
        "random": random,
        "glove": learned,
        "sgns": sampled,
        "dealt": WordVectors(learned.words, learned.table[order]),
    }
