import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import (
    PrecisionRecall,
    accuracy,
    confusion_matrix,
    macro_f1,
    precision_recall,
)

PREDICTED, TRUE = [0, 0, 1, 1, 2], [0, 1, 1, 1, 2]
pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12)


def test_accuracy_is_the_share_of_right_answers():
    assert accuracy(PREDICTED, TRUE) == 0.8
    assert accuracy([1, 2], [1, 2]) == 1.0
    assert accuracy([1, 2], [2, 1]) == 0.0


def test_true_classes_are_rows_and_predicted_ones_columns():
    assert confusion_matrix(PREDICTED, TRUE, 4).tolist() == [
        [1, 0, 0, 0],
        [1, 2, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("positive", "precision", "recall", "f1"),
    [(0, 1 / 2, 1.0, 2 / 3), (1, 1.0, 2 / 3, 4 / 5), (2, 1.0, 1.0, 1.0), (3, 0.0, 0.0, 0.0)],
)
def test_precision_and_recall_of_each_class_by_hand(positive, precision, recall, f1):
    found = precision_recall(PREDICTED, TRUE, positive)
    assert found == pytest.approx(PrecisionRecall(precision, recall, f1))


@pytest.mark.guide("G35")
def test_macro_f1_gives_every_class_the_same_weight():
    assert macro_f1(PREDICTED, TRUE, 3) == pytest.approx((2 / 3 + 4 / 5 + 1) / 3)
    assert macro_f1(PREDICTED, TRUE, 4) == pytest.approx((2 / 3 + 4 / 5 + 1) / 4)


@pytest.mark.parametrize(
    ("predicted", "true", "expected"),
    [
        ([0, 0], [1, 1], (0, 0, 0)),  # nothing called positive
        ([1, 1], [0, 0], (0, 0, 0)),  # nothing is positive
        ([0, 0], [0, 0], (0, 0, 0)),  # neither
        ([1, 0], [0, 1], (0, 0, 0)),  # all wrong
        ([1, 0], [1, 0], (1, 1, 1)),
    ],
)
def test_a_score_without_a_denominator_is_zero(predicted, true, expected):
    assert tuple(precision_recall(predicted, true, 1)) == expected


@pytest.mark.guide("G36")
def test_accuracy_flatters_a_filter_that_finds_no_spam():
    spam = np.arange(100) < 5
    nothing_found = np.zeros(100, dtype=int)
    assert accuracy(nothing_found, spam) == 0.95
    assert precision_recall(nothing_found, spam, 1) == (0, 0, 0)


@given(pairs, st.randoms())
def test_scores_ignore_the_order_of_the_pairs(rows, random):
    predicted, true = zip(*rows, strict=True)
    p, t = zip(*random.sample(rows, len(rows)), strict=True)
    assert accuracy(p, t) == pytest.approx(accuracy(predicted, true))
    assert macro_f1(p, t, 3) == pytest.approx(macro_f1(predicted, true, 3))
    assert (confusion_matrix(p, t, 3) == confusion_matrix(predicted, true, 3)).all()


@given(pairs)
def test_accuracy_and_recall_can_be_read_off_the_confusion_matrix(rows):
    predicted, true = zip(*rows, strict=True)
    counts = confusion_matrix(predicted, true, 3)
    assert counts.sum() == len(rows)
    assert accuracy(predicted, true) == pytest.approx(np.trace(counts) / len(rows))
    for c in range(3):
        found = precision_recall(predicted, true, c)
        assert found.recall == pytest.approx(counts[c, c] / max(counts[c].sum(), 1))
        assert found.precision == pytest.approx(counts[c, c] / max(counts[:, c].sum(), 1))


@given(pairs)
def test_right_answers_score_one_everywhere(rows):
    true = [t for _, t in rows]
    assert accuracy(true, true) == 1.0
    assert all(precision_recall(true, true, c) == (1, 1, 1) for c in set(true))
    assert macro_f1(true, true, 3) == pytest.approx(len(set(true)) / 3)


SCORES = {
    "accuracy": accuracy,
    "precision_recall": lambda p, t: precision_recall(p, t, 0),
    "confusion_matrix": lambda p, t: confusion_matrix(p, t, 3),
    "macro_f1": lambda p, t: macro_f1(p, t, 3),
}
each_score = pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)


@each_score
@pytest.mark.parametrize(
    ("predicted", "true", "message"),
    [
        ([], [], r"\(0,\) predictions for \(0,\) true classes"),
        ([0, 1], [0], r"\(2,\) predictions for \(1,\) true classes"),
        ([[0], [1]], [0, 1], r"\(2, 1\) predictions for \(2,\) true classes"),
        ([[0], [1]], [[0], [1]], r"\(2, 1\) predictions for \(2, 1\) true classes"),
        (1, 1, r"\(\) predictions for \(\) true classes"),
        ([[0], [1, 2]], [0, 1], "predicted classes are ragged: lengths 1, 2"),
    ],
)
def test_unpaired_predictions_are_refused_with_both_shapes(score, predicted, true, message):
    with pytest.raises(ValueError, match=message):
        score(predicted, true)


@each_score
@pytest.mark.parametrize("place", [0, 3])
def test_a_negative_class_is_refused_by_place(score, place):
    wrong = [0, 1, 2, 0]
    wrong[place] = -100
    with pytest.raises(ValueError, match=f"predicted class -100 at place {place} is not one of 0"):
        score(wrong, [0, 0, 0, 0])
    with pytest.raises(ValueError, match=f"true class -100 at place {place} is not one of 0"):
        score([0, 0, 0, 0], np.array(wrong))


@each_score
@pytest.mark.parametrize(
    "wrong", [[0.9, 0.1], np.array([0.0, 1.0]), ["a", "b"], [None, 0], [1 + 0j, 0], [0.5, np.nan]]
)
def test_what_is_not_a_class_number_is_refused(score, wrong):
    with pytest.raises(TypeError, match="predicted classes must be integers, got"):
        score(wrong, [0, 1])
    with pytest.raises(TypeError, match="true classes must be integers, got"):
        score([0, 1], wrong)


@pytest.mark.parametrize("score", [confusion_matrix, macro_f1])
@pytest.mark.parametrize("n_classes", [1, 2, 5])
@pytest.mark.parametrize("excess", [0, 1, 200])
def test_a_class_out_of_range_is_refused_and_not_counted_as_another(score, n_classes, excess):
    right, wrong = [0] * 4, [0, 0, n_classes + excess, 0]
    known = f"{n_classes + excess} at place 2 is not one of 0 to {n_classes - 1}"
    with pytest.raises(ValueError, match=f"predicted class {known}"):
        score(wrong, right, n_classes)
    with pytest.raises(ValueError, match=f"true class {known}"):
        score(right, wrong, n_classes)


@pytest.mark.parametrize("score", [confusion_matrix, macro_f1])
@pytest.mark.parametrize("n_classes", [0, -1])
def test_fewer_than_one_class_is_refused(score, n_classes):
    with pytest.raises(ValueError, match=f"n_classes must be at least 1, got {n_classes}"):
        score([0], [0], n_classes)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64, bool])
def test_small_integers_do_not_overflow(dtype):
    n = 2 if dtype is bool else 120
    classes = np.arange(n).astype(dtype)
    assert (confusion_matrix(classes, classes, n) == np.eye(n)).all()
    assert macro_f1(classes, classes[::-1], n) == 0.0


@pytest.mark.parametrize(
    ("positive", "error", "message"),
    [
        (-1, ValueError, "positive -1 at place 0 is not one of 0 and up"),
        (1.0, TypeError, "positives must be integers, got float64"),
        ("spam", TypeError, "positives must be integers, got <U4"),
        (None, TypeError, "positives must be integers, got object"),
    ],
)
def test_a_positive_that_is_not_a_class_number_is_refused(positive, error, message):
    with pytest.raises(error, match=message):
        precision_recall([0, 1], [0, 1], positive)


@pytest.mark.parametrize("n_classes", [2.0, "2", [2]])
def test_a_number_of_classes_that_is_not_a_whole_number_is_refused(n_classes):
    for score in (confusion_matrix, macro_f1):
        with pytest.raises(TypeError, match="n_classes must be a whole number"):
            score([0, 1], [0, 1], n_classes)


def test_the_number_of_classes_may_be_a_small_kind_of_integer():
    assert confusion_matrix([99], [98], np.int8(100))[98, 99] == 1
