import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks import (
    PrecisionRecall,
    accuracy,
    average_precision,
    confusion_matrix,
    macro_f1,
    precision_recall,
)

PREDICTED, TRUE = [0, 0, 1, 1, 2], [0, 1, 1, 1, 2]
pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12)
ranking = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12).filter(
    lambda rows: any(positive for _, positive in rows)
)


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
    assert average_precision(nothing_found, spam) == 0.05


@pytest.mark.guide("G36")
@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], 1 / 2 * 1 + 1 / 2 * 2 / 3),
        ([0.9, 0.8, 0.1], [1, 1, 0], 1.0),
        ([0.9, 0.8, 0.7, 0.1], [0, 0, 0, 1], 1 / 4),  # the worst ranking
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 0], 1 / 4),  # no ranking: the share of positives
        ([0.9, 0.5, 0.5, 0.1], [0, 1, 0, 1], 1 / 2 * 1 / 3 + 1 / 2 * 2 / 4),
        ([-1.0, -7.0], [1, 0], 1.0),  # scores need not be probabilities
    ],
)
def test_average_precision_by_hand(scores, positive, expected):
    assert average_precision(scores, positive) == pytest.approx(expected)


@given(ranking)
def test_average_precision_is_precision_summed_over_steps_of_recall(rows):
    total, recall_before = 0.0, 0.0
    for threshold in sorted({score for score, _ in rows}, reverse=True):
        called = [positive for score, positive in rows if score >= threshold]
        recall = sum(called) / sum(positive for _, positive in rows)
        total += (recall - recall_before) * sum(called) / len(called)
        recall_before = recall
    scores, marks = zip(*rows, strict=True)
    assert average_precision(scores, marks) == pytest.approx(total)


@given(ranking, st.randoms())
def test_average_precision_ignores_the_order_of_the_pairs_also_among_ties(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert average_precision(*zip(*shuffled, strict=True)) == pytest.approx(
        average_precision(*zip(*rows, strict=True))
    )


@given(ranking)
def test_average_precision_depends_on_ranks_alone(rows):
    scores, marks = (np.array(column) for column in zip(*rows, strict=True))
    assert average_precision(np.exp(3.0 * scores), marks) == average_precision(scores, marks)


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


@pytest.mark.parametrize("score", [accuracy, lambda p, t: precision_recall(p, t, 0),
                                   lambda p, t: confusion_matrix(p, t, 2),
                                   lambda p, t: macro_f1(p, t, 2)])  # fmt: skip
@pytest.mark.parametrize(
    ("predicted", "true", "message"),
    [
        ([], [], r"\(0,\) predictions for \(0,\) true classes"),
        ([0, 1], [0], r"\(2,\) predictions for \(1,\) true classes"),
        ([[0], [1]], [0, 1], r"\(2, 1\) predictions for \(2,\) true classes"),
    ],
)
def test_unpaired_predictions_are_refused_with_both_shapes(score, predicted, true, message):
    with pytest.raises(ValueError, match=message):
        score(predicted, true)


@pytest.mark.parametrize(
    ("scores", "positive", "message"),
    [
        ([0.5, 0.5], [0, 0], "0 of them positive"),
        ([], [], "0 of them positive"),
        ([0.5], [1, 0], r"\(1,\) scores, \(2,\) marks"),
    ],
)
def test_average_precision_of_nothing_is_refused(scores, positive, message):
    with pytest.raises(ValueError, match=message):
        average_precision(scores, positive)
