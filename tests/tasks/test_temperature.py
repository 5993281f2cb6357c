"""The temperature of a classifier: found where it is known, and refused where there is none."""

import numpy as np
import pytest

from minillm.tasks.temperature import cooled, fit_temperature


def drawn(rng, n, temperature, classes=3):
    """Scores, and labels that come with the probabilities of the scores over a temperature."""
    z = 3 * rng.standard_normal((n, classes))
    p = cooled(z, temperature)
    return z, (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(rng, temperature):
    z, labels = drawn(rng, 40_000, temperature)
    assert fit_temperature(z, labels) == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_makes_the_labels_more_probable(rng):
    z, labels = drawn(rng, 60, 2.0)
    best = fit_temperature(z, labels)
    nats = [-np.log(cooled(z, t)[np.arange(60), labels]).mean() for t in best * np.linspace(0.5, 2)]
    assert -np.log(cooled(z, best)[np.arange(60), labels]).mean() <= min(nats) + 1e-12


def test_twice_the_scores_have_twice_the_temperature_and_a_shift_changes_nothing(rng):
    z, labels = drawn(rng, 300, 1.5)
    once = fit_temperature(z, labels)
    assert fit_temperature(2 * z, labels) == pytest.approx(2 * once)
    assert fit_temperature(z + rng.standard_normal((300, 1)), labels) == pytest.approx(once)


def test_a_temperature_cools_and_names_the_same_class(rng):
    z = rng.standard_normal((50, 4))
    cold, warm = cooled(z, 0.5), cooled(z, 5.0)
    np.testing.assert_array_equal(cold.argmax(axis=1), warm.argmax(axis=1))
    assert (cold.max(axis=1) > warm.max(axis=1)).all()
    np.testing.assert_allclose(cooled(np.array([[np.log(9.0), 0.0]]), 2.0), [[3 / 4, 1 / 4]])


def test_beyond_its_limits_the_end_is_given():
    z = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert fit_temperature(z, np.array([0, 1])) == pytest.approx(0.05)
    assert fit_temperature(z, np.array([1, 0])) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("scores", "labels", "says"),
    [
        (np.ones((2, 2)), [0, 0], r"at least 2 of the classes 0 to 1, got \[0\]"),
        (np.ones((2, 2)), [0, 2], r"at least 2 of the classes 0 to 1, got \[0, 2\]"),
        (np.ones((2, 2)), [0, 1, 1], r"got \(2, 2\) and \(3,\)"),
        (np.full((2, 2), np.inf), [0, 1], "finite scores"),
    ],
)
def test_what_has_no_temperature_is_refused(scores, labels, says):
    with pytest.raises(ValueError, match=says):
        fit_temperature(scores, np.array(labels))
    with pytest.raises(ValueError, match="temperature must be positive and finite, got 0"):
        cooled(np.ones((1, 2)), 0)
