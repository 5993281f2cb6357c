"""The baseline: its gradient, its optimum, and texts it has never seen."""

import numpy as np
import pytest

from minillm import CheckpointError
from minillm.backend import save_arrays
from minillm.models.bag_of_words import (
    BagOfWords,
    Presence,
    loss_and_gradient,
    majority_class,
    tune_bag_of_words,
)

TEXTS = [["good", "film"], ["good", "good", "book"], ["bad", "film"], ["bad", "book"]]
LABELS = ["positive", "positive", "negative", "negative"]


def random_presence(rng, n_texts=7, n_words=5):
    dense = (rng.random((n_texts, n_words)) < 0.4).astype(float)
    rows, columns = np.nonzero(dense)
    return Presence(rows, columns, dense.shape), dense


def test_presence_multiplies_like_the_matrix_it_stands_for(rng):
    x, dense = random_presence(rng)
    weights, errors = rng.standard_normal((5, 3)), rng.standard_normal((7, 3))
    np.testing.assert_allclose(x.times(weights), dense @ weights)
    np.testing.assert_allclose(x.transposed_times(errors), dense.T @ errors)


def test_the_gradient_agrees_with_central_differences_in_random_directions(rng):
    x, _ = random_presence(rng)
    y = rng.integers(0, 3, size=7)
    theta, step = rng.standard_normal((6, 3)), 1e-5
    _, gradient = loss_and_gradient(theta, x, y, l2=0.3)
    for direction in rng.standard_normal((5, 6, 3)):
        ahead, _ = loss_and_gradient(theta + step * direction, x, y, l2=0.3)
        behind, _ = loss_and_gradient(theta - step * direction, x, y, l2=0.3)
        np.testing.assert_allclose(
            (gradient * direction).sum(), (ahead - behind) / (2 * step), rtol=1e-7
        )


def test_the_loss_at_zero_is_the_logarithm_of_the_number_of_classes(rng):
    x, _ = random_presence(rng)
    loss, _ = loss_and_gradient(np.zeros((6, 3)), x, np.array([0, 1, 2, 0, 1, 2, 0]), l2=1.0)
    assert loss == pytest.approx(np.log(3))


def test_huge_weights_overflow_nothing(rng):
    x, _ = random_presence(rng)
    theta = 1e4 * rng.standard_normal((6, 2))
    loss, gradient = loss_and_gradient(theta, x, np.zeros(7, dtype=int), l2=1e-9)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


def test_fit_stops_where_the_gradient_is_zero_and_the_penalty_balances_the_errors():
    model = BagOfWords(l2=0.05).fit(TEXTS, LABELS)
    assert model.words == ["bad", "book", "film", "good"]
    presence = np.array([[0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]])
    onehot = np.array([[0, 1], [0, 1], [1, 0], [1, 0]])  # negative, positive
    errors = model.predict_probabilities(TEXTS) - onehot
    np.testing.assert_allclose(errors.sum(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(presence.T @ errors / 4, -0.05 * model.weights, atol=1e-5)


def test_two_opposite_words_have_the_weights_of_the_closed_form():
    # By symmetry W = [[w, -w], [-w, w]] and p = 1 / (1 + exp(-2 w)) for the right class; the
    # gradient of the loss is then zero where 1 - p = 2 l2 w: here w = 1, so l2 = (1 - p) / 2.
    l2 = (1 - 1 / (1 + np.exp(-2))) / 2
    model = BagOfWords(l2=l2).fit([["a"], ["b"]], ["A", "B"])
    np.testing.assert_allclose(model.weights, [[1, -1], [-1, 1]], atol=1e-5)
    np.testing.assert_allclose(model.bias, 0, atol=1e-6)


def test_separable_texts_are_separated():
    model = BagOfWords(l2=0.01).fit(TEXTS, LABELS)
    assert model.predict(TEXTS) == LABELS
    assert model.predict([["a", "good", "day"], ["bad"]]) == ["positive", "negative"]


def test_a_repeated_word_counts_once():
    model = BagOfWords(l2=0.01).fit(TEXTS, LABELS)
    once, twice = model.predict_probabilities([["good"], ["good", "good"]])
    np.testing.assert_array_equal(once, twice)


def test_unknown_words_and_empty_texts_leave_the_frequencies_of_the_classes():
    model = BagOfWords(l2=100.0).fit([["a"], ["b"], ["c"], []], ["x", "x", "x", "y"])
    empty, unknown = model.predict_probabilities([[], ["never", "seen"]])
    np.testing.assert_array_equal(empty, unknown)
    np.testing.assert_allclose(empty, [0.75, 0.25], atol=0.01)


def test_texts_without_any_word_leave_the_bias_alone():
    model = BagOfWords(l2=1.0).fit([[], [], []], ["x", "y", "x"])
    np.testing.assert_allclose(model.predict_probabilities([["a"]]), [[2 / 3, 1 / 3]], atol=1e-5)


def test_predictions_for_no_texts_are_no_predictions():
    model = BagOfWords(l2=0.1).fit(TEXTS, LABELS)
    assert model.predict_probabilities([]).shape == (0, 2)
    assert model.predict([]) == []


def test_three_classes_have_probabilities_that_add_up_to_one():
    model = BagOfWords(l2=0.01).fit([["a"], ["b"], ["c"]], ["z", "y", "x"])
    assert model.classes == ["x", "y", "z"]
    assert model.predict([["a"], ["b"], ["c"]]) == ["z", "y", "x"]
    np.testing.assert_allclose(model.predict_probabilities([["a", "b"]]).sum(), 1)


def test_pairs_of_words_tell_what_single_words_cannot():
    texts = [["not", "dull", "but", "clever"], ["not", "clever", "but", "dull"]]
    labels = ["positive", "negative"]
    single, pairs = (BagOfWords(l2=0.01, ngrams=n).fit(texts, labels) for n in (1, 2))
    np.testing.assert_allclose(single.predict_probabilities(texts), 0.5, atol=1e-5)
    assert pairs.predict(texts) == labels
    assert "not dull" in pairs.words


def test_fit_is_the_same_bit_for_bit_when_repeated():
    weights = [BagOfWords(l2=0.01).fit(TEXTS, LABELS).weights for _ in range(2)]
    np.testing.assert_array_equal(*weights)


def test_tuning_keeps_the_strongest_of_equally_accurate_penalties():
    model, accuracies = tune_bag_of_words(
        (TEXTS, LABELS), (TEXTS, LABELS), penalties=(0.01, 0.3, 0.1)
    )
    assert accuracies == {0.3: 1.0, 0.1: 1.0, 0.01: 1.0}
    assert model.l2 == 0.3


def test_tuning_prefers_accuracy_on_dev_to_a_strong_penalty():
    # So strong a penalty leaves only the bias, which favours the frequent class.
    train = ([["good"], ["good"], ["good"], ["bad"]], ["+", "+", "+", "-"])
    dev = ([["good"], ["bad"]], ["+", "-"])
    model, accuracies = tune_bag_of_words(train, dev, penalties=(100.0, 0.01))
    assert accuracies == {100.0: 0.5, 0.01: 1.0}
    assert model.l2 == 0.01


@pytest.mark.parametrize("ngrams", [1, 2])
def test_a_tuned_model_is_that_of_its_penalty_alone(ngrams):
    """However its search began: penalties are tried from the strongest on, each from the last."""
    train = ([["good"], ["good", "film"], ["good"], ["bad"]], ["+", "+", "+", "-"])
    dev = ([["good"], ["bad"]], ["+", "-"])
    for penalties in ((100.0, 10.0, 0.02), (30.0, 0.01)):
        model, _ = tune_bag_of_words(train, dev, penalties=penalties, ngrams=ngrams)
        assert model.l2 == penalties[-1]
        alone = BagOfWords(l2=model.l2, ngrams=ngrams).fit(*train)
        assert (model.words, model.classes, model.majority) == (
            alone.words, alone.classes, alone.majority
        )  # fmt: skip
        atol = 1e-6 / model.l2  # where no entry of the gradient is above 1e-6
        np.testing.assert_allclose(model.weights, alone.weights, rtol=0, atol=atol)


def test_the_majority_class_is_the_most_frequent_and_ties_go_by_name():
    assert majority_class(["b", "a", "b"]) == "b"
    assert majority_class(["b", "a"]) == "a"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([0]), 0),
        (np.array([0, 0, 1]), 0),
        (np.array([1, 0]), 0),
        (np.array(["a", "a", "b"]), "a"),
        (np.array(["b"]), "b"),
        (np.array([False]), False),
        (np.array(["b", "a"], dtype=object), "a"),
        (("b", "b", "a"), "b"),
    ],
)
def test_the_majority_of_an_array_is_that_of_the_list(labels, expected):
    found = majority_class(labels)
    assert (found, type(found)) == (expected, type(expected))
    with pytest.raises(ValueError, match="majority_class needs at least one label"):
        majority_class(labels[:0])


@pytest.mark.parametrize("kind", [np.array, tuple, lambda labels: np.array(labels, dtype=object)])
@pytest.mark.parametrize("labels", [LABELS, [1, 1, 0, 0]])
def test_arrays_do_what_lists_do(kind, labels, tmp_path):
    model = BagOfWords(l2=0.1).fit(TEXTS, labels)
    other = BagOfWords(l2=np.float32(0.1), ngrams=np.int64(1)).fit(
        [np.array(text) for text in TEXTS], kind(labels)
    )
    assert (other.classes, other.majority) == (model.classes, model.majority)
    np.testing.assert_allclose(other.weights, model.weights, atol=1e-4)
    assert other.predict(TEXTS) == labels
    other.save(tmp_path / "bag")
    assert BagOfWords.load(tmp_path / "bag").predict(TEXTS) == labels


def test_penalties_may_be_an_array_also_of_one_zero():
    data = TEXTS, np.array(LABELS)
    model, accuracies = tune_bag_of_words(data, data, penalties=np.array([0.3, 0.1]))
    assert (accuracies, model.l2) == ({0.3: 1.0, 0.1: 1.0}, 0.3)
    with pytest.raises(ValueError, match="l2 must be a positive number, got 0"):
        tune_bag_of_words(data, data, penalties=np.array([0.0]))
    with pytest.raises(ValueError, match="at least one value of l2"):
        tune_bag_of_words(data, data, penalties=np.array([]))


@pytest.mark.parametrize("l2", [0, -0.1, float("nan"), float("inf")])
def test_a_penalty_that_is_not_positive_is_refused(l2):
    with pytest.raises(ValueError, match="l2 must be a positive number, got"):
        BagOfWords(l2=l2)


def test_bad_input_is_refused_with_what_was_given():
    model = BagOfWords(l2=0.1)
    with pytest.raises(ValueError, match="ngrams must be at least 1, got 0"):
        BagOfWords(l2=0.1, ngrams=0)
    with pytest.raises(ValueError, match=r"at least two classes, got \['a'\]"):
        model.fit([["x"], ["y"]], ["a", "a"])
    with pytest.raises(ValueError, match="2 texts but 1 labels"):
        model.fit([["x"], ["y"]], ["a"])
    with pytest.raises(TypeError, match="a list of tokens, got the str 'not tokenised'"):
        model.fit(["not tokenised", "either"], ["a", "b"])
    with pytest.raises(RuntimeError, match="call fit before"):
        model.predict([["x"]])
    with pytest.raises(ValueError, match="at least one labelled text"):
        model.fit([], [])
    with pytest.raises(ValueError, match="at least one value of l2"):
        tune_bag_of_words((TEXTS, LABELS), (TEXTS, LABELS), penalties=())
    with pytest.raises(ValueError, match="majority_class needs at least one label"):
        majority_class([])


def test_a_saved_model_predicts_the_same_to_the_last_bit(tmp_path):
    texts = [["good", "film"], ["dull", "film"], ["good"], ["dull", "中"]]
    model = BagOfWords(l2=0.1, ngrams=2).fit(texts, ["p", "n", "p", "n"])
    model.save(tmp_path / "bag.safetensors")
    loaded = BagOfWords.load(tmp_path / "bag.safetensors")
    assert np.array_equal(loaded.predict_probabilities(texts), model.predict_probabilities(texts))
    assert (loaded.l2, loaded.ngrams, loaded.classes, loaded.majority) == (0.1, 2, ["n", "p"], "n")


def test_another_file_is_no_bag_of_words(tmp_path):
    save_arrays(tmp_path / "other.safetensors", {"x": np.ones(2)}, {})
    with pytest.raises(CheckpointError, match="not a bag of words"):
        BagOfWords.load(tmp_path / "other.safetensors")
