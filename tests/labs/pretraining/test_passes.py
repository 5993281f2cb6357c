"""The study of passes: each is pretrained anew, and the cosines are those of the right words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.labs.pretraining import passes
from minillm.labs.pretraining.passes import STUDY, mean_cosines
from minillm.labs.stored import read_settings, read_study
from minillm.labs.two_stages import Sizes
from minillm.text.corpora.sentiment_en import ENGLISH
from tests.labs.planted_models import PlantedStages, grammar


def training_with(table, words):
    """The part of a training that ``mean_cosines`` looks at."""
    numbers = {word: number for number, word in enumerate(words)}
    weight = SimpleNamespace(weight=SimpleNamespace(data=np.array(table)))
    model = SimpleNamespace(classifier=SimpleNamespace(bert=SimpleNamespace(tokens=weight)))
    vocabulary = SimpleNamespace(token_to_id=numbers)
    return SimpleNamespace(encoder=SimpleNamespace(vocabulary=vocabulary), model=model)


def test_the_cosines_are_those_of_opposites_and_of_the_others_once_the_mean_is_off():
    # two pairs: the words of one have the same vector, of the other opposite ones
    table = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, -1.0], [-4.0, 0.0]])
    words = ["gripping", "dull", "clear", "confusing", "the"]
    for shift in (0.0, 7.0):
        found = mean_cosines(
            training_with(table + shift, words), ["gripping/dull", "clear/confusing"]
        )
        assert found == pytest.approx((0.0, 0.0))
    found = mean_cosines(training_with(table, words), ["gripping/dull"] * 2)
    assert found == pytest.approx((1.0, 1.0))


def test_each_number_of_passes_is_its_own_pretraining(monkeypatch):
    noted = []
    monkeypatch.setattr(passes, "TwoStages", PlantedStages(lambda _: grammar("en").get, noted))
    monkeypatch.setattr(passes, "mean_cosines", lambda training, pairs: (0.5, float(len(pairs))))
    settings = replace(STUDY.settings, languages=("en",), sizes=Sizes(40, 20, 60, 30))
    found = STUDY.measure(settings, 3)
    made = [note["recipe"].pretrain_epochs for note in noted if "recipe" in note]
    assert made == list(settings.passes)
    assert found["en, accuracy"].shape == (3, 6) and (found["en, accuracy"] == 1).all()
    assert found["en, nats"].tolist() == [[1.0, 2.0]] * 3
    assert found["en, cosines"].tolist() == [[0.5, 16.0]] * 3


@pytest.mark.guide("G27")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_after_twelve_passes_a_hidden_word_costs_less_than_by_its_neighbours(language):
    """In every seed that is stored; without pretraining more than twice as much."""
    place = read_settings("passes")["passes"].index(12.0)
    nats = read_study("passes")[f"{language}, nats"]
    assert (nats[:, place, 0] < nats[:, place, 1]).all()
    assert (nats[:, 0, 0] > 2 * nats[:, 0, 1]).all()


def test_the_opposites_are_those_of_the_grammar():
    written = {
        f"{good}/{bad}"
        for domain in ENGLISH.domains
        for aspect in domain.aspects
        for good, bad in zip(aspect.words["positive"], aspect.words["negative"], strict=True)
    }
    assert len(set(STUDY.settings.opposites)) == 16
    assert set(STUDY.settings.opposites) <= written
