"""One question to every classifier, and all scores from its answer."""

import numpy as np
import pytest

from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import BagOfWordsClassifier, MajorityClassifier, TextClassifier, evaluate
from minillm.tasks.evaluation import probabilities_of
from minillm.text import Example, Labels, WordTokenizer
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, train

LABELS = Labels(["ham", "spam"])


class Planted:
    """Says what it was told of each text."""

    labels = LABELS

    def __init__(self, spam):
        self.spam = spam

    def predict_probabilities(self, texts):
        p = np.array([self.spam[text] for text in texts])
        return np.stack([1 - p, p], axis=1)


TRUE = {"a": "spam", "b": "ham", "c": "ham", "d": "spam", "e": "ham"}
EXAMPLES_OF_MAIL = [Example(text, label) for text, label in TRUE.items()]
PLANTED = Planted({"a": 0.9, "b": 0.8, "c": 0.1, "d": 0.4, "e": 0.2})


def test_all_scores_follow_from_one_answer():
    scores = evaluate(PLANTED, EXAMPLES_OF_MAIL)
    assert scores.predicted.tolist() == [1, 1, 0, 0, 0]
    assert scores.true.tolist() == [1, 0, 0, 1, 0]
    assert scores.accuracy == 0.6
    assert scores.confusion.tolist() == [[2, 1], [1, 1]]
    assert tuple(scores.of("spam")) == (0.5, 0.5, 0.5)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert scores.average_precision("spam") == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert scores.among(np.array([True, False, True, False, True])).accuracy == 1.0
    with pytest.raises(ValueError, match="unknown label 'egg'"):
        scores.of("egg")


def bag():
    tokens = [WordTokenizer().tokenize(example.text) for example in EXAMPLES]
    return BagOfWords(l2=0.01).fit(tokens, [example.label for example in EXAMPLES])


def test_models_and_baselines_answer_the_same_question():
    classifiers = [
        train(TEN_AND_TEN, stop=0)[0].result(),
        BagOfWordsClassifier(bag(), WordTokenizer()),
        MajorityClassifier(Labels(["bad", "good"]), "good"),
    ]
    assert isinstance(classifiers[0], TextClassifier)
    for classifier in classifiers:
        assert classifier.labels.names == ("bad", "good")
        p = probabilities_of(classifier, ["The hotel was filthy.", "", "Nobody wrote this."])
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
        assert probabilities_of(classifier, []).shape == (0, 2)
        assert len(evaluate(classifier, EXAMPLES).true) == 60
    assert evaluate(classifiers[1], EXAMPLES).accuracy == 1.0
    assert evaluate(classifiers[2], EXAMPLES).accuracy == 0.5


def test_the_majority_ranks_nothing():
    scores = evaluate(MajorityClassifier(LABELS, "ham"), EXAMPLES_OF_MAIL)
    assert scores.predicted.tolist() == [0] * 5
    assert scores.average_precision("spam") == 0.4  # the share of positives


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "at least one labelled text is needed"),
        ([Example("a", "egg")], "unknown label 'egg' at position 0; known: ham, spam"),
    ],
)
def test_examples_that_cannot_be_scored_are_refused(examples, message):
    with pytest.raises(ValueError, match=message):
        evaluate(PLANTED, examples)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.ones((5, 3)), r"Planted gave probabilities \(5, 3\) for 5 texts and 2 classes"),
        (np.ones((4, 2)), r"Planted gave probabilities \(4, 2\) for 5 texts and 2 classes"),
        (np.ones(5), r"Planted gave probabilities \(5,\) for 5 texts"),
        (np.full((5, 2), np.nan), "Planted gave probabilities that are not finite"),
    ],
)
def test_a_classifier_that_breaks_its_promise_is_named(answer, message, monkeypatch):
    monkeypatch.setattr(PLANTED, "predict_probabilities", lambda _: answer)
    with pytest.raises(ValueError, match=message):
        evaluate(PLANTED, EXAMPLES_OF_MAIL)


def test_probabilities_in_a_list_are_as_good_as_an_array():
    listing = Planted(PLANTED.spam)
    listing.predict_probabilities = lambda texts: PLANTED.predict_probabilities(texts).tolist()
    assert (
        evaluate(listing, EXAMPLES_OF_MAIL).accuracy == evaluate(PLANTED, EXAMPLES_OF_MAIL).accuracy
    )
