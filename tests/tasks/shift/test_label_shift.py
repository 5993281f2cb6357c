"""The correction for label shift: exact on counts, and refused where nothing can be counted."""

import numpy as np
import pytest

from minillm.tasks.shift import label_weights, reweighted

LABELS = ("bad", "fair", "good")
CALLED = np.array([[8, 1, 1], [2, 6, 2], [0, 3, 7]])  # of 10 texts of each class


def listed(counts):
    """True and called classes of so many texts."""
    true, called = (places.ravel() for places in np.indices(counts.shape))
    times = np.asarray(counts).ravel()
    return np.repeat(true, times), np.repeat(called, times)


@pytest.mark.parametrize("priors", [[0.1, 0.2, 0.7], [0.0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
def test_the_frequencies_of_the_target_are_found_exactly_where_nothing_is_chance(priors):
    true, called = listed(CALLED)
    _, said = listed(np.rint(np.array(priors)[:, None] * CALLED * 30).astype(int))
    weights = label_weights(true, called, said, labels=LABELS)
    np.testing.assert_allclose(weights / 3, priors, atol=1e-12)


def test_without_a_shift_all_weights_are_one():
    true, called = listed(CALLED * np.array([[1], [2], [3]]))
    np.testing.assert_allclose(label_weights(true, called, called, labels=LABELS), 1.0)


def test_a_weight_is_never_negative():
    true, called = listed(CALLED)
    assert label_weights(true, called, np.zeros(9, int), labels=LABELS).min() == 0.0


def test_answers_for_other_frequencies_are_those_of_bayes(rng):
    """Of a joint distribution both are known: the answers before the shift and behind it."""
    likelihood = rng.dirichlet(np.ones(6), size=3)  # p(x | y)
    before, after = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
    p, q = ((prior[:, None] * likelihood / (prior @ likelihood)).T for prior in (before, after))
    np.testing.assert_allclose(reweighted(p, after / before), q)
    np.testing.assert_allclose(reweighted(p, np.full(3, 2.0)), p)


def test_a_class_that_is_missing_is_named():
    true, called = listed(CALLED * np.array([[1], [0], [1]]))
    with pytest.raises(ValueError, match="no source text has the class fair"):
        label_weights(true, called, called, labels=LABELS)


def test_classes_that_are_not_told_apart_are_named():
    true, called = listed(np.array([[8, 1, 1], [2, 4, 4], [2, 4, 4]]))
    with pytest.raises(ValueError, match="singular: the classifier does not tell fair, good apart"):
        label_weights(true, called, called, labels=LABELS)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: label_weights([0, 1, 2], [0, 1, 2], [], labels=LABELS), "M at least 1"),
        (lambda: label_weights([0, 1, 2], [0, 1, 2], [3], labels=LABELS), "said 3 at place 0"),
        (lambda: label_weights([0, 1], [0, 1, 2], [0], labels=LABELS), "equal length"),
        (lambda: reweighted(np.full((2, 3), 1 / 3), np.ones(2)), r"\(2, 3\) and weights \(2,\)"),
        (lambda: reweighted(np.ones((1, 2)), np.ones(2)), "add up to 1"),
        (lambda: reweighted(np.full((1, 2), 0.5), np.zeros(2)), "not all 0"),
        (lambda: reweighted(np.eye(2), np.array([1.0, 0.0])), "that text 1 may have weigh 0"),
    ],
)
def test_what_does_not_fit_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_no_text_at_all_is_refused():
    with pytest.raises(ValueError, match=r"reweighted: probabilities \(0, 2\) .* N at least 1"):
        reweighted(np.zeros((0, 2)), np.ones(2))
