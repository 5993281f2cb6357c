"""The loss of pairs: from its definition, its bounds, and what no scores can do about it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.autograd import check_vjp
from minillm.ops import contrastive_loss, cross_entropy

pytestmark = pytest.mark.guide("G50")
squares = st.integers(1, 5).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.floats(-20, 20, allow_nan=False))
)


@given(squares)
def test_it_is_the_mean_of_the_cross_entropies_of_rows_and_of_columns(scores):
    own = np.arange(len(scores))
    wanted = [cross_entropy(s, targets=own).item() for s in (scores, scores.T)]
    assert contrastive_loss(scores).item() == pytest.approx(np.mean(wanted), abs=1e-9)
    assert contrastive_loss(scores.T.copy()).item() == pytest.approx(np.mean(wanted), abs=1e-9)


@given(squares, st.integers(0, 99))
def test_the_order_of_pairs_does_not_matter_and_that_of_one_side_does(scores, seed):
    order = np.random.default_rng(seed).permutation(len(scores))
    both = contrastive_loss(scores[order][:, order]).item()
    assert both == pytest.approx(contrastive_loss(scores).item(), abs=1e-9)
    apart = 40.0 * np.eye(3)
    assert contrastive_loss(apart).item() < 1e-9 < 20 < contrastive_loss(apart[[1, 2, 0]]).item()


@pytest.mark.parametrize("n", [1, 2, 7])
def test_equal_scores_cost_the_logarithm_of_their_number(n):
    assert contrastive_loss(np.full((n, n), 3.0)).item() == pytest.approx(math.log(n))


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_two_texts_that_say_the_same_cost_at_least_the_logarithm_of_2(a, b):
    """Both columns are equal, so that each picture finds either half of the time at best."""
    assert contrastive_loss(np.array([[a, a], [b, b]])).item() >= math.log(2) - 1e-9


def test_its_gradient_is_that_of_differences():
    rng = np.random.default_rng(0)
    check_vjp(contrastive_loss.rule, rng.standard_normal((4, 4)), rng=rng)
