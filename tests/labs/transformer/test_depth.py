"""The study of deep stacks: its variants, its measures and its training task, on known cases."""

from types import SimpleNamespace

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.labs.transformer import depth
from minillm.nn import EncoderBlock, FeedForward, LayerNorm, PreNormEncoderBlock
from minillm.ops import relu

PLANTED = SimpleNamespace(  # a layer that can be followed by hand
    attention=lambda x: 2 * x,
    attention_norm=lambda x: x + 1,
    feed_forward=lambda x: 3 * x,
    feed_forward_norm=lambda x: -x,
)


@pytest.mark.guide("G20")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("neither", 6),  # 3 (2 · 1)
        ("no residual", -9),  # -(3 (2 · 1 + 1))
        ("no norm", 12),  # y = 1 + 2 = 3, 3 + 9
        ("post-norm", -16),  # y = 1 + 2 + 1 = 4, -(4 + 12)
        ("pre-norm", -10),  # y = 1 + 2 (1 + 1) = 5, 5 + 3 (-5)
    ],
)
def test_every_variant_by_hand(name, wanted):
    assert depth.VARIANTS[name](PLANTED, 1) == wanted


@pytest.mark.guide("G21")
@pytest.mark.parametrize(
    ("layer", "kind"), [(depth.post_norm, EncoderBlock), (depth.pre_norm, PreNormEncoderBlock)]
)
def test_the_two_orders_are_those_of_the_library(layer, kind):
    rng = np.random.default_rng(0)
    block, x = kind(8, 2, 16, rng=rng), Tensor(rng.standard_normal((1, 3, 8)).astype(np.float32))
    np.testing.assert_array_equal(layer(block, x).data, block(x).data)


def test_the_distance_is_0_for_equal_positions_and_1_for_opposite_ones():
    row = np.array([[[3.0, -4.0]]])
    assert depth.distance(np.concatenate([row, row], axis=1)) == 0
    assert depth.distance(np.concatenate([row, -row], axis=1)) == 1
    assert depth.distance(np.array([[[1.0], [3.0]]])) == pytest.approx((1 / 5) ** 0.5)
    assert depth.rms(row) == pytest.approx((25 / 2) ** 0.5)


@pytest.mark.guide("G21")
def test_signals_have_one_row_for_each_variant_and_normalised_ones_end_at_size_1(monkeypatch):
    monkeypatch.setattr(depth, "DEPTHS", (1, 4))
    found = depth.signals(0)
    assert [array.shape for array in found.values()] == [(5, 2)] * 3
    normalised = [list(depth.VARIANTS).index(name) for name in ("no residual", "post-norm")]
    np.testing.assert_allclose(found["rms"][normalised], 1, rtol=1e-3)
    assert found["gradient"][0, 1] < 0.1 * found["gradient"][0, 0]  # neither: it vanishes
    assert found["distance"][1, 1] < 1e-3 < 0.1 < found["distance"][4, 1]


@pytest.mark.guide("G20")
def test_the_gradient_is_that_of_a_unit_cotangent_behind_the_last_normalization(monkeypatch):
    monkeypatch.setattr(depth, "DEPTHS", (1,))
    rng = np.random.default_rng(0)
    (block,) = depth.new_blocks(1, depth.WIDTH, depth.HIDDEN, rng)
    x, v = rng.standard_normal((2, depth.BATCH, depth.LENGTH, depth.WIDTH))
    end = LayerNorm(depth.WIDTH).to_dtype(np.float64)
    output = end(depth.pre_norm(block, Tensor(x)))
    parameters = block.attention.parameters() + block.feed_forward.parameters()
    gradients = gradients_of((output * (v / np.sqrt((v * v).sum()))).sum(), parameters)
    wanted = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    assert depth.signals(0)["gradient"][4, 0] == pytest.approx(wanted)


def test_the_task_has_variance_1_and_a_floor_near_one_minus_one_over_the_length():
    _, target = depth.task(np.random.default_rng(3))
    assert target.mean() == pytest.approx(0) and target.var() == pytest.approx(1)
    floors = [depth.floor(seed) for seed in range(20)]  # each has a spread of 0.022
    assert np.mean(floors) == pytest.approx(1 - 1 / depth.LENGTH, abs=0.015)


@pytest.mark.guide("G20")
def test_a_stack_whose_positions_are_equal_stays_above_the_floor():
    def equal(block, x):
        return x.mean(axis=1, keepdims=True) + 0 * x

    loss = depth.trained(0, equal, 1, rate=3e-2, steps=300)
    assert depth.floor(0) <= loss < depth.floor(0) + 0.05


def test_training_reports_the_loss_of_the_best_rate_and_at_most_1(monkeypatch):
    monkeypatch.setattr(depth, "STEPS", 40)
    monkeypatch.setattr(depth, "RATES", (1e-9, 1e-2))
    monkeypatch.setattr(depth, "VARIANTS", {"no norm": depth.no_norm})
    found = depth.losses(0, depths=(1, 12))
    wanted = depth.trained(0, depth.no_norm, 1, rate=1e-2, steps=40)
    assert found["loss"].tolist() == [[wanted, 1.0]]
    assert wanted < 1 < found["start"][0, 0] < found["start"][0, 1]


@pytest.mark.guide("G19")
def test_bending_twice_by_hand_and_never_below_the_bias():
    network = FeedForward(2, 3, rng=np.random.default_rng(0), activation=relu)
    network.inner.weight.data = np.array([[1, 0], [0, 1], [-1, -1]], dtype=np.float32)
    network.inner.bias.data = np.array([0, -1, 1], dtype=np.float32)
    network.outer.weight.data = np.array([[1, 2, 3], [-2, -1, 3]], dtype=np.float32)
    network.outer.bias.data = np.array([0, 1], dtype=np.float32)
    x = Tensor(np.array([[1, 2]], dtype=np.float32))
    assert network(x).data.tolist() == [[3, -2]]
    assert depth.bent_twice(network, x).data.tolist() == [[3, 1]]


@pytest.mark.guide("G19")
def test_both_networks_start_from_the_same_weights_and_the_right_one_learns(monkeypatch):
    monkeypatch.setattr(depth, "BENT_STEPS", 0)
    untrained, _ = depth.bent_losses(0)
    monkeypatch.setattr(depth, "BENT_STEPS", 40)
    right, twice = depth.bent_losses(0)
    assert right < twice < untrained
    assert right < 0.3 * untrained


def test_every_rate_starts_from_the_same_weights(monkeypatch):
    monkeypatch.setattr(depth, "BENT_STEPS", 20)
    alone = []
    for rates in [(1e-2,), (1e-3,), (1e-2, 1e-3)]:
        monkeypatch.setattr(depth, "BENT_RATES", rates)
        alone.append(depth.bent_losses(0))
    np.testing.assert_allclose(alone[2], np.minimum(alone[0], alone[1]), rtol=1e-9)
