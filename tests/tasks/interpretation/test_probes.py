"""Probes with a control task: what is in the vectors, and what a probe learns by heart."""

import numpy as np
import pytest

from minillm.tasks.interpretation import Labelled, control_classes, fitted_probe, selectivity


def drawn(rng, n, words=40, by_heart=False):
    """Vectors of words: two numbers tell the class of the text, the rest which word it is."""
    word, classes = rng.integers(words, size=n), rng.integers(2, size=n)
    known = np.eye(words)[word] if by_heart else rng.standard_normal((n, 5))
    return word, Labelled(np.hstack([(4.0 * classes - 2.0)[:, None], known]), classes)


@pytest.mark.guide("G52")
@pytest.mark.parametrize(("by_heart", "control"), [(False, 0.5), (True, 1.0)])
def test_both_probes_find_the_task_and_one_that_knows_the_words_finds_the_control_too(
    by_heart, control
):
    rng = np.random.default_rng(0)
    (learned_words, learned), (words, asked) = (drawn(rng, 600, by_heart=by_heart) for _ in "ab")
    both = control_classes(
        np.concatenate([learned_words, words]),
        n_classes=2,
        vocabulary_size=40,
        rng=np.random.default_rng(1),
    )
    controls = both[:600], both[600:]
    found = selectivity(learned, asked, controls, l2=1e-4, n_classes=2)
    assert found.task > 0.99 and found.control == pytest.approx(control, abs=0.07)
    assert found.difference == found.task - found.control


def test_a_control_task_gives_each_word_one_class_and_the_classes_as_many_words():
    words = np.arange(30).repeat(3)
    found = control_classes(
        words, n_classes=3, vocabulary_size=30, rng=np.random.default_rng(0)
    ).reshape(30, 3)
    assert (found == found[:, :1]).all()
    np.testing.assert_array_equal(np.bincount(found[:, 0]), [10, 10, 10])
    other = control_classes(words, n_classes=3, vocabulary_size=30, rng=np.random.default_rng(1))
    assert (other != found.ravel()).any()


def test_what_no_probe_can_learn_is_refused():
    vectors, rng = np.zeros((3, 2)), np.random.default_rng(0)
    with pytest.raises(ValueError, match="probe: all 3 vectors have class 1, needs two"):
        fitted_probe(Labelled(vectors, np.ones(3, dtype=int)), 0.1, n_classes=2)
    for given in (Labelled(vectors, np.zeros(2, int)), Labelled(vectors[:0], np.zeros(0, int))):
        with pytest.raises(ValueError, match="probe: needs vectors"):
            fitted_probe(given, 0.1, n_classes=2)
    for words in (np.zeros(0, int), np.array([5]), np.zeros((1, 1), int)):
        with pytest.raises(ValueError, match="control_classes: words must be a row of ids below 5"):
            control_classes(words, n_classes=2, vocabulary_size=5, rng=rng)
    with pytest.raises(ValueError, match="needs at least 2 classes, got 1"):
        control_classes(np.array([0]), n_classes=1, vocabulary_size=5, rng=rng)
    one = Labelled(rng.standard_normal((3, 2)), np.array([0, 1, 0]))
    with pytest.raises(ValueError, match=r"got \(3, 2\) and \(2,\)"):
        selectivity(one, one, (one.classes, one.classes[:2]), l2=0.1, n_classes=2)


ROWS = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0]])


@pytest.mark.parametrize(
    ("vectors", "classes", "options", "error", "says"),
    [
        (ROWS, [0, -1, 1], {}, IndexError, "probe: class -1 at position"),
        (ROWS, [0, 2, 1], {}, IndexError, "probe: class 2 at position .* classes of 2"),
        (ROWS, [0.0, 1.0, 1.0], {}, TypeError, "probe: classes must be integers, got float64"),
        (ROWS, [0, 1, 1], {"n_classes": 0}, ValueError, "at least 2 classes, got n_classes=0"),
        (ROWS, [0, 0, 0], {"n_classes": 1}, ValueError, "at least 2 classes, got n_classes=1"),
        (ROWS, [0, 1, 1], {"n_classes": 2.0}, ValueError, "at least 2 classes"),
        (ROWS, [0, 1, 1], {"l2": -1e-9}, ValueError, "l2 must be at least 0 and finite"),
        (ROWS, [0, 1, 1], {"l2": np.nan}, ValueError, "l2 must be at least 0 and finite, got nan"),
        (ROWS * np.nan, [0, 1, 1], {}, ValueError, "vectors must be finite"),
    ],
)
def test_what_a_probe_would_misread_is_refused(vectors, classes, options, error, says):
    with pytest.raises(error, match=says):
        fitted_probe(Labelled(vectors, np.array(classes)), **{"l2": 0.1, "n_classes": 2} | options)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (Labelled(ROWS, np.array([0])), ValueError, r"a class for each, got \(3, 2\) and \(1,\)"),
        (Labelled(ROWS[:0], np.zeros(0, int)), ValueError, "a class for each"),
        (Labelled(ROWS[:, :1], np.zeros(3, int)), ValueError, "width 2 of those that it learned"),
        (Labelled(ROWS, np.array([0, 1, 5])), IndexError, "probe: class 5"),
        (Labelled(ROWS + np.inf, np.zeros(3, int)), ValueError, "vectors must be finite"),
    ],
)
def test_what_a_probe_cannot_be_asked_is_refused(asked, error, says):
    probe = fitted_probe(Labelled(ROWS, np.array([0, 1, 1])), 0.1, n_classes=2)
    with pytest.raises(error, match=says):
        probe.accuracy(asked)


def test_a_probe_takes_lists():
    classes = np.array([0, 1, 1])
    probe = fitted_probe(Labelled(ROWS.tolist(), classes.tolist()), 0.1, n_classes=2)
    np.testing.assert_array_equal(
        probe.theta, fitted_probe(Labelled(ROWS, classes), 0.1, n_classes=2).theta
    )
    assert probe.accuracy(Labelled(ROWS.tolist(), [0, 1, 1])) == 1.0
    with pytest.raises(TypeError, match="words must be integers"):
        control_classes(
            np.array([0.5]), n_classes=2, vocabulary_size=3, rng=np.random.default_rng(0)
        )
