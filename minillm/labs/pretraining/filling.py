"""What the study of both sides trains and measures: BERTs that fill in a language known exactly.

Letters: N sentences of the language, T words of each, V words of the language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minillm.autograd import no_grad
from minillm.labs.worlds.agreement import Agreement, best_guess
from minillm.models import Bert, LeftOnly, MaskedLanguageModel
from minillm.ops import log_softmax
from minillm.text import IGNORE, Vocabulary, mask_tokens

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # ids, mask, targets


class Framed(NamedTuple):
    """A language as a model reads it: ``[CLS] words [SEP]``, numbered by a vocabulary."""

    language: Agreement
    vocabulary: Vocabulary

    @property
    def first(self) -> int:
        """The id of the first ordinary word."""
        return int(self.vocabulary.ordinary_ids[0])

    def __call__(self, words: np.ndarray) -> np.ndarray:
        """Framed ids (n, T + 2) of sentences (n, T)."""
        ends = self.vocabulary.cls_id, self.vocabulary.sep_id
        return np.pad(words + self.first, ((0, 0), (1, 1)), constant_values=ends)


def framed(language: Agreement) -> Framed:
    """The language with a vocabulary of its words."""
    return Framed(language, Vocabulary(language.words))


def hidden_words(read: Framed, ids: np.ndarray, rng: np.random.Generator) -> Rows:
    """BERT's question: which words were hidden?  80 % of them are [MASK]."""
    mask = np.ones(ids.shape, dtype=bool)
    corrupted, targets = mask_tokens(ids, mask, read.vocabulary, rng=rng)
    return corrupted, mask, targets


def only_masks(read: Framed, ids: np.ndarray, rng: np.random.Generator) -> Rows:
    """The same question, all hidden words [MASK]."""
    corrupted, mask, targets = hidden_words(read, ids, rng)
    return np.where(targets == IGNORE, corrupted, read.vocabulary.mask_id), mask, targets


def next_words(read: Framed, ids: np.ndarray, rng: np.random.Generator) -> Rows:
    """GPT's question, at every place: which word comes next?  Nothing is hidden."""
    targets = np.full(ids.shape, IGNORE)
    targets[:, :-2] = ids[:, 1:-1]  # [SEP] is no question here
    return ids, np.ones(ids.shape, dtype=bool), targets


class Way(NamedTuple):
    """A way to be trained: what a position sees, and what is asked."""

    encoder: type[Bert]
    question: Callable[[Framed, np.ndarray, np.random.Generator], Rows]


WAYS = {
    "both": Way(Bert, hidden_words),
    "left": Way(LeftOnly, hidden_words),
    "next": Way(LeftOnly, next_words),
    "masks": Way(Bert, only_masks),
}


def seen(way: Way, place: int, length: int) -> list[int]:
    """The places that may help to guess the word at ``place``."""
    end = length if way.encoder is Bert else place
    return [i for i in range(end) if i != place]


def log_probabilities(
    model: MaskedLanguageModel, ids: np.ndarray, place: int, first: int
) -> np.ndarray:
    """What the model thinks at position ``place`` of framed ids, (n, V), specials left out."""
    at = np.arange(len(ids)) * ids.shape[1] + place
    with no_grad():
        logits = model(ids, np.ones(ids.shape, dtype=bool), at)
        return log_softmax(logits).data[:, first:].astype(np.float64)


def nats_by_place(model: MaskedLanguageModel, way: Way, read: Framed) -> np.ndarray:
    """The exact mean of -ln q(word | what it sees) at every place, (T,), over the whole language.

    Who is asked for hidden words finds [MASK] there; who is asked for the next one reads the text
    up to the word before.
    """
    sentences, chances = read.language.every
    length, found = sentences.shape[1], []
    for place in range(length):
        ids, at = read(sentences), place
        if way.question is not next_words:
            at = place + 1
            ids[:, at] = read.vocabulary.mask_id
        log_q = log_probabilities(model, ids, at, read.first)
        found.append(-chances @ log_q[np.arange(len(ids)), sentences[:, place]])
    return np.array(found)


def best_nats(way: Way, language: Agreement) -> np.ndarray:
    """The least that ``nats_by_place`` can be, (T,)."""
    sentences, chances = language.every
    length, rows = sentences.shape[1], np.arange(len(sentences))
    guesses = (best_guess(language, i, seen(way, i, length), sentences) for i in range(length))
    return np.array([-chances @ np.log(p[rows, sentences[:, i]]) for i, p in enumerate(guesses)])


def without_mask(
    log_q_of: Callable[[np.ndarray, int], np.ndarray], read: Framed, written: np.ndarray
) -> tuple[float, float]:
    """The mean of -ln q(word) at chosen places without [MASK]: kept, and replaced.

    ``log_q_of(ids, position)`` gives (n, V); ``written (N, T)`` are the words that may stand in
    the place of the right ones.  A mean over all places of all sentences.
    """
    sentences, chances = read.language.every
    rows, found = np.arange(len(sentences)), []
    for place in range(sentences.shape[1]):
        truth, ids = sentences[:, place], read(sentences)
        kept = -chances @ log_q_of(ids, place + 1)[rows, truth]
        ids[:, place + 1] = read.first + written[:, place]
        found.append((kept, -chances @ log_q_of(ids, place + 1)[rows, truth]))
    kept, replaced = np.mean(found, axis=0)
    return float(kept), float(replaced)


def best_without_mask(read: Framed, written: np.ndarray) -> tuple[float, float]:
    """The least that both can be together, under 80 % [MASK], 10 % any word, 10 % kept::

        q(t | rest, w written)  is proportional to  p(t | rest) ([t = w] + 1 / V)

    Both numbers as ``without_mask`` gives them.
    """
    language, n_words = read.language, len(read.language.words)

    def log_q_of(ids: np.ndarray, position: int) -> np.ndarray:
        words = ids[:, 1:-1] - read.first
        others = [i for i in range(words.shape[1]) if i != position - 1]
        same = np.eye(n_words)[words[:, position - 1]]
        q = best_guess(language, position - 1, others, words) * (same + 1 / n_words)
        with np.errstate(divide="ignore"):  # what cannot stand there
            return np.asarray(np.log(q / q.sum(axis=1, keepdims=True)))

    return without_mask(log_q_of, read, written)


def looks(model: MaskedLanguageModel, read: Framed) -> np.ndarray:
    """Where a hidden word looks, in the mean of all sentences and heads of the first layer.

    Shapes: (T, T + 2), a row for each hidden word; the first and the last column are the frame's.
    """
    sentences, chances = read.language.every
    found = []
    for place in range(sentences.shape[1]):
        ids = read(sentences)
        ids[:, place + 1] = read.vocabulary.mask_id
        weights = next(model.bert.attention_weights(ids, np.ones(ids.shape, dtype=bool)))
        found.append(chances @ weights.mean(axis=1)[:, place + 1])
    return np.array(found)
