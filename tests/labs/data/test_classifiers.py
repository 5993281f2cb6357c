"""The two models of the studies: equal updates, accuracies by group."""

import numpy as np
import pytest

from minillm.labs.data import classifiers
from minillm.labs.data.classifiers import accuracies, groups_of, small_bert_fit
from minillm.text import Example
from minillm.text.corpora import load_corpus
from tests.labs.data.planted_models import reads


def test_more_examples_do_not_mean_more_updates(monkeypatch):
    made = []

    class Spy(classifiers.ClassifierTraining):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self.steps)

    monkeypatch.setattr(classifiers, "ClassifierTraining", Spy)
    corpus = load_corpus("sentiment", "en", sizes=(100, 0, 0))
    for size in (13, 20, 100):
        p = small_bert_fit(seed=0, updates=3)(corpus.train[:size])(["The plot was dull."])
        assert p.shape == (1, 2) and p.sum() == pytest.approx(1, abs=1e-6)
    assert made == [{"pretrain": 0, "finetune": 3}] * 3


def test_equal_seeds_train_equal_models():
    corpus = load_corpus("sentiment", "en", sizes=(40, 0, 0))
    a, b, c = (
        small_bert_fit(seed=seed, updates=3)(corpus.train)(["The plot was dull."])
        for seed in (1, 1, 2)
    )
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_the_bag_of_words_learns_the_plain_half_and_not_the_order():
    corpus = load_corpus("sentiment", "en", sizes=(400, 0, 400))
    fit = classifiers.both_fits(0)["bag_of_words"]
    groups = groups_of(corpus.tags["test"])
    found = dict(zip(groups, accuracies(fit, corpus.train, corpus.test, groups), strict=True))
    assert found["plain"] > 0.9 and found["order"] < 0.6


def test_accuracy_is_counted_in_each_group():
    test = [Example("the plot was dull", "negative"), Example("the plot was dull", "positive")]
    groups = {"all": np.array([True, True]), "first": np.array([True, False])}
    assert accuracies(reads, test, test, groups) == [0.5, 1.0]
    with pytest.raises(ValueError, match="no test example is in none"):
        accuracies(reads, test, test, {"none": np.array([False, False])})


def test_the_kinds_of_sentences_part_the_corpus():
    corpus = load_corpus("sentiment", "zh", sizes=(0, 0, 400))
    groups = groups_of(corpus.tags["test"])
    assert [int(mask.sum()) for mask in groups.values()] == [400, 160, 40, 200]
    assert not (groups["denial"] & groups["order"]).any()
