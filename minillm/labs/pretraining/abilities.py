"""What a pretrained model can do with tokens: copy, find, foretell, write.

Letters: B batch, T positions, V vocabulary, n tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import cache
from typing import NamedTuple

import numpy as np

from minillm.labs.pretraining.questions import next_of
from minillm.models import LeftOnly, MaskedLanguageModel
from minillm.ops import IGNORE, log_softmax
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.tasks.masked_lm import NeighbourCounts, held_out_batches, n_hidden
from minillm.text import Vocabulary, WordTokenizer
from minillm.text.corpora.corpus import cells_of
from minillm.training import bucketed_order, evaluating, mean_loss


def log_probabilities(model: MaskedLanguageModel, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """What the model says at every position, (B, T, V)."""
    with evaluating(model):
        logits = model(ids, mask, np.arange(ids.size))
        return log_softmax(logits).data.reshape(*ids.shape, -1).astype(np.float64)


class Hidden(NamedTuple):
    """Sentences of which tokens are hidden by [MASK]; those that BERT would keep are not asked."""

    ids: np.ndarray  # (B, T), with [MASK]
    mask: np.ndarray  # (B, T)
    original: np.ndarray  # (B, T)
    asked: np.ndarray  # (B, T), bool: [MASK] stands there
    shown: np.ndarray  # (B, T), bool: ordinary tokens that nothing was done to


def hidden_tokens(
    sequences: Sequence[np.ndarray], vocabulary: Vocabulary, seed: int
) -> Iterator[Hidden]:
    """Every sentence once; always the same tokens are hidden."""
    for ids, mask, targets in held_out_batches(sequences, vocabulary, seed=seed):
        original = np.where(targets == IGNORE, ids, targets)
        shown = mask & ~vocabulary.is_special(original) & (targets == IGNORE)
        yield Hidden(ids, mask, original, ids == vocabulary.mask_id, shown)


def found(log_p: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """For each token whether it is the most probable, and its nats, ``(n, V), (n,) -> (n, 2)``."""
    right = log_p.argmax(axis=1) == truth
    return np.stack([right, -log_p[np.arange(len(truth)), truth]], axis=1)


def copied_and_found(
    model: MaskedLanguageModel, sequences: Sequence[np.ndarray], vocabulary: Vocabulary, seed: int
) -> dict[str, np.ndarray]:
    """Of shown tokens the share that is said again; of hidden ones share and nats, (2,).

    A model that reads from left to right says the next token: it is asked for a hidden one where
    the token before it stands, sees what stands before that unhidden, and copies nothing.
    """
    from_left = isinstance(model.bert, LeftOnly)
    masked, visible = [], []
    for batch in hidden_tokens(sequences, vocabulary, seed):
        if from_left:
            log_p = log_probabilities(model, batch.original, batch.mask)[:, :-1]
            masked.append(found(log_p[batch.asked[:, 1:]], batch.original[batch.asked]))
            continue
        log_p = log_probabilities(model, batch.ids, batch.mask)
        masked.append(found(log_p[batch.asked], batch.original[batch.asked]))
        visible.append(found(log_p[batch.shown], batch.original[batch.shown]))
    answers = {"masked": np.concatenate(masked).mean(axis=0)}
    if visible:
        answers["visible"] = np.concatenate(visible).mean(axis=0)[0]
    return answers


def counted(
    counts: NeighbourCounts, sequences: Sequence[np.ndarray], vocabulary: Vocabulary, seed: int
) -> dict[str, np.ndarray]:
    """Share and nats of the same hidden tokens, (2,): by neighbours, by frequency, by chance."""
    ways: dict[str, list[np.ndarray]] = {"neighbours": [], "unigram": []}
    for batch in hidden_tokens(sequences, vocabulary, seed):
        rows, places = np.nonzero(batch.asked)
        truth = batch.original[rows, places]
        seen = [batch.ids[rows, places + step] for step in (-1, 1)]
        log_p = np.array([counts.log_probabilities(*pair) for pair in zip(*seen, strict=True)])
        ways["neighbours"].append(found(log_p, truth))
        ways["unigram"].append(found(np.tile(counts.log_unigram, (len(truth), 1)), truth))
    means = {name: np.concatenate(rows).mean(axis=0) for name, rows in ways.items()}
    n = len(vocabulary.ordinary_ids)
    return {**means, "chance": np.array([1 / n, np.log(n)])}


def next_nats(model: MaskedLanguageModel, sequences: Sequence[np.ndarray], rows: int) -> float:
    """The mean of -ln p(token | before it), over all tokens but the first, [SEP] among them."""
    order = bucketed_order(lengths_of(sequences), batch_size=rows, rng=None)
    asked = (next_of(b.ids, b.mask) for b in map(collate_sentences(sequences), order))
    return mean_loss(model, asked, lambda batch: model.loss(*batch), n_hidden)[0]


def seen(model: MaskedLanguageModel, ids: np.ndarray, other: int) -> np.ndarray:
    """Which outputs a token reaches, exactly: is output i another one where token j is?  (n, n).

    ``ids (n,)`` is one framed sentence; ``other`` stands in the place of each of its tokens in
    turn, and not a bit of an output may change where that token is not seen.
    """
    mask = np.ones((1, len(ids)), dtype=bool)
    before, columns = log_probabilities(model, ids[None], mask)[0], []
    for place in range(len(ids)):
        changed = ids.copy()
        changed[place] = other
        after = log_probabilities(model, changed[None], mask)[0]
        columns.append((after != before).any(axis=1))
    return np.array(columns).T


def written(
    model: MaskedLanguageModel,
    vocabulary: Vocabulary,
    n_texts: int,
    longest: int,
    rng: np.random.Generator,
) -> list[list[str]]:
    """Texts that a model from left to right writes, each token drawn from what it says."""
    ids = np.full((n_texts, 1), vocabulary.cls_id)
    for _ in range(longest - 1):
        p = np.exp(log_probabilities(model, ids, np.ones(ids.shape, dtype=bool))[:, -1])
        drawn = (p.cumsum(axis=1) < rng.random((n_texts, 1)) * p.sum(axis=1)[:, None]).sum(axis=1)
        ids = np.concatenate([ids, drawn[:, None]], axis=1)
    return [up_to_end(vocabulary.decode(row), vocabulary) for row in ids[:, 1:]]


def up_to_end(tokens: list[str], vocabulary: Vocabulary) -> list[str]:
    """The tokens before the first [SEP]."""
    (end,) = vocabulary.decode([vocabulary.sep_id])
    return tokens[: tokens.index(end)] if end in tokens else tokens


@cache
def every_review(language: str) -> set[tuple[str, ...]]:
    """The words of every sentence that the grammar has, whatever the seed."""
    cells = cells_of("sentiment", language, seed=0, single_clauses=True)
    every = [text for row in cells.values() for cell in row for text in cell.sentences]
    return {tuple(WordTokenizer().tokenize(text)) for text in every}


def judged(
    texts: Sequence[list[str]], language: str, read: Set[tuple[str, ...]]
) -> tuple[float, float, float]:
    """The share of texts that the grammar has, of those not ``read`` besides, their mean length."""
    possible = every_review(language)
    right = [tuple(text) in possible for text in texts]
    new = [tuple(text) in possible and tuple(text) not in read for text in texts]
    return float(np.mean(right)), float(np.mean(new)), float(np.mean([len(t) for t in texts]))
