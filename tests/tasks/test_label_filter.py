"""The label filter: out of fold, planted wrong labels found, and what it cannot see."""

import numpy as np
import pytest

from minillm.tasks import bag_of_words_learner, drop_doubtful, label_probabilities
from minillm.text import Example
from minillm.text.corpora import load_corpus

EXAMPLES = [Example(f"{i}", "xy"[i % 2]) for i in range(20)]


def rng():
    return np.random.default_rng(0)


def flipped(example):
    return Example(example.text, {"positive": "negative", "negative": "positive"}[example.label])


def remembers(examples):
    """A model that knows the labels of its own examples, and nothing of other texts."""
    known = dict(examples)

    def predict(texts):
        return np.array([[known.get(t) == label for label in "xy"] for t in texts], dtype=float)

    return predict


def test_no_model_judges_an_example_that_it_was_fitted_on():
    assert not label_probabilities(EXAMPLES, remembers, folds=5, rng=rng()).any()


def test_a_twin_in_another_fold_gives_the_label_away():
    assert label_probabilities(EXAMPLES * 2, remembers, folds=5, rng=rng()).any()


def test_every_example_is_judged_once_and_every_model_sees_the_other_folds():
    fitted, judged = [], []

    def learn(examples):
        fitted.append(examples)

        def predict(texts):
            judged.extend(texts)
            return np.full((len(texts), 2), 0.5)

        return predict

    label_probabilities(EXAMPLES, learn, folds=4, rng=rng())
    assert sorted(judged) == sorted(text for text, _ in EXAMPLES)
    assert [len(examples) for examples in fitted] == [14, 14, 16, 16]
    assert all({label for _, label in examples} == {"x", "y"} for examples in fitted)


def test_the_probability_is_that_of_the_own_label_and_the_threshold_is_kept():
    def learn(examples):
        return lambda texts: np.tile([0.3, 0.7], (len(texts), 1))

    own = label_probabilities(EXAMPLES, learn, folds=2, rng=rng())
    assert own.tolist() == [0.3, 0.7] * 10
    kept, doubtful = drop_doubtful(EXAMPLES, learn, folds=2, threshold=0.3, rng=rng())
    assert kept == EXAMPLES and doubtful == []
    kept, doubtful = drop_doubtful(EXAMPLES, learn, folds=2, threshold=0.31, rng=rng())
    assert kept == EXAMPLES[1::2] and doubtful == EXAMPLES[::2]


def test_unasked_it_drops_below_0_3_and_parts_the_examples_in_five():
    fitted = []
    for own, dropped in ((0.3, []), (0.29, EXAMPLES[::2])):

        def learn(examples, own=own):
            fitted.append(len(examples))
            return lambda texts: np.tile([own, 1 - own], (len(texts), 1))

        assert drop_doubtful(EXAMPLES, learn, rng=rng())[1] == dropped
    assert fitted == [16] * 10


@pytest.mark.guide("G5")
def test_planted_wrong_labels_are_found_where_words_tell_and_missed_where_only_order_does():
    corpus = load_corpus("sentiment", "en", sizes=(1000, 0, 0), single_clauses=False)
    lot = rng().random(1000)
    noisy = [flipped(e) if u < 0.1 else e for e, u in zip(corpus.train, lot, strict=True)]
    _, doubtful = drop_doubtful(noisy, bag_of_words_learner(l2=0.003), rng=rng())
    found = set(doubtful)
    for kind, low, high in (("plain", 0.9, 1.0), ("order", 0.0, 0.6)):
        wrong = [
            noisy[i] for i, tags in enumerate(corpus.tags["train"]) if kind in tags and lot[i] < 0.1
        ]
        assert len(wrong) > 30
        assert low <= np.mean([e in found for e in wrong]) <= high, kind


@pytest.mark.parametrize(
    ("examples", "folds", "message"),
    [
        (EXAMPLES, 1, "folds must be at least 2, got 1"),
        (EXAMPLES, 11, "class 'x' has 10 example.s. for 11 folds"),
        (EXAMPLES[::2], 2, r"only among two classes, got \['x'\]"),
        ([], 2, r"only among two classes, got \[\]"),
    ],
)
def test_folds_that_cannot_be_made_are_refused(examples, folds, message):
    with pytest.raises(ValueError, match=message):
        label_probabilities(examples, remembers, folds=folds, rng=rng())


def test_a_threshold_that_is_no_probability_and_a_wrong_number_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"threshold must be in \[0, 1\], got 1.5"):
        drop_doubtful(EXAMPLES, remembers, threshold=1.5, rng=rng())
    with pytest.raises(ValueError, match=r"gave probabilities \(10, 3\) for 10 texts and 2"):
        label_probabilities(EXAMPLES, lambda _: lambda t: np.ones((len(t), 3)), folds=2, rng=rng())


def test_a_label_without_a_probability_would_be_neither_kept_nor_doubtful_and_is_refused():
    with pytest.raises(ValueError, match="learn: its model gave probabilities that are not finite"):
        drop_doubtful(EXAMPLES, lambda _: lambda t: np.full((len(t), 2), np.nan), rng=rng())
