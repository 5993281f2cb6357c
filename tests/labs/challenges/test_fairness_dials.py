"""The study of the dials: every world is the one that is asked for, and its truth stands beside."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.fairness_case import Fairness
from minillm.labs.challenges.fairness_dials import Settings, measure
from tests.labs.challenges.test_fairness import FAST, Planted, by_merit

DIALS = Settings(case=FAST, penalties=(0.0, 0.6, 0.0), second_good=(0.5, 0.5, 0.3))


@pytest.fixture(scope="module")
def found():
    """A seed of three worlds: fair, penalised, of unequal base rates."""
    return measure(DIALS, 0)


def test_each_world_has_its_dials(found):
    assert {values.shape for values in found.values()} == {(3, 2)}
    for row, (penalty, good) in enumerate(zip(DIALS.penalties, DIALS.second_good, strict=True)):
        world = replace(FAST.world, good=(0.5, good))
        known = world.known(penalty, FAST.threshold)
        np.testing.assert_array_equal(found["known TPR"][row], known.true_positive)
        np.testing.assert_array_equal(found["known merited score"][row], known.merited_score)
        base = [world.chances(g) @ world.merit for g in (0, 1)]
        np.testing.assert_allclose(found["base rate"][row], base, atol=0.06)


@pytest.mark.guide("G55")
def test_a_model_without_bias_is_not_equal_where_base_rates_are_not(monkeypatch):
    """A planted model that knows the merit: calibrated, and yet its rates differ."""
    monkeypatch.setattr(Fairness, "plain", lambda self: Planted(self.settings.world, by_merit))
    world = replace(FAST.world, slope=1.0)
    planted = replace(DIALS, case=replace(FAST, world=world, tested=8000))
    found = measure(planted, 0)
    assert found["calibration error"].max() < 0.05
    equal, _, unequal = (np.ptp(found["TPR"], axis=1)[row] for row in range(3))
    assert equal < 0.05 < 0.15 < unequal
    selected = np.ptp(found["selected"], axis=1)
    assert selected[0] < 0.05 < 0.2 < selected[2]
    np.testing.assert_allclose(found["TPR"][[0, 2]], found["known TPR"][[0, 2]], atol=0.03)
    np.testing.assert_allclose(found["FPR"][[0, 2]], found["known FPR"][[0, 2]], atol=0.03)


def test_the_penalty_is_learned(found):
    scores = found["merited score"]
    gaps = scores[:, 0] - scores[:, 1]
    assert abs(gaps[0]) < 0.15 and gaps[1] > 0.25


def test_as_many_penalties_as_qualities_are_needed():
    with pytest.raises(ValueError, match=r"fairness_dials: penalties .* must be as many"):
        measure(replace(DIALS, penalties=(0.1,)), 0)
