"""Two weights under Adam: the study's numbers against what can be derived."""

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.regularization import shrinkage
from minillm.labs.regularization.shrinkage import EVERY, LR, NOISE, STEPS, STRENGTH, path_of


def test_a_path_starts_at_one_and_has_a_point_after_every_200_steps(rng):
    path = path_of("none", rng, steps=2 * EVERY)
    assert path.shape == (3, 2) and (path[0] == 1).all()


def test_without_noise_decoupled_decay_is_a_power_and_none_stays(monkeypatch, rng):
    monkeypatch.setattr(shrinkage, "NOISE", (0.0, 0.0))
    decayed = path_of("decoupled", rng, steps=EVERY)[-1]
    np.testing.assert_allclose(decayed, (1 - LR * STRENGTH) ** EVERY, rtol=1e-12)
    assert (path_of("none", rng, steps=EVERY) == 1).all()


def test_l2_alone_moves_a_weight_by_the_learning_rate_a_step_however_weak(monkeypatch, rng):
    """Adam divides the pull by its own size."""
    monkeypatch.setattr(shrinkage, "NOISE", (0.0, 0.0))
    for strength in (0.1, 0.001):
        monkeypatch.setattr(shrinkage, "STRENGTH", strength)
        path = path_of("L2", rng, steps=EVERY)
        np.testing.assert_allclose(path[-1], 1 - LR * EVERY, atol=0.02)


def test_an_unknown_form_is_refused(rng):
    with pytest.raises(ValueError, match="got 'l2'"):
        path_of("l2", rng)


@pytest.mark.guide("G24")
def test_a112_in_ten_seeds_l2_shrinks_unevenly_and_decay_alike():
    last = {form: paths[:, -1] for form, paths in read_study("shrinkage").items()}
    pure = (1 - LR * STRENGTH) ** STEPS
    assert NOISE == (0.01, 100.0) and pure == pytest.approx(0.741, abs=0.001)
    assert (np.abs(last["L2"][:, 0]) < 0.05).all() and (last["L2"][:, 1] > 0.85).all()
    assert np.abs(last["decoupled"].mean(axis=0) - pure).max() < 0.05
    assert np.abs(last["none"].mean(axis=0) - 1).max() < 0.05
