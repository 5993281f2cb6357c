"""The order task: what its texts are, and that nothing but order tells their classes."""

import numpy as np
import pytest

from minillm.labs.transformer.positions import (
    BATCH,
    KINDS,
    WORDS,
    OrderReader,
    accuracy,
    texts,
    trained,
    twins,
)


def test_a_text_has_every_word_once_and_its_class_is_the_order_of_two(rng):
    ids, classes = texts(200, rng)
    assert np.array_equal(np.sort(ids, axis=1), np.tile(np.arange(WORDS), (200, 1)))
    for text, label in zip(ids.tolist(), classes, strict=True):
        assert label == (text.index(0) < text.index(1))
    assert 60 < classes.sum() < 140


def test_a_twin_differs_in_two_words_and_has_the_other_class(rng):
    ids, classes = twins(50, rng)
    for text, twin in zip(ids[:50].tolist(), ids[50:].tolist(), strict=True):
        a, b = text.index(0), text.index(1)
        text[a], text[b] = text[b], text[a]
        assert text == twin
    assert np.array_equal(classes[:50] + classes[50:], np.ones(50))
    assert all(
        (twin.index(0) < twin.index(1)) == c
        for twin, c in zip(ids[50:].tolist(), classes[50:], strict=True)
    )


@pytest.mark.guide("G13")
@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_knows_the_order_only_with_positions(kind, rng):
    ids, _ = texts(BATCH, rng)
    scores = OrderReader(kind, rng=rng)(ids).data
    spread = np.abs(scores - scores[0]).max()
    assert scores.shape == (BATCH, 2) and scores.dtype == np.float64
    assert spread < 1e-12 if kind == "none" else spread > 1e-6


def test_a_reader_without_positions_is_right_on_exactly_half_of_the_twins(rng):
    assert accuracy(OrderReader("none", rng=rng), seed=0) == 0.5


def test_training_changes_the_reader_and_is_repeated_by_its_seed():
    one, again, other = (trained("learned", seed, steps=2) for seed in (3, 3, 4))
    untrained = trained("learned", 3, steps=0)
    for name, values in one.state_dict().items():
        assert np.array_equal(values, again.state_dict()[name])
        # one number for all keys of a query changes nothing: the bias of the keys stays
        moved = not np.allclose(values, untrained.state_dict()[name], rtol=0, atol=1e-9)
        assert moved == (name != "attention.key.bias"), name
    assert not np.allclose(one.words.data, other.words.data)


def test_an_unknown_kind_is_refused(rng):
    with pytest.raises(ValueError, match="one of none, sinusoidal, learned, got 'rotary'"):
        OrderReader("rotary", rng=rng)
