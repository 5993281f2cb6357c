"""Test reviews in training: the other order, the line, and both detectors."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.data import contamination
from minillm.labs.data.contamination import (
    STUDY,
    Settings,
    examined,
    expected,
    lower_as_it_stands,
    measure,
    reordered,
    trained,
)
from minillm.labs.small_encoder import Encoder, Learning
from minillm.labs.worlds.majorities import Reviews, with_flipped

FAST = Settings(
    learned=40,
    tested=30,
    fresh=60,
    shares=(0.0, 0.5, 1.0),
    model=Encoder(width=16, n_heads=2, hidden=16),
    learning=Learning(steps=150, rate=1e-2),
)


@pytest.fixture(scope="module")
def reviews():
    """Reviews of one seed, some of them with a wrong label."""
    rng = np.random.default_rng(0)
    return with_flipped(FAST.world.draw(90, rng), FAST.flipped, rng)


@pytest.fixture(scope="module")
def found():
    """What the study measures, in small."""
    return measure(FAST, 0)


def test_in_another_order_a_review_has_the_same_opinions_and_signs(reviews, rng):
    other = reordered(reviews.ids, rng)
    assert (other != reviews.ids).any(axis=1).all()
    for row, turned in zip(reviews.ids, other, strict=True):
        pairs, again = (one.reshape(3, 3)[:, :2].tolist() for one in (row, turned))
        assert pairs != again and sorted(pairs) == sorted(again)
    np.testing.assert_array_equal(other[:, 2::3], reviews.ids[:, 2::3])
    text = FAST.world.text(other[0])
    assert text.endswith(".") and ", " in text and " and " in text
    first = (reviews.ids[:, 3] == other[:, 0]).mean()
    assert 0.2 < first < 0.8  # not always the same turn


def test_the_line_goes_from_the_clean_score_to_the_one_by_heart():
    np.testing.assert_allclose(expected(np.array([0.0, 0.25, 1.0]), 0.6, 1.0), [0.6, 0.7, 1.0])


def test_by_planted_losses_the_detectors_are_exact(reviews, monkeypatch):
    """The loss is the id of the first word."""
    monkeypatch.setattr(contamination, "losses", lambda model, ids, labels: ids[:, 0].astype(float))
    ids = np.array([[1, 0, 9, 2, 0, 9, 3, 0, 9], [5, 0, 9, 5, 0, 9, 5, 0, 9]])
    two = Reviews(ids, np.zeros(2, int))
    rng = np.random.default_rng(0)
    assert lower_as_it_stands(None, two, rng) == 0.75  # lower in one, equal in the other
    high = Reviews(ids[:1] + 2, np.zeros(1, int))
    monkeypatch.setattr(contamination, "scores", lambda model, ids: np.eye(2)[ids[:, 0] % 2])
    right, fresh, auc, order = examined(None, two, high, 0)
    assert (right, fresh, auc) == (0.0, 0.0, 0.5) and order == 0.75


def test_by_heart_are_reviews_that_were_learned_with_their_wrong_labels(reviews):
    model = trained(FAST, reviews.only(slice(30)), 0)
    learned, others = reviews.only(slice(30)), reviews.only(slice(30, None))
    right, fresh, auc, _ = examined(model, learned, others, 0)
    assert right > 0.95 > fresh + 0.1 and auc > 0.6


def test_what_is_measured_belongs_together(found):
    assert {len(row) for row in found.values()} == {3}
    for name in ("accuracy", "AUC"):
        line = found["line" if name == "accuracy" else "AUC line"]
        np.testing.assert_allclose(line[[0, 2]], np.asarray(found[name])[[0, 2]])
        assert line[1] == pytest.approx((line[0] + line[2]) / 2)
    assert found["accuracy"][2] > found["accuracy"][0] + 0.1
    assert found["accuracy"][2] > found["accuracy, fresh"][2] + 0.1


def test_the_ends_of_the_line_need_not_be_among_the_shares(found):
    part = measure(replace(FAST, shares=(0.5,)), 0)
    np.testing.assert_allclose(part["line"], found["line"][1:2])
    np.testing.assert_allclose(part["accuracy"], found["accuracy"][1:2])
    with pytest.raises(ValueError, match=r"shares must be from 0 to 1, got 1\.5"):
        measure(replace(FAST, shares=(1.5,)), 0)


def test_the_study_trains_a_share_of_the_test_and_one_of_nothing():
    assert STUDY.settings.shares[0] == 0.0 and STUDY.settings.shares[-1] == 1.0
