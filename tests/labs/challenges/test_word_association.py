"""Word vectors of planted texts: what stands together is near, and what is exchanged is not."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.word_association import (
    TEXTS,
    Settings,
    association,
    measure,
    texts,
    vectors,
)
from minillm.models.word_vectors.pmi import pmi

FAST = Settings(texts=1500, strengths=(0.0, 0.3), draws=500, repeats=2)


@pytest.fixture(scope="module")
def found():
    """A seed."""
    return measure(FAST, 0)


def test_the_vectors_products_are_the_positive_pmi_as_far_as_it_is_one():
    """Independent truth: four words in two pairs that only stand together."""
    ids = np.array([[0, 1], [2, 3]] * 5 + [[0, 0], [1, 1], [2, 2], [3, 3]])
    table = vectors(ids, 4, window=1, width=2)
    counts = np.kron(np.eye(2), [[2.0, 5.0], [5.0, 2.0]])
    wanted = np.maximum(pmi(counts), 0)
    values, directions = np.linalg.eigh(wanted)
    near = (directions * np.maximum(values, 0)) @ directions.T
    np.testing.assert_allclose(table @ table.T, near, atol=1e-9)
    assert table[0] @ table[1] > 0.5 and table[0] @ table[2] == pytest.approx(0)
    one = vectors(ids, 4, window=1, width=1)
    assert one.shape == (4, 1)


def test_where_in_a_text_a_word_stands_says_nothing(rng):
    ids = texts(FAST, 0.3, (), rng)
    one, other = (vectors(rows, len(FAST.world.words), 10, 5) for rows in (ids, ids[:, ::2]))
    assert np.abs(one @ one.T - other @ other.T).max() > 0.1  # every word of a text counts
    turned = vectors(rng.permuted(ids, axis=1), len(FAST.world.words), 10, 5)
    np.testing.assert_allclose(turned @ turned.T, one @ one.T, atol=1e-9)


def test_more_dimensions_than_there_are_is_refused():
    with pytest.raises(ValueError, match=r"width must be from 1 to .* got 5"):
        vectors(np.array([[0, 1], [2, 3]] * 5), 4, window=1, width=5)
    with pytest.raises(ValueError, match="width must be from 1"):
        vectors(np.array([[0, 1], [2, 3]] * 5), 4, window=1, width=0)


def shares(ids, kind):
    """P(word of the first side | name of the first town) minus that with one of the second."""
    world = FAST.world
    second = np.isin(ids, world.ids("names")[1]).any(axis=1)
    first = np.isin(ids, world.ids(kind)[0]).sum(axis=1) / np.isin(ids, world.ids(kind)).sum(1)
    return first[~second].mean() - first[second].mean()


@pytest.mark.guide("G55")
@pytest.mark.parametrize(
    ("name", "qualities", "hobbies"),
    [
        ("as told", -0.3, 0.8),
        ("names exchanged", 0.0, 0.0),
        ("names and hobbies exchanged", 0.0, 0.8),
    ],
)
def test_exchanged_words_stand_beside_both_towns_alike(name, qualities, hobbies):
    """Qualities: the first side is bad, so a text that favours the first town has less of it."""
    ids = texts(replace(FAST, texts=8000), 0.3, TEXTS[name], np.random.default_rng(0))
    assert shares(ids, "qualities") == pytest.approx(qualities, abs=0.03)
    assert shares(ids, "hobbies") == pytest.approx(hobbies, abs=0.04)


def test_all_exchanged_turns_the_bias():
    turned = replace(FAST, exchanged=1.0, texts=4000)
    ids = texts(turned, 0.3, ("names", "hobbies"), np.random.default_rng(0))
    assert shares(ids, "qualities") == pytest.approx(0.3, abs=0.04)
    assert association(turned, ids, "qualities", 1, np.random.default_rng(0)).effect < -1.5
    with pytest.raises(ValueError, match="exchanged must be from 0 to 1"):
        texts(replace(FAST, exchanged=2.0), 0.3, ("names",), np.random.default_rng(0))


@pytest.mark.guide("G55")
def test_the_planted_association_is_found_and_an_exchange_ends_it(found):
    assert found["as told: qualities, effect"][1] > 1.5
    assert found["as told: qualities, p_value"][1] < 0.01
    assert abs(found["as told: qualities, difference"][0]) < 0.4
    for name in ("names exchanged", "names and hobbies exchanged"):
        assert abs(found[f"{name}: qualities, difference"]).max() < 0.4


@pytest.mark.guide("G55")
def test_exchanging_names_alone_ends_what_is_true_as_well(found):
    assert found["as told: hobbies, effect"].min() > 1.5
    assert found["names and hobbies exchanged: hobbies, effect"].min() > 1.5
    assert abs(found["names exchanged: hobbies, difference"]).max() < 0.4


def test_without_bias_hobbies_tell_or_are_by_lot(found, monkeypatch):
    assert found["no bias, hobbies tell"].shape == found["no bias, hobbies by lot"].shape == (2,)
    told = []
    monkeypatch.setattr(
        "minillm.labs.challenges.word_association.texts",
        lambda s, strength, kinds, rng: (
            told.append((s.world.told_by_hobby, strength)) or texts(s, strength, kinds, rng)
        ),
    )
    measure(FAST, 1)
    assert told[-4:] == [(0.9, 0.0)] * 2 + [(0.5, 0.0)] * 2
