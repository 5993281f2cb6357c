"""What the studies train: equal updates, accuracies by group, and steps of Adam by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.labs import learners
from minillm.labs.learners import (
    AdamSettings,
    BagOfWordsSettings,
    Learners,
    SmallBert,
    accuracies,
    bert_fit,
    fits_of,
    floating,
    learn,
    learn_classes,
    share_right,
)
from minillm.labs.worlds.kinds import groups_of
from minillm.nn import Module
from minillm.ops import embedding
from minillm.text import Example
from minillm.text.corpora import load_corpus
from tests.labs.planted_models import reads

TINY = SmallBert(updates=3, width=8, n_heads=2, batch_size=8)
TEXTS = ["The plot was dull.", "The plot was not dull, the acting was lively."]


def test_more_examples_do_not_mean_more_updates(monkeypatch):
    made = []

    class Spy(learners.ClassifierTraining):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self.steps)

    monkeypatch.setattr(learners, "ClassifierTraining", Spy)
    corpus = load_corpus("sentiment", "en", sizes=(100, 0, 0), single_clauses=False)
    for size in (13, 20, 100):
        p = bert_fit(TINY, seed=0)(corpus.train[:size])(["The plot was dull."])
        assert p.shape == (1, 2) and p.sum() == pytest.approx(1, abs=1e-6)
    assert made == [{"pretrain": 0, "finetune": 3}] * 3


def test_equal_seeds_train_equal_models():
    corpus = load_corpus("sentiment", "en", sizes=(40, 0, 0), single_clauses=False)
    a, b, c = (bert_fit(TINY, seed=seed)(corpus.train)(TEXTS) for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


OTHER = {
    "tokenizer": "character",
    "min_count": 5,
    "max_length": 5,
    "width": 16,
    "n_layers": 2,
    "n_heads": 4,
    "dtype": "float64",
    "dropout": 0.5,
    "weight_decay": 10.0,
    "max_norm": 1e-9,
    "batch_size": 5,
    "updates": 4,
    "learning_rate": 0.1,
}


@pytest.mark.parametrize("name", [entry.name for entry in fields(SmallBert)])
def test_every_setting_of_the_bert_changes_what_it_says(name):
    corpus = load_corpus("sentiment", "en", sizes=(40, 0, 0), single_clauses=False)
    settings = TINY if name != "max_length" else replace(TINY, max_length=12)
    before, after = (
        bert_fit(one, seed=0)(corpus.train)(TEXTS)
        for one in (settings, replace(settings, **{name: OTHER[name]}))
    )
    assert not np.array_equal(before, after)


def test_the_penalty_of_the_bag_of_words_changes_what_it_says():
    corpus = load_corpus("sentiment", "en", sizes=(40, 0, 0), single_clauses=False)
    before, after = (
        fits_of(Learners(BagOfWordsSettings(l2)), seed=0)["bag_of_words"](corpus.train)(TEXTS)
        for l2 in (0.001, 0.002)
    )
    assert not np.array_equal(before, after)


def test_the_bag_of_words_learns_the_plain_half_and_not_the_order():
    corpus = load_corpus("sentiment", "en", sizes=(400, 0, 400), single_clauses=False)
    fit = fits_of(Learners(), seed=0)["bag_of_words"]
    groups = groups_of(corpus.tags["test"])
    found = dict(zip(groups, accuracies(fit, corpus.train, corpus.test, groups), strict=True))
    assert found["plain"] > 0.9 and found["order"] < 0.6


def test_accuracy_is_counted_in_each_group():
    test = [Example("the plot was dull", "negative"), Example("the plot was dull", "positive")]
    groups = {"all": np.array([True, True]), "first": np.array([True, False])}
    assert accuracies(reads, test, test, groups) == [0.5, 1.0]
    with pytest.raises(ValueError, match="no test example is in none"):
        accuracies(reads, test, test, {"none": np.array([False, False])})


def test_only_two_floating_types_are_known():
    assert (floating("float32"), floating("float64")) == (np.float32, np.float64)
    for name in ("float16", "int64", "real"):
        with pytest.raises(ValueError, match=f"float32 or float64, got '{name}'"):
            floating(name)


class Table(Module):
    """Two scores for each of three ids."""

    def __init__(self, scores):
        self.scores = Parameter(np.array(scores))

    def forward(self, ids):
        return embedding(self.scores, ids=ids)


def test_the_share_of_right_answers_by_hand():
    table = Table([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    assert share_right(table, (np.array([0, 1, 2, 2]), np.array([0, 1, 1, 0]))) == 0.75
    assert share_right(table, (np.array([[0, 1], [2, 2]]), np.array([[0, 1], [1, 0]]))) == 0.75


def test_a_batch_is_one_step_of_adam_towards_its_classes():
    table, batch = Table(np.zeros((3, 2))), (np.array([0, 1]), np.array([0, 1]))
    learn_classes(table, lambda: batch, AdamSettings(rate=0.1, steps=1))
    np.testing.assert_allclose(table.scores.data, [[0.1, -0.1], [-0.1, 0.1], [0, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    "changed",
    [{"rate": 0.2}, {"steps": 3}, {"betas": (0.5, 0.999)}, {"eps": 1.0}, {"max_norm": 1e-9}],
    ids=str,
)
def test_every_setting_of_adam_counts(changed):
    def after(settings):
        p = Parameter(np.array([1.0, -2.0]))
        learn([p], lambda _: (p * p * p).sum(), lambda: None, settings)
        return p.data

    settings = AdamSettings(rate=0.1, steps=2)
    assert not np.allclose(after(settings), after(replace(settings, **changed)), rtol=1e-6)


def test_nothing_is_clipped_unless_the_settings_say_so():
    """Adam forgets a constant factor but not one that changes: a first gradient of norm 100."""

    def after(max_norm):
        p, scales = Parameter(np.array([1.0])), iter([100.0, 1.0, 1.0])
        settings = AdamSettings(rate=0.1, steps=3, max_norm=max_norm)
        learn([p], lambda scale: (scale * p).sum(), lambda: next(scales), settings)
        return p.data[0]

    assert after(None) == after(1e9) != after(1.0)
