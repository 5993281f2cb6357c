"""Readers of the order task: what they can know, and how they are trained."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.transformer import positions
from minillm.labs.transformer.positions import STUDY, OrderReader, measure, order_accuracy, trained
from minillm.labs.worlds.orders import texts, twins

SETTINGS = STUDY.settings


def steps(number):
    return replace(SETTINGS, adam=replace(SETTINGS.adam, steps=number))


@pytest.mark.guide("G13")
@pytest.mark.parametrize("kind", SETTINGS.kinds)
def test_a_reader_knows_the_order_only_with_positions(kind, rng):
    ids, _ = texts(64, SETTINGS.words, rng)
    scores = OrderReader(SETTINGS, kind, rng=rng)(ids).data
    spread = np.abs(scores - scores[0]).max()
    assert scores.shape == (64, 2) and scores.dtype == np.float64
    assert spread < 1e-12 if kind == "none" else spread > 1e-6


def test_a_reader_without_positions_is_right_on_exactly_half_of_the_twins(rng):
    assert order_accuracy(SETTINGS, OrderReader(SETTINGS, "none", rng=rng), seed=0) == 0.5


def test_training_changes_the_reader_and_is_repeated_by_its_seed():
    one, again, other = (trained(steps(2), "learned", seed) for seed in (3, 3, 4))
    untrained = trained(steps(0), "learned", 3)
    for name, values in one.state_dict().items():
        assert np.array_equal(values, again.state_dict()[name])
        # one number for all keys of a query changes nothing: the bias of the keys stays
        moved = not np.allclose(values, untrained.state_dict()[name], rtol=0, atol=1e-9)
        assert moved == (name != "attention.key.bias"), name
    assert not np.allclose(one.words.data, other.words.data)


@pytest.mark.guide("G13")
def test_trained_on_four_words_a_reader_is_right_half_the_time_or_with_positions_always():
    adam = replace(SETTINGS.adam, rate=1e-2, steps=80)
    settings = replace(SETTINGS, words=4, width=16, batch=32, tested=100, adam=adam)
    assert measure(settings, 0) == {"none": 0.5, "sinusoidal": 1.0, "learned": 1.0}


def test_no_text_of_the_test_is_one_of_training_and_other_seeds_draw_others(monkeypatch):
    """Twelve words have 479 million orders: two draws have none in common."""
    drawn = {}

    def noting(draw, name):
        def noted(*arguments):
            ids, classes = draw(*arguments)
            drawn.setdefault(name, []).append({order.tobytes() for order in ids})
            return ids, classes

        return noted

    for draw in (texts, twins):
        monkeypatch.setattr(positions, draw.__name__, noting(draw, draw.__name__))
    settings = replace(steps(1), kinds=("none",), tested=SETTINGS.batch)
    for seed in (0, 1):
        measure(settings, seed)
    sets = [*drawn["texts"], *drawn["twins"]]
    assert len(sets) == 4 and len(set.union(*sets)) == sum(map(len, sets))


def test_each_seed_and_each_kind_has_first_weights_of_its_own():
    first = [trained(steps(0), kind, seed) for kind, seed in (("none", 0), ("none", 1))]
    first += [trained(steps(0), "sinusoidal", 0)]
    assert len({reader.words.data.tobytes() for reader in first}) == 3


def test_an_unknown_kind_is_refused(rng):
    with pytest.raises(ValueError, match="one of none, sinusoidal, learned, got 'rotary'"):
        OrderReader(SETTINGS, "rotary", rng=rng)


def test_every_kind_reads_the_same_texts(monkeypatch):
    drawn = []
    module = "minillm.labs.transformer.positions.texts"
    monkeypatch.setattr(module, lambda *a: drawn.append(texts(*a)) or drawn[-1])
    measure(replace(steps(2), tested=5), 0)
    assert len(drawn) == 2 * len(SETTINGS.kinds)
    assert all(np.array_equal(drawn[i][0], drawn[i + 2][0]) for i in range(4))
    assert not np.array_equal(drawn[0][0], drawn[1][0])
