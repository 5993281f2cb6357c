"""Objectives over groups and environments: against their definitions, and their gradients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, Tensor, check_module
from minillm.nn import Module
from minillm.ops import cross_entropy
from minillm.training.robust import (
    balanced_weights,
    group_dro_weights,
    group_losses,
    group_sizes,
    irm_penalty,
    v_rex_penalty,
)

NAMES = ("land", "water")
TARGETS = np.array([0, 2, 1, 1, 0, 2])


class Scores(Module):
    """Numbers that are learned themselves."""

    def __init__(self, values):
        self.values = Parameter(np.asarray(values, np.float64))


@pytest.fixture
def scores(rng):
    return Scores(rng.standard_normal((6, 3)))


def test_balanced_weights_give_every_group_the_same_and_its_members_alike():
    groups = np.array([0, 0, 0, 1])
    np.testing.assert_allclose(balanced_weights(groups, NAMES), [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    np.testing.assert_array_equal(group_sizes(groups, NAMES), [3, 1])


def test_drawn_by_balanced_weights_the_groups_are_equal(rng):
    groups = np.repeat([0, 1], [950, 50])
    drawn = groups[rng.choice(1000, 8000, p=balanced_weights(groups, NAMES))]
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)


def test_a_group_without_examples_is_named():
    for call in (group_sizes, balanced_weights):
        with pytest.raises(ValueError, match="no example is in group 'water'"):
            call(np.zeros(3, int), NAMES)
    with pytest.raises(ValueError, match="no example is in group 'land'"):
        group_losses(Tensor(np.ones(2)), np.ones(2, int), NAMES)
    with pytest.raises(ValueError, match=r"losses \(3,\) must be as many as groups \(2,\)"):
        group_losses(Tensor(np.ones(3)), np.arange(2), NAMES)
    with pytest.raises(IndexError, match="group 2"):
        balanced_weights(np.arange(3), NAMES)


def test_the_losses_of_groups_are_the_means_of_their_members(rng):
    losses, groups = rng.random(9), np.array([0, 1, 1, 0, 1, 1, 1, 0, 1])
    found = group_losses(Tensor(losses), groups, NAMES).data
    np.testing.assert_allclose(found, [losses[groups == g].mean() for g in (0, 1)])
    learned = Scores(losses)
    check_module(learned, lambda: group_losses(learned.values, groups, NAMES), rng=rng)


@given(
    st.lists(st.floats(0, 9), min_size=1, max_size=5),
    st.floats(0, 2),
    st.integers(0, 99),
)
def test_a_step_of_group_dro_is_that_of_the_formula(losses, rate, seed):
    q = np.random.default_rng(seed).dirichlet(np.ones(len(losses)))
    grown = [a * math.exp(rate * b) for a, b in zip(q, losses, strict=True)]
    found = group_dro_weights(q, np.array(losses), rate)
    np.testing.assert_allclose(found, np.array(grown) / sum(grown), atol=1e-12)


def test_group_dro_comes_to_the_worst_group_also_where_exp_would_overflow():
    q = np.array([0.5, 0.5])
    np.testing.assert_allclose(group_dro_weights(q, np.array([1e4, 0.0]), 1.0), [1, 0])
    for _ in range(100):
        q = group_dro_weights(q, np.array([0.9, 1.0]), 1.0)
    assert q[1] > 0.99
    np.testing.assert_allclose(group_dro_weights(q, np.array([0.9, 1.0]), 0.0), q)


@pytest.mark.parametrize(
    ("weights", "losses", "rate", "says"),
    [
        ([0.5, 0.6], [1.0, 1.0], 0.1, "must be probabilities"),
        ([1.5, -0.5], [1.0, 1.0], 0.1, "must be probabilities"),
        ([1.0], [1.0, 1.0], 0.1, r"losses \(2,\)"),
        ([0.5, 0.5], [1.0, 1.0], -0.1, "rate of at least 0"),
        ([0.5, 0.5], [1.0, np.inf], 0.1, "finite losses"),
    ],
)
def test_a_step_that_is_none_is_refused(weights, losses, rate, says):
    with pytest.raises(ValueError, match=f"group_dro_weights: .*{says}"):
        group_dro_weights(np.array(weights), np.array(losses), rate)


def test_the_penalty_of_irm_is_the_squared_slope_along_a_common_scale(scores):
    """Independent truth: the slope by differences of the loss itself."""
    z, h = scores.values.data, 1e-6

    def risk(w):
        loss, _ = cross_entropy.rule(w * z, targets=TARGETS)
        return float(loss)

    slope = (risk(1 + h) - risk(1 - h)) / (2 * h)
    found = float(irm_penalty(scores.values, TARGETS).data)
    assert found == pytest.approx(slope**2, rel=1e-6) and found > 1e-4


def test_where_the_best_scale_is_one_there_is_no_penalty():
    assert float(irm_penalty(Tensor(np.zeros((2, 2))), np.array([0, 1])).data) == 0.0
    z = np.array([[math.log(3), 0.0]] * 4)  # says 3/4, and is right in 3 of 4
    assert float(irm_penalty(Tensor(z), np.array([0, 0, 0, 1])).data) == pytest.approx(0, abs=1e-12)
    assert float(irm_penalty(Tensor(2 * z), np.array([0, 0, 0, 1])).data) > 0.01


def test_the_penalties_have_the_gradients_that_differences_find(scores, rng):
    check_module(scores, lambda: irm_penalty(scores.values, TARGETS), rng=rng)
    risks = Scores(rng.random(4))
    check_module(risks, lambda: v_rex_penalty(risks.values), rng=rng)


@given(st.lists(st.floats(0, 9), min_size=1, max_size=5), st.floats(0, 3))
def test_the_penalty_of_v_rex_is_the_variance_and_no_matter_where_the_risks_lie(risks, shift):
    mean = sum(risks) / len(risks)
    variance = sum((risk - mean) ** 2 for risk in risks) / len(risks)
    for moved in (0.0, shift):
        found = float(v_rex_penalty(Tensor(np.array(risks) + moved)).data)
        assert found == pytest.approx(variance, abs=1e-9)


def test_what_is_no_batch_is_refused():
    with pytest.raises(ValueError, match=r"irm_penalty: .* got \(2, 3\) and \(3,\)"):
        irm_penalty(Tensor(np.ones((2, 3))), np.arange(3))
    with pytest.raises(ValueError, match="B at least 1"):
        irm_penalty(Tensor(np.ones((0, 3))), np.zeros(0, int))
    with pytest.raises(IndexError, match="target 3"):
        irm_penalty(Tensor(np.ones((1, 3))), np.array([3]))
    with pytest.raises(ValueError, match=r"v_rex_penalty: risks must be \(G,\)"):
        v_rex_penalty(Tensor(np.ones((2, 2))))


def test_no_example_at_all_is_refused():
    with pytest.raises(ValueError, match=r"groups must be \(N,\), one at least, got \(0,\)"):
        balanced_weights(np.zeros(0, dtype=np.int64), ("a",))
