"""Which aggregators reach the best mean of two losses, and from how many starts."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.conflict.valley_starts import AGGREGATORS, STUDY, ends, measure, on_the_front
from minillm.labs.worlds.valleys import STARTS, front_at, losses_at

LEAST = -15.09164  # mean loss at the optimum
SMALL = replace(STUDY.settings, rate=0.05, steps=600)
BELOW = np.array([STARTS[1], (6.0, -7.0)])  # where there are no valleys


@pytest.mark.parametrize("name", ["mean", "cagrad"])
def test_from_below_the_axis_the_mean_and_cagrad_reach_the_optimum(name):
    found, _ = ends(SMALL, name, BELOW)
    np.testing.assert_allclose(losses_at(found, SMALL.bound).mean(axis=1), LEAST, atol=0.01)


@pytest.mark.parametrize("name", sorted({*AGGREGATORS} - {"mean", "cagrad"}))
def test_others_end_on_the_front_where_they_come_to_it(name):
    found, _ = ends(SMALL, name, BELOW)
    assert on_the_front(found, 0.05).all()
    assert losses_at(found, SMALL.bound).mean(axis=1).max() > LEAST + 0.5


def test_the_mean_is_stuck_in_a_valley_and_its_steps_raise_a_loss():
    short = replace(STUDY.settings, steps=4_000)
    found, raised = ends(short, "mean", np.array([STARTS[0], STARTS[2]]))
    assert (losses_at(found, SMALL.bound).mean(axis=1) > 2).all()
    assert raised > 0.1


def test_the_front_ends_at_the_middles_of_the_parabolas():
    along = np.array([-7.5, -6.5, 0.0, 6.5, 7.5])
    points = np.stack([along, front_at(along)], axis=1)
    assert on_the_front(points, 1e-9).tolist() == [False, True, True, True, False]
    assert not on_the_front(points + np.array([0, 0.2]), 0.1).any()


def test_shares_are_of_the_starts_of_the_seed():
    tiny = replace(STUDY.settings, starts=3, steps=2, aggregators=("mean",))
    one, again, other = (measure(tiny, seed) for seed in (0, 0, 1))
    assert one == again and one["mean, loss"] != other["mean, loss"]
    assert one["mean, stuck"] in (0, 1 / 3, 2 / 3, 1)


def test_an_unknown_aggregator_is_refused():
    with pytest.raises(ValueError, match=r"aggregators are mean, pcgrad, .*, got 'best'"):
        ends(SMALL, "best", BELOW)


def test_stored_cagrad_reaches_the_optimum_from_every_start_and_the_mean_is_sometimes_stuck():
    found = read_study("valley_starts")
    assert (found["cagrad, optimum"] == 1).all()
    assert found["mean, optimum"].mean() == pytest.approx(17 / 20)
    assert found["mean, stuck"].mean() == pytest.approx(3 / 20)


@pytest.mark.parametrize("name", sorted({*AGGREGATORS} - {"mean", "cagrad"}))
def test_stored_the_others_reach_the_front_from_every_start_and_seldom_the_optimum(name):
    found = read_study("valley_starts")
    assert (found[f"{name}, front"] == 1).all() and not found[f"{name}, stuck"].any()
    assert found[f"{name}, optimum"].mean() <= 7 / 20
    assert (found[f"{name}, loss"] > LEAST + 0.8).all()


def test_stored_under_adam_steps_raise_a_loss_though_the_aggregate_would_not():
    found = read_study("valley_starts")
    for name in ("mgda", "nash_mtl"):
        assert found[f"{name}, raised"].min() > 0.2


@pytest.mark.slow
def test_from_the_published_starts_the_mean_is_stuck_where_cagrad_goes_on():
    """The starts from which the paper of CAGrad shows both; 20,000 steps at a larger rate."""
    long = replace(STUDY.settings, steps=20_000)
    starts = np.array([STARTS[i] for i in (0, 1, 2)])
    stuck, _ = ends(long, "mean", starts)
    free, _ = ends(long, "cagrad", starts)
    assert (losses_at(stuck, long.bound).mean(axis=1) > 0).tolist() == [True, False, True]
    assert (losses_at(free, long.bound).mean(axis=1) < -10).all()
