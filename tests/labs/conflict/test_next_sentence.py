"""Pairs of sentences, and BERT with both heads of its pretraining."""

import numpy as np
import pytest

from minillm.labs.conflict.next_sentence import BertPretraining, draw_pairs
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.ops import IGNORE
from minillm.text import Vocabulary
from minillm.training.objectives import gradients_by_loss, shared_places

VOCABULARY = Vocabulary.build([["a", "b", "c", "x", "y"]])
CLS, SEP = VOCABULARY.cls_id, VOCABULARY.sep_id
A, B, C, X, Y = VOCABULARY.encode(["a", "b", "c", "x", "y"])
KINDS = [
    [np.array([CLS, A, SEP]), np.array([CLS, B, C, SEP])],
    [np.array([CLS, X, Y, SEP]), np.array([CLS, Y, SEP])],
]


def drawn(n=400, seed=0):
    return draw_pairs(KINDS, n, VOCABULARY, rate=0.3, rng=np.random.default_rng(seed))


def originals(pairs):
    return np.where(pairs.targets != IGNORE, pairs.targets, pairs.ids)


def test_half_of_the_pairs_are_of_one_kind_and_segments_tell_the_sentences_apart():
    pairs = drawn()
    first = {A, B, C}
    for row, mask, segments, follows in zip(
        originals(pairs), pairs.mask, pairs.segments, pairs.follows, strict=True
    ):
        ends = np.flatnonzero(row[mask] == SEP)
        assert row[0] == CLS and len(ends) == 2 and ends[1] == mask.sum() - 1
        assert (segments[: ends[0] + 1] == 0).all()
        assert (segments[ends[0] + 1 : ends[1] + 1] == 1).all() and not segments[~mask].any()
        kinds = [int(row[1]) in first, int(row[ends[0] + 1]) in first]
        assert (kinds[0] == kinds[1]) == follows
    assert abs(pairs.follows.mean() - 0.5) < 0.15


def test_words_are_hidden_and_signs_are_not():
    pairs = drawn()
    asked = pairs.targets != IGNORE
    assert asked.any(axis=1).all() and not np.isin(pairs.targets[asked], [CLS, SEP]).any()
    assert (pairs.ids[asked] == VOCABULARY.mask_id).mean() == pytest.approx(0.8, abs=0.1)


def test_both_losses_are_those_of_the_heads_and_share_the_encoder():
    rng = np.random.default_rng(0)
    config = BertConfig(len(VOCABULARY), width=8, n_layers=1, n_heads=2, hidden=8, dropout=0.0)
    model, pairs = BertPretraining(Bert(config, rng=rng), rng=rng), drawn(20)
    words, follows = model.losses(pairs)
    masked = MaskedLanguageModel.loss(model, pairs.ids, pairs.mask, pairs.targets, pairs.segments)
    assert float(words.data) == pytest.approx(float(masked.data), rel=1e-5)
    hidden = model.bert(pairs.ids, pairs.mask, pairs.segments).data[:, 0]
    pooled = np.tanh(hidden @ model.pooler.weight.data.T + model.pooler.bias.data)
    logits = pooled @ model.output.weight.data.T + model.output.bias.data
    right = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(20), pairs.follows]
    assert float(follows.data) == pytest.approx(right.mean(), rel=1e-4)
    parameters = model.parameters()
    shared = {
        id(parameters[i]) for i in shared_places(gradients_by_loss([words, follows], parameters))
    }
    assert shared == {id(p) for p in model.bert.parameters()}
