"""Activation patching: all of the stream brings all of the score back, and planted parts theirs."""

from functools import partial

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.models.attribution import (
    Reading,
    classifier_reading,
    next_token_reading,
    patched_score,
    patching_effects,
    streams,
)
from tests.models.small_bert import IDS, small_classifier
from tests.models.small_gpt import small_gpt

TEXTS = np.array([[2, 7, 5, 12], [2, 7, 3, 1]])


def carried(x, source, target):
    """A layer that adds what stands at one position to another."""
    move = np.zeros((x.shape[1], x.shape[1]))
    move[target, source] = 1.0
    return x + Tensor(move) @ x


def planted(vectors):
    """Position 1 is carried to 0 by the first layer, and read there behind the second."""
    layers = [partial(carried, source=1, target=0), lambda x: x]
    return Reading(vectors, lambda x: x, layers, lambda x: x[:, 0].sum(axis=1))


@pytest.mark.guide("G52")
def test_it_finds_where_what_decides_stands_behind_each_layer():
    rng = np.random.default_rng(0)
    corrupted = rng.standard_normal((3, 4, 2))
    clean = corrupted.copy()
    clean[:, 1:] += rng.standard_normal((3, 3, 2))  # positions 2 and 3 differ and do nothing
    effects = patching_effects(planted(clean), planted(corrupted))
    expected = np.zeros((3, 4))
    expected[0, 1] = expected[1, 0] = expected[2, 0] = 1.0
    np.testing.assert_allclose(effects, expected, atol=1e-12)
    chosen = patching_effects(planted(clean), planted(corrupted), np.array([[3, 1]] * 3))
    np.testing.assert_allclose(chosen, expected[:, [3, 1]], atol=1e-12)


def test_of_models_the_vector_that_is_read_brings_all_back_behind_the_last_layer():
    classes, mask = np.array([1, 0]), np.ones((2, 5), dtype=bool)
    model, other = small_classifier().eval(), IDS[:, ::-1]
    clean, corrupted = (classifier_reading(model, i, mask, classes) for i in (IDS, other))
    effects = patching_effects(clean, corrupted)
    assert effects.shape == (3, 5)
    np.testing.assert_allclose(effects[-1], [1.0, 0.0, 0.0, 0.0, 0.0], atol=1e-9)
    gpt = small_gpt().eval()
    clean, corrupted = (next_token_reading(gpt, i, classes) for i in (TEXTS, TEXTS[:, ::-1]))
    np.testing.assert_allclose(patching_effects(clean, corrupted)[-1], [0, 0, 0, 1], atol=1e-9)


def test_a_text_that_is_patched_with_itself_is_as_it_was():
    reading = next_token_reading(small_gpt().eval(), TEXTS, np.array([3, 9]))
    whole = reading.score(Tensor(reading.vectors)).data
    for layer, stream in enumerate(streams(reading)):
        found = patched_score(reading, stream, layer=layer, position=np.array([1, 3]))
        np.testing.assert_allclose(found, whole)


def test_what_cannot_be_patched_is_refused():
    reading = planted(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="patched_score: layer must be 0 to 2, got 3"):
        patched_score(reading, np.zeros((2, 3, 4)), layer=3, position=np.array([0, 0]))
    for other, position in (((2, 3), [0, 0]), ((2, 3, 4), [0]), ((2, 3, 4), [0, 3])):
        with pytest.raises(ValueError, match=r"other must be \(2, 3, 4\) and position \(2,\) bel"):
            patched_score(reading, np.zeros(other), layer=0, position=np.array(position))
    with pytest.raises(ValueError, match=r"clean texts are \(2, 3, 4\), corrupted ones \(2, 4, 4"):
        patching_effects(reading, planted(np.zeros((2, 4, 4))))
    with pytest.raises(ValueError, match=r"positions must be \(2, P\), got \(3, 1\)"):
        patching_effects(reading, reading, np.zeros((3, 1), dtype=int))
    with pytest.raises(ValueError, match="both have the same mean score"):
        patching_effects(reading, reading)
