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
