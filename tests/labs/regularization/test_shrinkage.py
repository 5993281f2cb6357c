"""Two weights under Adam: the study's numbers against what can be derived."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_settings, read_study
from minillm.labs.regularization import shrinkage
from minillm.labs.regularization.shrinkage import STUDY, measure, path_of

SETTINGS = STUDY.settings
SHORT = replace(SETTINGS, adam=replace(SETTINGS.adam, steps=200))
SILENT = replace(SHORT, noise=(0.0, 0.0))


@pytest.mark.parametrize(("every", "points"), [(200, 2), (100, 3), (70, 3)])
def test_a_path_starts_at_one_and_has_a_point_after_every_so_many_steps(every, points, rng):
    path = path_of(replace(SHORT, every=every), "none", rng)
    assert path.shape == (points, 2) and (path[0] == 1).all()


def test_without_noise_decoupled_decay_is_a_power_and_none_stays(rng):
    decayed = path_of(SILENT, "decoupled", rng)[-1]
    np.testing.assert_allclose(decayed, (1 - 1e-3 * 0.1) ** 200, rtol=1e-12)
    assert (path_of(SILENT, "none", rng) == 1).all()


@pytest.mark.parametrize("strength", [0.1, 0.001])
def test_l2_alone_moves_a_weight_by_the_learning_rate_a_step_however_weak(strength, rng):
    """Adam divides the pull by its own size."""
    path = path_of(replace(SILENT, strength=strength), "L2", rng)
    np.testing.assert_allclose(path[-1], 1 - 1e-3 * 200, atol=0.02)


def test_an_unknown_form_and_clipping_are_refused(rng):
    with pytest.raises(ValueError, match="got 'l2'"):
        path_of(SHORT, "l2", rng)
    clipped = replace(SHORT, adam=replace(SHORT.adam, max_norm=1.0))
    with pytest.raises(ValueError, match="nothing is clipped, got"):
        path_of(clipped, "L2", rng)


def test_all_forms_meet_the_same_noise_and_another_seed_is_other_noise(monkeypatch):
    def noise_of(settings, form, rng):
        return rng.standard_normal(3)

    monkeypatch.setattr(shrinkage, "path_of", noise_of)
    first, other = measure(SETTINGS, 0), measure(SETTINGS, 1)
    assert tuple(first) == SETTINGS.forms
    assert len({noise.tobytes() for noise in first.values()}) == 1
    assert not np.array_equal(first["none"], other["none"])


@pytest.mark.guide("G24")
@pytest.mark.parametrize("seed", [100, 101, 102])
def test_a112_in_a_small_run_l2_spares_the_weight_with_large_gradients(seed):
    """A third of the steps, three times as long; the same noise for all, which drops out."""
    adam = replace(SETTINGS.adam, rate=3e-3, steps=1000)
    last = {form: p[-1] for form, p in measure(replace(SETTINGS, adam=adam), seed).items()}
    pure = (1 - 3e-3 * SETTINGS.strength) ** 1000  # 0.741
    l2, decoupled = (last[form] - last["none"] for form in ("L2", "decoupled"))
    assert abs(last["L2"][0]) < 0.05 and abs(l2[1]) < 0.05
    np.testing.assert_allclose(decoupled, pure - 1, atol=0.1)


@pytest.mark.guide("G24")
def test_a112_in_ten_seeds_l2_shrinks_unevenly_and_decay_alike():
    last = {form: paths[:, -1] for form, paths in read_study("shrinkage").items()}
    stored = read_settings("shrinkage")
    pure = (1 - stored["adam"]["rate"] * stored["strength"]) ** stored["adam"]["steps"]
    assert stored["noise"] == [0.01, 100.0] and pure == pytest.approx(0.741, abs=0.001)
    assert (np.abs(last["L2"][:, 0]) < 0.05).all() and (last["L2"][:, 1] > 0.85).all()
    assert np.abs(last["decoupled"].mean(axis=0) - pure).max() < 0.05
    assert np.abs(last["none"].mean(axis=0) - 1).max() < 0.05
    taken = last["none"] - last["decoupled"]  # under the same noise
    assert np.abs(taken - (1 - pure)).max() < 0.02
    assert np.abs(last["L2"] - last["none"])[:, 1].max() < 0.004
