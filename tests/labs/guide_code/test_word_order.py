"""Readers of the order task: what they can know, how large they are, how they learn."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.guide_code import word_order
from minillm.labs.guide_code.word_order import KINDS, STUDY, OrderReader, accuracies, training
from minillm.labs.stored import read_study
from minillm.labs.worlds.orders import texts
from minillm.models import AveragePoolingClassifier

SETTINGS = STUDY.settings
BLIND = ("mean", "mean_places", "attention")


@pytest.mark.guide("G13")
@pytest.mark.guide("G61")
@pytest.mark.errata("A71")
@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_can_tell_orders_only_where_word_and_place_meet_before_the_mean(kind, rng):
    ids, _ = texts(64, SETTINGS.words, rng)
    reader = OrderReader(replace(SETTINGS, dtype="float64"), kind, rng=rng)
    for p in reader.parameters():
        p.data = p.data + 0.1 * rng.standard_normal(p.shape)
    scores = reader(ids).data
    assert scores.shape == (64, 2)
    spread = np.abs(scores - scores[0]).max()
    assert spread < 1e-12 if kind in BLIND else spread > 1e-4


def test_the_reader_of_the_mean_is_the_guides_net_repaired(rng):
    reader = OrderReader(SETTINGS, "mean", rng=rng)
    net = AveragePoolingClassifier(SETTINGS.words, 2, rng=rng)
    names = [name for name, _ in net.named_parameters()]
    net.load_state_dict(dict(zip(names, reader.state_dict().values(), strict=True)))
    ids, _ = texts(9, SETTINGS.words, rng)
    np.testing.assert_allclose(reader(ids).data, net(ids, ids >= 0).data, atol=1e-7)


def test_the_readers_have_about_as_many_weights(rng):
    counts = [OrderReader(SETTINGS, kind, rng=rng).parameter_count() for kind in KINDS]
    assert max(counts) / min(counts) < 1.1


@pytest.mark.guide("G61")
def test_on_four_words_the_guides_net_stays_at_one_half_and_attention_with_places_learns():
    settings = replace(SETTINGS, words=4, tested=100, steps=80, measured_at=(0, 80))
    assert accuracies(settings, "mean", 0) == [0.5, 0.5]
    assert accuracies(settings, "attention_places", 0)[1] > 0.95


def test_every_kind_reads_the_same_texts_and_another_seed_others(monkeypatch):
    drawn = []
    monkeypatch.setattr(word_order, "texts", lambda *a: drawn.append(texts(*a)) or drawn[-1])
    settings = replace(SETTINGS, steps=2)
    for kind, seed in (("mean", 0), ("attention", 0), ("mean", 1)):
        assert [step for step, _ in training(settings, kind, seed)] == [0, 1, 2]
    ids = [batch for batch, _ in drawn]
    assert np.array_equal(ids[0], ids[2]) and np.array_equal(ids[1], ids[3])
    assert not np.array_equal(ids[0], ids[1]) and not np.array_equal(ids[0], ids[4])


def test_an_unknown_kind_is_refused(rng):
    with pytest.raises(ValueError, match=r"one of mean, .*, got 'median'"):
        OrderReader(SETTINGS, "median", rng=rng)


@pytest.mark.guide("G61")
@pytest.mark.errata("A71")
def test_what_is_stored_says_half_for_the_guides_net_and_nearly_all_with_attention_and_places():
    runs = read_study("word_order")
    assert all(len(values) >= 5 for values in runs.values())
    for kind in BLIND:
        assert np.abs(runs[kind] - 0.5).max() < 0.02, kind
    for kind in ("dense_places", "attention_places"):
        assert runs[kind][:, -1].min() > 0.9, kind
