"""Word vectors as a first layer: what each arm begins with, and what the stored runs say."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.pretraining import pretrained_tables
from minillm.labs.pretraining.pretrained_tables import (
    ARMS,
    STUDY,
    Training,
    best_training,
    classifier,
    labelled,
    learned,
    share_right,
)
from minillm.labs.pretraining.table_vectors import Unlabelled, unlabelled_texts, vectors_of
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

SETTINGS = STUDY.settings
VECTORS = SETTINGS.vectors
WORLD = VECTORS.world


@pytest.fixture(scope="module")
def vectors():
    """The vectors of a seed that no study has."""
    return vectors_of(replace(VECTORS, unlabelled=Unlabelled(texts=5000)), 100)


def test_texts_without_labels_have_a_share_that_tells_nothing():
    texts = unlabelled_texts(VECTORS, 0)
    assert texts.shape == (20_000, 3)
    good = np.isin(texts[:, 1], WORLD.opinions[:, 1])
    praise = {WORLD.words.index(word) for word in ("recommended", "loved", "happy", "again")}
    agree = good == np.isin(texts[:, 2], [*praise])
    assert agree[:16_000].all()
    assert agree[16_000:].mean() == pytest.approx(0.5, abs=0.03)


def test_all_tables_have_one_deviation_and_the_dealt_ones_are_the_same_vectors(vectors):
    for one in vectors.values():
        assert one.words == vectors["glove"].words and len(one) == len(WORLD.words) - 3
        assert one.table.std() == pytest.approx(0.3, abs=1e-5)
        np.testing.assert_allclose(one.table.mean(axis=0), 0, atol=1e-6)
    glove, dealt = vectors["glove"].table, vectors["dealt"].table
    assert np.array_equal(np.unique(glove, axis=0), np.unique(dealt, axis=0))
    assert (glove == dealt).all(axis=1).mean() < 0.1


@pytest.mark.guide("G11")
def test_vectors_of_one_side_lie_together_in_both_fields(vectors):
    one = vectors["glove"]
    sides = [[one.ids(words) for words in lexicon] for lexicon in WORLD.sides]
    means = np.array([[one.table[ids].mean(axis=0) for ids in lexicon] for lexicon in sides])
    books, tools = means[:, 1] - means[:, 0]
    assert books @ tools > 0.8 * np.linalg.norm(books) * np.linalg.norm(tools)
    random = vectors["random"]
    means = [[random.table[ids].mean(axis=0) for ids in lexicon] for lexicon in sides]
    books, tools = np.diff(means, axis=1)[:, 0]
    assert abs(books @ tools) < 0.6 * np.linalg.norm(books) * np.linalg.norm(tools)


def test_arms_differ_in_their_table_alone(vectors):
    models = {
        arm: classifier(SETTINGS, vectors[name], 100, frozen=frozen)
        for arm, (name, frozen) in ARMS.items()
    }
    first = models["random"].state_dict()
    for arm, model in models.items():
        state = model.state_dict()
        for name, value in state.items():
            if name != "tokens.weight":
                np.testing.assert_array_equal(value, first[name])
        assert model.tokens.weight.requires_grad is not ARMS[arm][1]
        for word in ("gripping", "sturdy"):
            row = state["tokens.weight"][WORLD.words.index(word)]
            np.testing.assert_array_equal(row, vectors[ARMS[arm][0]][word])


def test_labels_come_in_turn_and_few_are_the_first_of_many():
    reviews = labelled(replace(SETTINGS, labels=(4, 10)), 0)
    assert reviews.labels.tolist() == [0, 1] * 5
    assert not np.isin(reviews.ids, WORLD.opinions[1]).any()


@pytest.mark.guide("G11")
def test_eight_labels_are_enough_with_vectors_and_not_without(vectors):
    settings = replace(SETTINGS, labels=(8,))
    reviews = labelled(settings, 100)
    how = Training(rate=1e-2, steps=200)
    tools = WORLD.draw(500, 1.0, np.random.default_rng(0))
    right = {}
    for name in ("random", "glove"):
        model = classifier(settings, vectors[name], 100, frozen=True)
        right[name] = share_right(learned(settings, model, reviews, how, 100), tools)
    assert right["glove"] > 0.85 and right["random"] < 0.65


def test_the_best_training_is_that_of_the_highest_accuracy_on_books(monkeypatch):
    """Planted accuracies: of two equal ones the first, and tools count nothing."""
    trainings = [Training(rate=1e-3, steps=s) for s in (1, 2, 3)]
    books = {1: 0.5, 2: 0.7, 3: 0.7}

    def planted(_, vectors, arm, how, seed):
        assert arm == "random" and seed in (100, 101)
        return np.array([[books[how.steps], how.steps == 1]] * 2)

    monkeypatch.setattr(pretrained_tables, "vectors_of", lambda *_: {})
    monkeypatch.setattr(pretrained_tables, "of_arm", planted)
    found = best_training(SETTINGS, "random", (100, 101), trainings)
    assert found == trainings[1]


@pytest.mark.guide("G11")
def test_what_is_stored_vectors_are_worth_much_with_few_labels_and_nothing_with_many():
    runs = read_study("pretrained_tables")  # of each arm (seeds, labels, fields)

    def gain(arm, other):
        """The lower end and the upper end of the mean difference, (labels, fields)."""
        mean, half = mean_and_interval(runs[arm] - runs[other])
        return mean - half, mean + half

    for arm in ("glove_frozen", "glove_tuned", "sgns_frozen", "sgns_tuned"):
        low, high = gain(arm, "random")
        assert np.all(low[:2, 0] > 0.1)  # of books, with 8 and 32 labels
        assert np.all(high[3:, 0] < 0.02)  # with 512 and more
        assert np.all(low[:, 1] > 0.1)  # of tools, of which nobody has a label
    assert np.all(np.abs(runs["random"].mean(axis=0)[:, 1] - 0.5) < 0.03)
    assert np.all(gain("glove_frozen", "glove_tuned")[0][:3] > 0)
    assert np.all(gain("sgns_frozen", "sgns_tuned")[0][:3] > 0)
    low, high = gain("dealt_tuned", "random")
    assert np.all(low < 0.02) and np.all(high[:, 0] < 0.03)  # it is what the vectors say
    assert np.all(runs["random"][:, -2:, 0] > 0.99)
