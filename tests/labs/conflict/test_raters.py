"""Two raters: what the study measures, and what its stored numbers say of the front."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.conflict.joint_training import AGGREGATORS
from minillm.labs.conflict.raters import STUDY, Stops, measure
from minillm.labs.conflict.two_tasks import Sizes
from minillm.labs.stored import read_settings, read_study
from minillm.labs.worlds.raters import above_front, front
from minillm.training.objectives import hypervolume, hypervolume_of_curve

S = STUDY.settings
BRIEF = replace(S.sums, steps=40, batch=24, warmup=2)
FAST = replace(
    S,
    sizes=Sizes(width=8, hidden=8, neck=2),
    weights=(0.2, 0.8),
    sums=BRIEF,
    rate=0.03,
    adam=Stops(BRIEF, {"CAGrad": 0.03}),
    sgd=Stops(replace(BRIEF, optimizer="sgd"), {"CAGrad": 0.3}),
)
W = np.array(S.weights)
HELD, FREE = ("mean", "CAGrad"), ("PCGrad", "MGDA", "MGDA, normalised", "IMTL-G", "Nash-MTL")


@pytest.mark.guide("G43")
def test_a_brief_training_is_above_the_front_and_moves_along_it_with_the_weight():
    found = measure(FAST, 0)
    low, high = found["losses"]
    assert low[0] > high[0] and low[1] < high[1]
    assert (found["above"] > 0).all() and (found["above"] < 0.5).all()
    np.testing.assert_allclose(found["above"], above_front(np.array(found["losses"]), 0.3))
    known = front(np.array(FAST.weights), 0.3)
    assert found["distance"] == pytest.approx(np.abs(found["losses"] - known).max(axis=1))
    assert len(found["raters, cosines"]) == len(found["aspects, cosines"]) == 40
    assert found["raters, conflicting"] == np.mean(np.array(found["raters, cosines"]) < 0)
    assert found["raters, gaps"].shape == (2,)
    for name in ("SGD", "Adam"):
        assert found[f"{name}, CAGrad, above"] == above_front(found[f"{name}, CAGrad"], 0.3) > 0


def test_an_output_serves_both_raters_and_two_tasks_have_their_own():
    """At the start the raters' gradients are opposite but for what they agree on."""
    found = measure(replace(FAST, world=replace(S.world, ambiguous=1.0)), 0)
    assert max(found["raters, cosines"]) < 0 and found["raters, conflicting"] == 1.0
    assert found["raters, opposite"] == pytest.approx(-1, abs=0.1)
    assert found["aspects, conflicting"] < 1.0


@pytest.mark.guide("G43")
def test_stored_weighted_sums_reach_the_known_front():
    found = read_study("raters")
    assert found["distance"].max() < 0.01
    assert found["distance"][:, 1:-1].max() < 0.003
    assert found["above"].min() > 0 and found["above"].max() < 0.0005
    np.testing.assert_allclose(found["praise"], np.tile(W, (5, 1)), atol=0.002)


def test_stored_hypervolumes_are_those_of_the_known_front():
    found, delta = read_study("raters"), read_settings("raters")["world"]["ambiguous"]
    points = front(W, delta)
    dense = front(np.linspace(1e-4, 1 - 1e-4, 2_001), delta)
    staircase, through, whole = (
        hypervolume(points, S.worst),
        hypervolume_of_curve(points, S.worst),
        hypervolume_of_curve(dense, S.worst),
    )
    assert [staircase, through, whole] == pytest.approx([0.81007, 0.85039, 0.85844], abs=2e-5)
    assert np.abs(found["staircase"] - staircase).max() < 0.002
    assert np.abs(found["curve"] - through).max() < 0.001
    assert (found["curve"] < whole).all()


def test_stored_opposite_gradients_are_no_measure_of_a_conflict():
    """Both worlds have most steps in conflict; only one has gaps, and gradients that remain."""
    found = read_study("raters")
    assert (found["raters, opposite"] < -0.999).all() and found["raters, conflicting"].min() > 0.9
    assert found["aspects, conflicting"].min() > 0.6 and (found["aspects, opposite"] < 0).all()
    np.testing.assert_allclose(found["raters, gaps"], 0.3 * np.log(2), atol=0.002)
    assert found["aspects, gaps"].max() < 0.001
    assert found["raters, remaining"][:, 1].min() > 0.5
    assert found["aspects, remaining"][:, 1].max() < 0.005


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("name", AGGREGATORS)
def test_stored_no_aggregator_leaves_the_front(optimizer, name):
    above = read_study("raters")[f"{optimizer}, {name}, above"]
    assert above.min() > -1e-6 and above.max() < (0.01 if optimizer == "SGD" else 0.0005)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_stored_the_mean_and_cagrad_stop_at_the_middle_and_others_anywhere(optimizer):
    found = read_study("raters")
    middle = 0.3 * np.log(2)
    for name in HELD:
        assert np.abs(found[f"{optimizer}, {name}"] - middle).max() < 0.01
    for name in FREE:
        assert found[f"{optimizer}, {name}"][:, 0].std(ddof=1) > 0.02
    assert np.abs(found[f"{optimizer}, Aligned-MTL"] - middle).max() < 0.005


def test_stored_under_adam_twice_as_long_a_gradient_is_the_same_method():
    found = read_study("raters")
    np.testing.assert_allclose(found["Adam, PCGrad"], found["Adam, UPGrad"], atol=0.01)
    assert np.abs(found["SGD, PCGrad"] - found["SGD, UPGrad"]).max() > 0.03
