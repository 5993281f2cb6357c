"""The validation gap: small runs whose outcome is known, and the stored numbers."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.regularization import gap
from minillm.labs.regularization.gap import (
    STUDY,
    chosen_by_dev,
    measure,
    news,
    three_accuracies,
    with_decay,
    with_dropout,
)

SETTINGS = STUDY.settings


def few(updates):
    """Twenty items, learned in so many updates."""
    return replace(SETTINGS, items=20, bert=replace(SETTINGS.bert, updates=updates))


def planted(knows, noted):
    """A learner that is right about some texts only, and writes down what it is given."""

    def bert_fit(_, *, seed):
        def fit(examples):
            classes = sorted({label for _, label in examples})

            def predict(texts):
                noted.append((seed, examples, texts))
                said = [classes.index(knows[t]) if t in knows else -1 for t in texts]
                return np.eye(len(classes) + 1)[said]  # the last one is never right

            return predict

        return fit

    return bert_fit


@pytest.mark.guide("G42")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_three_numbers_are_of_the_seeds_own_items_of_dev_and_of_test(place, monkeypatch):
    corpus, settings, seed, noted = news("topics", "en"), replace(SETTINGS, items=40), 3, []
    parts = corpus.train[3 * 40 : 4 * 40], corpus.dev, corpus.test
    monkeypatch.setattr(gap, "bert_fit", planted(dict(parts[place]), noted))
    found = three_accuracies(settings, seed)
    assert found.tolist() == [float(i == place) for i in range(3)]
    assert noted == [(seed, parts[0], [text for text, _ in part]) for part in parts]


def test_no_two_seeds_of_the_study_learn_the_same_item(monkeypatch):
    noted = []
    monkeypatch.setattr(gap, "bert_fit", planted({}, noted))
    for seed in STUDY.seeds:
        three_accuracies(SETTINGS, seed)
    learned = [text for _, examples, _ in noted[::3] for text, _ in examples]
    assert len(learned) == len(set(learned)) == len(STUDY.seeds) * SETTINGS.items


@pytest.mark.guide("G23", "G24")
def test_twenty_items_are_learned_by_heart_but_not_without_weights_or_without_units():
    free = three_accuracies(few(30), 0)
    assert free[0] == 1.0 and free[2] < 0.95
    for too_much in (with_decay(few(30), 900.0), with_dropout(few(30), 0.95)):
        held = three_accuracies(too_much, 0)
        assert held[0] <= 0.6 and held[2] < 0.45  # four topics: chance is 0.25


def test_the_same_seed_gives_the_same_numbers_and_another_seed_has_other_items():
    runs = [three_accuracies(with_dropout(few(3), 0.1), seed) for seed in (1, 1, 2)]
    assert (runs[0] == runs[1]).all() and (runs[0] != runs[2]).any()


def test_a_seed_beyond_the_corpus_is_refused():
    with pytest.raises(ValueError, match="seed 20 needs items up to 4200"):
        three_accuracies(SETTINGS, 20)


def test_no_item_is_in_two_splits():
    corpus = news("topics", "en")
    texts = [{example.text for example in part} for part in (corpus.train, corpus.dev, corpus.test)]
    assert not (texts[0] & texts[1] or texts[0] & texts[2] or texts[1] & texts[2])
    assert len(corpus.train) >= 10 * SETTINGS.items


def test_the_best_setting_on_dev_is_chosen_whatever_test_says():
    scores = np.array([[[1, 0.7, 0.9], [1, 0.8, 0.6]], [[1, 0.5, 0.1], [1, 0.5, 0.9]]])
    assert chosen_by_dev(scores).tolist() == [[0.8, 0.6, 1], [0.5, 0.1, 0]]


def test_every_setting_is_stored():
    results = read_study("gap")
    assert results["dropout"].shape == (10, len(SETTINGS.dropouts), 3)
    assert results["decay"].shape == (10, len(SETTINGS.decays), 3)
    assert (results["dropout"][:, 0] == results["decay"][:, 0]).all()


def test_in_ten_seeds_what_dev_chooses_gains_on_test_and_too_much_is_worse_than_none():
    results = read_study("gap")
    for sweep in results.values():
        none = sweep[:, 0, 2]
        gained = chosen_by_dev(sweep)[:, 1] - none
        assert gained.mean() > 3 * gained.std(ddof=1) / 10**0.5
        assert (sweep[:, -1, 2] < none - 0.2).all()
    train, _, test = results["decay"].transpose(2, 0, 1)
    assert (train[:, 0] == 1).all()
    assert ((train - test).argmin(axis=1) == 5).all() and (test.argmin(axis=1) == 5).all()
    np.testing.assert_allclose(test[:, 1], test[:, 0], atol=0.002)  # the usual 0.01


def test_both_sweeps_begin_with_neither_which_is_trained_once(monkeypatch):
    trained = []

    def counted(settings, seed):
        trained.append(settings)
        return np.array([settings.bert.dropout, settings.bert.weight_decay, seed])

    monkeypatch.setattr(gap, "three_accuracies", counted)
    found = measure(SETTINGS, 3)
    assert len(trained) == len(set(trained)) == 5 + 6 - 1
    assert found["dropout"].tolist() == [[rate, 0, 3] for rate in SETTINGS.dropouts]
    assert found["decay"].tolist() == [[0, decay, 3] for decay in SETTINGS.decays]
