"""The study of both sides: what each way sees and is asked, and its exact least losses."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.pretraining import sides
from minillm.labs.pretraining.filling import (
    WAYS,
    LeftOnly,
    best_nats,
    best_without_mask,
    framed,
    log_probabilities,
    looks,
    nats_by_place,
    seen,
)
from minillm.labs.stored import read_study
from minillm.labs.worlds.agreement import Agreement
from minillm.text import IGNORE

LANGUAGE = Agreement(
    nouns="dog/dogs cat/cats", places="near", verbs="eats/eat hides/hide", reasons="hunger fear"
)
TINY = replace(
    sides.STUDY.settings,
    language=LANGUAGE,
    width=8,
    n_heads=2,
    hidden=8,
    batch=8,
    steps=3,
    warmup=1,
    measured_at=(3,),
)
READ = framed(LANGUAGE)
MASK = READ.vocabulary.mask_id


@pytest.mark.guide("G27")
def test_least_losses_are_those_that_can_be_had_by_hand():
    both, left = (best_nats(WAYS[name], Agreement()) for name in ("both", "left"))
    ln2, rare = np.log(2), -0.8 * np.log(0.8) - 0.2 * np.log(0.2)
    np.testing.assert_allclose(both, [0, 2 * ln2, ln2, 0, 3 * ln2, rare, 0, rare], atol=1e-12)
    np.testing.assert_allclose(left, [0, 3 * ln2, ln2, 0, 3 * ln2, 2 * ln2, 0, rare], atol=1e-12)


@pytest.mark.guide("G29")
def test_the_models_differ_in_what_a_position_sees_and_in_nothing_else():
    both, left = (sides.new_model(TINY, name, 0) for name in ("both", "left"))
    for (name, a), (other, b) in zip(both.named_parameters(), left.named_parameters(), strict=True):
        assert name == other and np.array_equal(a.data, b.data)
    ids = READ(LANGUAGE.every[0][:1])
    changed = ids.copy()
    changed[:, -2] = MASK
    for model, sees in ((both, True), (left, False)):
        assert isinstance(model.bert, LeftOnly) != sees
        before, after = (log_probabilities(model, x, 4, READ.first) for x in (ids, changed))
        assert (np.abs(before - after).max() > 1e-6) == sees


def test_questions_are_asked_of_the_same_sentences():
    asked = {name: list(sides.questions(TINY, name, 0)) for name in WAYS}
    texts = list(sides.sentences(TINY, 0))
    for name, rows in asked.items():
        assert len(rows) == TINY.steps
        for (ids, mask, targets), text in zip(rows, texts, strict=True):
            assert mask.all()
            if name == "next":
                np.testing.assert_array_equal(ids, text)
                np.testing.assert_array_equal(targets[:, :-2], text[:, 1:-1])
                assert (targets[:, -2:] == IGNORE).all()
            else:
                hidden = targets != IGNORE
                assert (hidden.sum(axis=1) == 1).all()  # 15 % of eight words
                np.testing.assert_array_equal(np.where(hidden, targets, ids), text)
                assert name != "masks" or (ids[hidden] == MASK).all()


def test_a_loss_by_place_is_the_mean_of_one_sentence_after_another():
    for name in ("both", "next"):
        model, way = sides.new_model(TINY, name, 0), WAYS[name]
        found, total = nats_by_place(model, way, READ), np.zeros(LANGUAGE.length)
        for sentence, chance in zip(*LANGUAGE.every, strict=True):
            for place, word in enumerate(sentence):
                ids = READ(sentence[None])
                at = place if name == "next" else place + 1
                ids[0, place + 1] = MASK  # "next" does not see it
                total[place] -= chance * log_probabilities(model, ids, at, READ.first)[0, word]
        np.testing.assert_allclose(found, total, rtol=1e-4)
        assert (found >= best_nats(way, LANGUAGE) - 1e-9).all()


def test_who_sees_the_left_side_looks_at_nothing_behind_the_hidden_word():
    weights = looks(sides.new_model(TINY, "left", 0), READ)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert all((row[place + 2 :] == 0).all() for place, row in enumerate(weights))
    assert seen(WAYS["left"], 3, 8) == [0, 1, 2] and seen(WAYS["both"], 1, 4) == [0, 2, 3]


def test_without_a_mask_the_best_answer_mostly_trusts_the_word_that_stands_there():
    """A kept word costs -ln of (1 + 1/V) p / (p + 1/V), where p is what the rest says of it."""
    sentences, chances = LANGUAGE.every
    same, _ = best_without_mask(READ, sentences)
    n, wanted = len(LANGUAGE.words), []
    for place in range(LANGUAGE.length):
        others = [i for i in range(LANGUAGE.length) if i != place]
        for row in sentences:
            fits = (sentences[:, others] == row[others]).all(axis=1)
            p = chances[fits & (sentences[:, place] == row[place])].sum() / chances[fits].sum()
            wanted.append(-np.log(p * (1 + 1 / n) / (p + 1 / n)))
    mean = np.array(wanted).reshape(LANGUAGE.length, -1) @ chances
    assert same == pytest.approx(mean.mean())


@pytest.mark.guide("G27")
def test_in_every_stored_seed_each_model_comes_near_its_least_loss_and_counting_does_not():
    runs = read_study("sides")
    for name in ("both", "left", "next"):
        excess = runs[f"curve {name}"][:, -1] - best_nats(WAYS[name], Agreement()).mean()
        assert (excess > -1e-4).all() and (excess < 0.05).all(), name
    assert (runs["counted"].mean(axis=2).min(axis=1) > runs["curve left"][:, -1] + 0.1).all()
