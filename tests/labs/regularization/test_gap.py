"""The validation gap: small runs whose outcome is known, and the stored numbers."""

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.regularization.gap import DECAYS, ITEMS, RATES, accuracies, chosen_by_dev, news


@pytest.mark.guide("G23", "G24")
def test_twenty_items_are_learned_by_heart_but_not_without_weights_or_without_units():
    free = accuracies(0, items=20, epochs=30)
    assert free[0] == 1.0 and free[2] < 0.95
    for too_much in ({"decay": 900.0}, {"dropout": 0.95}):
        held = accuracies(0, items=20, epochs=30, **too_much)
        assert held[0] <= 0.6 and held[2] < 0.45  # four topics: chance is 0.25


def test_the_same_seed_gives_the_same_numbers_and_another_seed_has_other_items():
    runs = [accuracies(seed, items=20, epochs=3, dropout=0.1) for seed in (1, 1, 2)]
    assert (runs[0] == runs[1]).all() and (runs[0] != runs[2]).any()


def test_a_seed_beyond_the_corpus_is_refused():
    with pytest.raises(ValueError, match="seed 20 needs items up to 4200"):
        accuracies(20)


def test_no_item_is_in_two_splits():
    corpus = news()
    texts = [{example.text for example in part} for part in (corpus.train, corpus.dev, corpus.test)]
    assert not (texts[0] & texts[1] or texts[0] & texts[2] or texts[1] & texts[2])
    assert len(corpus.train) >= 10 * ITEMS


def test_the_best_setting_on_dev_is_chosen_whatever_test_says():
    scores = np.array([[[1, 0.7, 0.9], [1, 0.8, 0.6]], [[1, 0.5, 0.1], [1, 0.5, 0.9]]])
    assert chosen_by_dev(scores).tolist() == [[0.8, 0.6, 1], [0.5, 0.1, 0]]


def test_every_setting_is_stored():
    results = read_study("gap")
    assert results["dropout"].shape == (10, len(RATES), 3)
    assert results["decay"].shape == (10, len(DECAYS), 3)
    assert (results["dropout"][:, 0] == results["decay"][:, 0]).all()
