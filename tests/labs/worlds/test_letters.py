"""Letters to be remembered: what is asked, and what a bag can say."""

import numpy as np
import pytest

from minillm.labs.worlds.letters import Letters, draw, most_frequent

WORLDS = [Letters(), Letters(alphabet=3, length=7, asked=2)]


@pytest.mark.parametrize("letters", WORLDS, ids=str)
@pytest.mark.parametrize("distance", [1, 2, 5])
def test_the_target_is_the_letter_that_many_places_before(letters, distance, rng):
    ids, targets = draw(letters, 5, distance, rng)
    assert ids.shape == (5, letters.length) and targets.shape == (5, letters.asked)
    assert set(ids.ravel().tolist()) <= set(range(letters.alphabet))
    for text, wanted in zip(ids, targets, strict=True):
        places = range(letters.length - letters.asked, letters.length)
        assert [text[place - distance] for place in places] == wanted.tolist()


@pytest.mark.parametrize("distance", [-1, 0, 6])
def test_a_distance_out_of_the_text_is_refused(distance, rng):
    with pytest.raises(ValueError, match=f"from 1 to 5, got {distance}"):
        draw(WORLDS[1], 5, distance, rng)


@pytest.mark.parametrize("letters", WORLDS, ids=str)
def test_the_most_frequent_letter_is_that_of_a_counter(letters, rng):
    ids, _ = draw(letters, 3, 1, rng)
    for text, found in zip(ids.tolist(), most_frequent(letters, ids), strict=True):
        places = range(letters.length - letters.asked, letters.length)
        for place, letter in zip(places, found, strict=True):
            counts = [text[: place + 1].count(c) for c in range(letters.alphabet)]
            assert counts[letter] == max(counts)


def test_the_most_frequent_letters_of_many_texts_have_their_shape(rng):
    assert most_frequent(WORLDS[0], np.zeros((4, 48), dtype=int)).shape == (4, 16)
