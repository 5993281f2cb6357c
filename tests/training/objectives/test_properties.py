"""What each aggregator keeps, as its paper claims, and what it does not."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.training.objectives.aggregators import (
    aligned_mtl,
    cagrad,
    config,
    cosines_of,
    dualproj,
    imtl_g,
    lengths_of,
    mean,
    mgda,
    nash_mtl,
    pcgrad,
    stationary,
    total,
    upgrad,
)

NORMALISED, WIDE = partial(mgda, normalised=True), partial(cagrad, c=1.0)
NAMES = {NORMALISED: "mgda of units", WIDE: "cagrad, c = 1"}
ALL = [
    *(mean, total, mgda, NORMALISED, pcgrad, upgrad, dualproj, cagrad, WIDE),
    *(imtl_g, nash_mtl, aligned_mtl, config),
]
WITHOUT_CONFLICT = [mgda, NORMALISED, upgrad, dualproj, WIDE, nash_mtl]
LINEAR = [mean, total, upgrad, pcgrad, config]
STRONG = [mean, total, upgrad, dualproj]
ANY_LENGTHS = [NORMALISED, nash_mtl]  # the direction does not depend on the rows' lengths

small = st.integers(-3, 3)
jacobians = st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=small)
)


def each(aggregators):
    return pytest.mark.parametrize(
        "aggregator", aggregators, ids=lambda a: NAMES.get(a) or a.__name__
    )


def gains_of(aggregator, j):
    """``J d``, each row by its length and that of the longest."""
    gram = j @ j.T
    lengths = lengths_of(gram)
    return gram @ aggregator(gram) / np.where(lengths > 0, lengths, 1) / max(lengths.max(), 1e-9)


@each(WITHOUT_CONFLICT)
@given(jacobians)
def test_no_loss_rises(aggregator, j):
    assert gains_of(aggregator, j).min() >= -1e-7


@given(jacobians, st.integers(-6, 6))
def test_no_loss_rises_however_unlike_the_lengths(j, power):
    j = j * 10.0 ** (power * np.arange(len(j)) / len(j))[:, None]
    for aggregator in WITHOUT_CONFLICT:
        assert gains_of(aggregator, j).min() >= -1e-7


@each([a for a in ALL if a not in WITHOUT_CONFLICT and a not in (imtl_g, config)])
def test_others_may_raise_a_loss(aggregator):
    conflicting = [
        np.array([[1.0, 0], [-3, 1]]),
        np.array([[2.0, 1, 0], [-1.8, 1, 1], [-1, -1.8, 1]]),
        np.array([[4.0, 1, 0], [-4, 1, 0], [-4, 1, 0.1], [1, -1, 1]]),
    ]
    assert min(gains_of(aggregator, j).min() for j in conflicting) < -1e-3


@each([imtl_g, config])
def test_one_angle_to_all_hurts_nobody_only_where_its_sign_is_chosen_for_it(aggregator):
    rng = np.random.default_rng(0)
    two, many = (
        [gains_of(aggregator, rng.standard_normal((m, 6))) for _ in range(200)] for m in (2, 5)
    )
    assert min(gains.min() for gains in two) >= -1e-12
    assert (min(gains.min() for gains in many) < -1e-3) == (aggregator is imtl_g)


@each(ALL)
@given(jacobians, st.randoms(use_true_random=False))
def test_the_order_of_the_tasks_is_nothing(aggregator, j, random):
    order = random.sample(range(len(j)), len(j))
    d, other = (rows.T @ aggregator(rows @ rows.T) for rows in (j, j[order]))
    np.testing.assert_allclose(d, other, atol=1e-6 * max(np.abs(j).max(), 1))


@each(LINEAR)
@given(jacobians, st.integers(0, 2**32 - 1))
def test_d_is_linear_in_the_length_of_each_gradient(aggregator, j, seed):
    one, other = np.random.default_rng(seed).uniform(0.1, 2, (2, len(j), 1))
    d, e, both = (
        (scale * j).T @ aggregator((scale * j) @ (scale * j).T)
        for scale in (one, other, 0.7 * one + 0.4 * other)
    )
    np.testing.assert_allclose(both, 0.7 * d + 0.4 * e, atol=1e-7)


@each([a for a in ALL if a not in LINEAR])
def test_others_are_not_linear(aggregator):
    j = np.array([[1.0, 0, 0.5], [-1, 1, 0], [-0.3, -0.2, 1]])
    one, other = np.array([[1.0], [2], [0.5]]), np.array([[3.0], [0.2], [1]])
    d, e, both = (
        (scale * j).T @ aggregator((scale * j) @ (scale * j).T)
        for scale in (one, other, one + other)
    )
    assert np.abs(both - d - e).max() > 1e-3


@each(ANY_LENGTHS)
def test_the_direction_is_that_of_the_unit_gradients(aggregator, rng):
    j = rng.standard_normal((3, 5))
    d = j.T @ aggregator(j @ j.T)
    longer = j * [[1e-3], [1], [700]]
    np.testing.assert_allclose(longer.T @ aggregator(longer @ longer.T), d, rtol=1e-9)


@each([upgrad, dualproj])
@given(jacobians)
def test_zero_means_that_no_task_can_gain_without_loss_for_another(aggregator, j):
    """Where d is 0, positive weights make 0 of the gradients: w itself does."""
    w = aggregator(j @ j.T)
    if np.linalg.norm(j.T @ w) < 1e-9:
        assert w.min() > 0.9 / len(j)


def test_zero_comes_at_other_points_too_where_strength_is_not_claimed():
    """One gradient is 0, or two are opposite, and a third task could still gain."""
    weak = np.array([[1.0, 0], [-1, 0], [0, 1]])
    for aggregator in STRONG:
        assert np.linalg.norm(weak.T @ aggregator(weak @ weak.T)) > 0.1
    for aggregator in (mgda, nash_mtl):
        np.testing.assert_allclose(weak.T @ aggregator(weak @ weak.T), 0, atol=1e-12)
    assert stationary(weak @ weak.T)


@given(jacobians)
def test_of_two_tasks_pcgrad_is_twice_upgrad(j):
    gram = j[:2] @ j[:2].T
    if len(gram) == 2 and gram.diagonal().min() > 0:
        np.testing.assert_allclose(pcgrad(gram), 2 * upgrad(gram), atol=1e-7)


@given(jacobians)
def test_every_task_gains_the_square_of_the_shortest_mean(j):
    w = mgda(j @ j.T)
    d = j.T @ w
    assert w.min() >= 0 and w.sum() == pytest.approx(1)
    assert (j @ d).min() >= d @ d - 1e-9
    np.testing.assert_allclose((j @ d)[w > 1e-9], d @ d, atol=1e-9)


@given(jacobians)
def test_before_it_is_shortened_nashs_step_has_one_length_and_its_shares_are_one(j):
    gram = j @ j.T
    some = gram.diagonal() > 0
    a = nash_mtl(gram, None)
    if not some.any() or stationary(gram[np.ix_(some, some)]):
        assert not a.any()
        return
    np.testing.assert_allclose((a * (gram @ a))[some], 1, rtol=1e-6)
    assert a @ gram @ a == pytest.approx(some.sum())
    shortened = nash_mtl(gram)
    assert shortened @ gram @ shortened == pytest.approx(1)
    np.testing.assert_allclose(nash_mtl(1e6 * gram, None), a / 1e3, rtol=1e-6)


def test_nashs_two_tasks_have_a_closed_form(rng):
    j = rng.standard_normal((2, 5))
    gram = j @ j.T
    lengths, cosine = lengths_of(gram), cosines_of(gram)[0, 1]
    np.testing.assert_allclose(nash_mtl(gram, None), 1 / (lengths * np.sqrt(1 + cosine)))


@each([imtl_g, config])
@given(jacobians)
def test_the_angle_to_every_gradient_is_one(aggregator, j):
    gram = j @ j.T
    some = gram.diagonal() > 0
    rank = np.linalg.matrix_rank(cosines_of(gram))
    if some.sum() == rank:  # else there may be no such direction
        gains = (gram @ aggregator(gram))[some] / lengths_of(gram)[some]
        np.testing.assert_allclose(gains, gains[:1].repeat(rank), atol=1e-8)


@pytest.mark.parametrize("c", [0.8, 1.0])
def test_while_all_tasks_have_a_share_in_cagrads_step_all_gain_alike(c):
    j = np.array([[-4.0, 1, 1], [6, 1, 1]])
    d = j.T @ cagrad(j @ j.T, c)
    assert (j @ d)[0] == pytest.approx((j @ d)[1], rel=1e-12)


def test_without_room_cagrad_is_the_mean(rng):
    j = rng.standard_normal((4, 6))
    np.testing.assert_allclose(cagrad(j @ j.T, 0.0), 0.25)


def test_aligned_rows_are_orthogonal_and_as_long_as_the_least_singular_value(rng):
    j = rng.standard_normal((3, 6))
    least = np.linalg.svd(j, compute_uv=False).min()
    d = j.T @ aligned_mtl(j @ j.T)
    assert np.linalg.norm(d) == pytest.approx(least / 3**0.5)
