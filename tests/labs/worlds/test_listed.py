"""Sentences of a small grammar: ids, texts, chances, draws."""

import numpy as np
import pytest

from minillm.labs.worlds.listed import Listed, Sentence, share

SOME = [
    Sentence(("the", "soup", "was", "warm"), (1, 0), 3.0),
    Sentence(("the", "soup", "was", "cold"), (0, 0), 1.0),
]


def test_texts_ids_and_chances_by_hand():
    every = Listed(SOME, "en")
    assert every.texts == ["The soup was warm.", "The soup was cold."]
    assert every.words == ["the", "soup", "was", "warm", ".", "cold"]
    assert every.ids.tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 5, 4]]
    assert every.labels.tolist() == [[1, 0], [0, 0]]
    assert every.chances.tolist() == [0.75, 0.25]
    assert Listed([Sentence(("汤", "很", "热"), (1, 1), 1.0)], "zh").texts == ["汤很热。"]


def test_sentences_are_drawn_as_often_as_they_are_probable():
    every = Listed(SOME, "en")
    drawn = every.draw(4000, np.random.default_rng(0))
    assert abs(drawn.labels[:, 0].mean() - 0.75) < 6 * (0.1875 / 4000) ** 0.5
    assert (drawn.ids[:, 3] == np.where(drawn.labels[:, 0] == 1, 3, 5)).all()


def test_another_language_and_what_is_no_probability_are_refused():
    with pytest.raises(ValueError, match="language must be one of en, zh, got 'fr'"):
        Listed(SOME, "fr")
    with pytest.raises(ValueError, match=r"differ must be from 0 to 1, got 1\.5"):
        share("differ", 1.5)
    assert [share("differ", value) for value in (0.0, 1.0)] == [0, 1]
