import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks import Decision, best_threshold, precision_recall
from minillm.tasks.decision import decide
from minillm.text import Labels

TWO, THREE = Labels(["ham", "spam"]), Labels(["a", "b", "c"])


def two(spam):
    """Probabilities of ham and spam."""
    return np.stack([1 - np.array(spam), spam], axis=1)


def test_a_label_is_said_from_its_threshold_on():
    p = two([0.1, 0.3, 0.5, 0.9])
    assert Decision("spam", 0.3)(p, TWO).tolist() == [0, 1, 1, 1]
    assert Decision("ham", 0.3)(p, TWO).tolist() == [0, 0, 0, 1]
    assert decide(None, p, TWO).tolist() == [0, 0, 0, 1]


def test_below_it_the_best_of_the_others_is_said():
    p = np.array([[0.3, 0.6, 0.1], [0.35, 0.05, 0.6], [0.1, 0.55, 0.35]])
    assert Decision("b", 0.7)(p, THREE).tolist() == [0, 2, 2]
    assert p.tolist() == [[0.3, 0.6, 0.1], [0.35, 0.05, 0.6], [0.1, 0.55, 0.35]]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), True])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ValueError, match=r"threshold must be a number in \[0, 1\]"):
        Decision("spam", threshold)


def test_a_label_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="unknown label 'egg'"):
        Decision("egg", 0.5)(two([0.5]), TWO)


@pytest.mark.parametrize(
    ("spam", "true", "best"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 0.5),  # right at 0.5: nothing to mend
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], 0.25),  # all too low
        ([0.7, 0.8, 0.9, 0.95], [0, 0, 1, 1], 0.85),  # all too high
        ([0.2, 0.3, 0.4], [1, 1, 1], 0.1),  # every text has it
        ([0.1, 0.3, 0.3, 0.6], [0, 1, 0, 1], 0.2),  # equal ones go together: F1 .8, not 2/3
    ],
)
def test_the_best_threshold_by_hand(spam, true, best):
    assert best_threshold(spam, true) == pytest.approx(best)


def test_of_equally_good_gaps_the_one_nearest_to_one_half_counts():
    """F1 is 2/3 from 0.75 on, and from 0.23 on; the first is 0.25 away, the other 0.27."""
    assert best_threshold([0.8, 0.7, 0.5, 0.46], [1, 0, 0, 1]) == pytest.approx(0.75)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.6, 1.0]), st.booleans()), min_size=1))
def test_no_other_threshold_has_a_better_f1(drawn):
    spam, true = (np.array(column) for column in zip(*drawn, strict=True))
    if not true.any():
        return

    def f1(threshold):
        return precision_recall(Decision("spam", threshold)(two(spam), TWO), true, 1).f1

    best = best_threshold(spam, true)
    assert f1(best) == max(f1(threshold) for threshold in np.linspace(0, 1, 101))


@pytest.mark.parametrize(("spam", "true"), [([], []), ([0.5], [False]), ([0.5, 0.1], [True])])
def test_without_a_positive_there_is_no_threshold(spam, true):
    with pytest.raises(ValueError, match="needs two rows of equal length and a positive"):
        best_threshold(spam, true)
