"""The order task: what its texts are, and that nothing but order tells their classes."""

import numpy as np
import pytest

from minillm.labs.worlds.orders import texts, twins


@pytest.mark.parametrize("words", [2, 3, 12])
def test_a_text_has_every_word_once_and_its_class_is_the_order_of_two(words, rng):
    ids, classes = texts(200, words, rng)
    assert np.array_equal(np.sort(ids, axis=1), np.tile(np.arange(words), (200, 1)))
    for text, label in zip(ids.tolist(), classes, strict=True):
        assert label == (text.index(0) < text.index(1))
    assert 60 < classes.sum() < 140


@pytest.mark.parametrize("words", [2, 3, 12])
def test_a_twin_differs_in_two_words_and_has_the_other_class(words, rng):
    ids, classes = twins(50, words, rng)
    for text, twin in zip(ids[:50].tolist(), ids[50:].tolist(), strict=True):
        a, b = text.index(0), text.index(1)
        text[a], text[b] = text[b], text[a]
        assert text == twin
    assert np.array_equal(classes[:50] + classes[50:], np.ones(50))
    assert all(
        (twin.index(0) < twin.index(1)) == c
        for twin, c in zip(ids[50:].tolist(), classes[50:], strict=True)
    )
