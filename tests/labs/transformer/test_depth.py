"""The study of deep stacks: its measures and its training task, on known cases."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.backend import stream
from minillm.labs.learners import AdamSettings
from minillm.labs.transformer import depth
from minillm.labs.transformer.stacks import VARIANTS, new_blocks, pre_norm
from minillm.nn import LayerNorm

SETTINGS = depth.STUDY.settings
SIZES, TRAINED = SETTINGS.sizes, SETTINGS.trainings.sizes


@pytest.mark.guide("G21")
def test_signals_have_one_row_for_each_variant_and_normalised_ones_end_at_size_1():
    found = depth.signals(replace(SETTINGS, depths=(1, 4)), 0)
    assert [array.shape for array in found.values()] == [(5, 2)] * 3
    normalised = [list(VARIANTS).index(name) for name in ("no residual", "post-norm")]
    np.testing.assert_allclose(found["rms"][normalised], 1, rtol=1e-3)
    assert found["gradient"][0, 1] < 0.1 * found["gradient"][0, 0]  # neither: it vanishes
    assert found["distance"][1, 1] < 1e-3 < 0.1 < found["distance"][4, 1]


@pytest.mark.guide("G20")
def test_the_gradient_is_that_of_a_unit_cotangent_behind_the_last_normalization():
    (block,) = new_blocks(1, SIZES, stream(0, "blocks"))
    shape = 2, SIZES.sentences, SIZES.length, SIZES.width
    x, v = stream(0, "input and cotangent").standard_normal(shape)
    end = LayerNorm(SIZES.width).to_dtype(np.float64)
    output = end(pre_norm(block, Tensor(x)))
    parameters = block.attention.parameters() + block.feed_forward.parameters()
    gradients = gradients_of((output * (v / np.sqrt((v * v).sum()))).sum(), parameters)
    wanted = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    found = depth.signals(replace(SETTINGS, depths=(1,)), 0)
    assert found["gradient"][4, 0] == pytest.approx(wanted)


def test_the_task_has_variance_1_and_a_floor_near_one_minus_one_over_the_length():
    _, target = depth.task(TRAINED, 3)
    assert target.mean() == pytest.approx(0) and target.var() == pytest.approx(1)
    floors = [depth.floor(TRAINED, seed) for seed in range(20)]  # each has a spread of 0.022
    assert np.mean(floors) == pytest.approx(1 - 1 / TRAINED.length, abs=0.015)


@pytest.mark.guide("G20")
def test_a_stack_whose_positions_are_equal_stays_above_the_floor(monkeypatch):
    def equal(block, x):
        return x.mean(axis=1, keepdims=True) + 0 * x

    monkeypatch.setitem(VARIANTS, "equal", equal)
    loss = depth.trained(TRAINED, "equal", 1, AdamSettings(rate=3e-2, steps=300), 0)
    least = depth.floor(TRAINED, 0)
    assert least <= loss < least + 0.05


def test_training_reports_the_loss_of_the_best_rate_and_at_most_1():
    trainings = replace(
        SETTINGS.trainings, depths=(1, 12), steps=40, rates=(1e-9, 1e-2), max_norms=(1.0,)
    )
    settings = replace(SETTINGS, variants=("no norm",), trainings=trainings)
    found = depth.losses(settings, 0)
    adam = AdamSettings(rate=1e-2, steps=40, max_norm=1.0)
    wanted = depth.trained(TRAINED, "no norm", 1, adam, 0)
    assert found["loss"].tolist() == [[[wanted, 1.0]]]
    assert wanted < 1 < found["start"][0, 0] < found["start"][0, 1]


def test_every_limit_of_the_gradient_has_its_losses_and_none_is_an_infinite_one():
    few = {"depths": (2,), "steps": 5, "rates": (1e-2,), "max_norms": (None, 1e9, 0.1)}
    free, high, low = depth.losses(depth.with_trainings(SETTINGS, **few), 0)["loss"]
    assert np.array_equal(free, high) and not np.array_equal(free, low)
