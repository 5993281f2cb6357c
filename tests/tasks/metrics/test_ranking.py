import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import average_precision

INF = np.inf
ranking = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12).filter(
    lambda rows: any(positive for _, positive in rows)
)


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
        ([INF, 3.0, -INF], [0, 1, 1], 1 / 2 * 1 / 2 + 1 / 2 * 2 / 3),
        ([INF, INF, 0.0], [1, 0, 0], 1 / 2),  # infinite scores share a threshold too
        ([-INF, -INF, 0.0], [1, 0, 0], 1 / 3),
        ([True, False], [True, False], 1.0),
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


@given(ranking)
def test_the_highest_score_may_as_well_be_infinite(rows):
    scores, marks = (np.array(column) for column in zip(*rows, strict=True))
    ends = {0: -INF, 4: INF}
    infinite = np.array([ends.get(int(score), score) for score in scores])
    assert average_precision(infinite, marks) == average_precision(scores, marks)


def test_a_constant_score_has_the_share_of_positives():
    assert average_precision(np.zeros(100), np.arange(100) < 5) == 0.05


@pytest.mark.parametrize(
    ("scores", "positive", "message"),
    [
        ([0.5, 0.5], [0, 0], "0 of them positive"),
        ([], [], "0 of them positive"),
        ([[0.5, 1.0]], [[1, 0]], r"\(1, 2\) scores, \(1, 2\) marks"),
        ([0.5], [1, 0], r"\(1,\) scores, \(2,\) marks"),
    ],
)
def test_average_precision_of_nothing_is_refused(scores, positive, message):
    with pytest.raises(ValueError, match=message):
        average_precision(scores, positive)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("n_nan", [1, 3])
def test_a_score_that_is_nan_has_no_rank_and_is_refused_by_place(place, n_nan):
    scores = np.array([0.9, 0.5, 0.1, 0.0, 0.0])
    scores[place : place + n_nan] = np.nan
    with pytest.raises(ValueError, match=f"score {place} is NaN and has no rank"):
        average_precision(scores, [0, 1, 1, 0, 0])


@pytest.mark.parametrize(
    ("scores", "positive", "error", "message"),
    [
        ([0.9, 0.1], [2, 0], ValueError, "mark 0 must be 0 or 1, got 2"),
        ([0.9, 0.1], [0, -1], ValueError, "mark 1 must be 0 or 1, got -1"),
        ([0.9, 0.1], [0.3, 1.0], TypeError, "marks must be booleans or 0 and 1, got float64"),
        ([0.9, 0.1], [np.nan, 1.0], TypeError, "marks must be booleans or 0 and 1, got float64"),
        ([0.9, 0.1], ["a", "b"], TypeError, "marks must be booleans or 0 and 1, got <U1"),
        (["a", "b"], [0, 1], TypeError, "scores must be real numbers, got <U1"),
        ([1j, 2j], [0, 1], TypeError, "scores must be real numbers, got complex128"),
    ],
)
def test_what_is_not_a_score_or_a_mark_is_refused(scores, positive, error, message):
    with pytest.raises(error, match=message):
        average_precision(scores, positive)
