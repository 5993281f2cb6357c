"""What five seeds of the lab of scaling say, as their file has it."""

import numpy as np
import pytest

from minillm.labs.challenges.scaling import STUDY, falling
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.tasks.metrics.power_law import fit_power_law

WORLD = STUDY.settings.world


@pytest.fixture(scope="module")
def found():
    return read_study("scaling")


@pytest.mark.guide("G49")
def test_every_larger_model_is_better_in_every_seed_and_none_is_below_the_floor(found):
    final = found["loss"][:, :, -1]
    assert (np.diff(final, axis=1) < 0).all()
    assert (final > found["planted_floor"][:, None]).all()


def test_no_size_helps_where_there_is_nothing_to_learn(found):
    assert (found["control"] >= 0).all() and found["control"].max() < 0.01  # of 2.77 nats


@pytest.mark.guide("G49")
def test_the_law_of_the_smaller_ones_foretells_the_largest_better_than_the_last_does(found):
    """In the mean: of five other seeds in three, where it misses by .017 and the last by .018."""
    missed = np.abs(found["foretold"] - found["held_back"])
    as_the_last = np.abs(found["last"] - found["held_back"])
    assert missed.mean() < as_the_last.mean()
    assert missed.max() < 0.05


@pytest.mark.guide("G49")
def test_the_exponent_of_sizes_is_the_planted_one_within_its_interval(found):
    mean, half = mean_and_interval(found["exponent"])
    assert abs(mean - WORLD.tail) < half < 0.07
    floor, half = mean_and_interval(found["floor"])
    assert abs(floor - found["planted_floor"][0]) < half < 0.09
    known = [
        fit_power_law(n[:-1], loss[:-1], floor=e).exponent
        for n, loss, e in zip(
            found["parameters"], found["loss"][:, :, -1], found["planted_floor"], strict=True
        )
    ]
    mean, half = mean_and_interval(np.array(known))
    assert mean == pytest.approx(0.278, abs=0.002) and half < 0.028  # a known floor helps


@pytest.mark.guide("G49")
def test_the_loss_falls_with_operations_as_well(found):
    mean, half = mean_and_interval(found["exponent_of_flops"])
    assert mean == pytest.approx(0.277, abs=0.002) and half < 0.02


@pytest.mark.guide("G49")
def test_few_texts_leave_the_mistakes_that_nobody_could_avoid_and_many_do_not(found):
    """Up to 1,000 texts data are the limit; beyond, a model of this size and training is."""
    ratio = found["mistakes"] / found["unseen"]
    assert ((ratio[:, :3] > 0.83) & (ratio[:, :3] < 1.09)).all()
    assert (ratio[:, 4] > 3.1).all()
    few = STUDY.settings.texts[:3]
    measured = np.array([falling(few, wrong[:3]).exponent for wrong in found["mistakes"]])
    planted = falling(few, found["unseen"][0][:3]).exponent
    mean, half = mean_and_interval(measured)
    assert abs(mean - planted) < half
    mean, half = mean_and_interval(found["exponent_of_data"])  # of all five, and so too small
    assert mean + half < found["planted_exponent_of_data"][0]


@pytest.mark.guide("G53")
def test_eight_bits_cost_nothing_that_can_be_seen(found):
    eight, sixteen = found["fewer_bits"].swapaxes(0, 1)
    assert np.abs(eight[:, 0]).max() < 2e-4 and np.abs(sixteen[:, 0]).max() < 1e-5  # nats
    assert eight[:, 1].min() > 0.998 and sixteen[:, 1].min() > 0.9999  # the same first choice
    assert eight[:, 3].max() < 0.34 and sixteen[:, 3].max() < 0.54  # bytes, tables included
