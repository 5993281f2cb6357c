"""A small GPT with experts: it learns, its state is kept, and shards give the same loss."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style
from minillm.models.gpt_experts import give_experts
from minillm.nn import ExpertShards, balance_of, noted_routings
from minillm.nn.replacing import add_lora
from minillm.optim import Adam

CONFIG = gpt2_style(11, width=8, n_layers=2, n_heads=2, max_length=8)


def expert_gpt(seed, **settings):
    rng = np.random.default_rng(seed)
    model = Gpt(CONFIG, rng=rng)
    give_experts(model, 4, rng=rng, hidden=6, **settings)
    return model


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(11, size=(4, 8))


@pytest.mark.guide("G63")
def test_every_block_has_experts_and_learns_with_them(ids):
    model = expert_gpt(0)
    optimizer, losses = Adam(model.parameters(), lr=0.02), []
    for _ in range(20):
        with noted_routings() as seen:
            loss = model.loss(ids[:, :-1], ids[:, 1:])
        assert len(seen) == 2 and seen[0].chosen.shape == (28, 2)
        (loss + 0.01 * sum(balance_of(one) for one in seen)).backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.data))
    assert losses[0] == pytest.approx(np.log(11), abs=0.05)
    assert losses[-1] < losses[0] - 0.5


@pytest.mark.guide("G63")
def test_spread_over_machines_the_loss_is_the_same_to_the_bit(ids):
    model = expert_gpt(0, capacity_factor=1.0, groups=2)
    whole = model.loss(ids, ids).data
    for block in model.blocks:
        block.feed_forward = ExpertShards(block.feed_forward, 2)
    assert model.loss(ids, ids).data == whole


def test_its_state_goes_into_a_model_with_the_same_experts_alone(ids):
    model, other = expert_gpt(0), expert_gpt(1)
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(model(ids).data, other(ids).data)
    with pytest.raises(ValueError, match=r"unexpected blocks\.0\.feed_forward\.experts\.0"):
        Gpt(CONFIG, rng=np.random.default_rng(0)).load_state_dict(model.state_dict())


def test_weights_start_as_those_of_a_gpt():
    rng = np.random.default_rng(0)
    model = Gpt(gpt2_style(11, width=64, n_layers=2, n_heads=2), rng=rng)
    (layer, _) = give_experts(model, 3, rng=rng)
    inner, outer = (layer.experts[0].inner.weight.data, layer.experts[0].outer.weight.data)
    assert inner.shape == (256, 64)
    assert inner.std() == pytest.approx(0.02, rel=0.05)
    assert outer.std() == pytest.approx(0.01, rel=0.05)
    assert layer.router.weight.data.std() == pytest.approx(0.02, rel=0.2)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_experts_are_what_the_network_was(ids, bias, dtype):
    rng = np.random.default_rng(0)
    model = Gpt(replace(CONFIG, bias=bias), rng=rng).to_dtype(dtype)
    activation = model.blocks[0].feed_forward.activation
    for layer in give_experts(model, 4, rng=rng):
        assert all((e.inner.bias is not None) == bias for e in layer.experts)
        assert all(e.activation is activation for e in layer.experts)
    assert {p.dtype for p in model.parameters()} == {np.dtype(dtype)}
    assert model(ids).dtype == dtype


def test_a_model_that_experts_cannot_be_like_is_refused_and_stays_as_it_is():
    rng = np.random.default_rng(0)
    gated = Gpt(replace(CONFIG, feed_forward="swiglu"), rng=rng)
    with pytest.raises(ValueError, match=r"feed_forward='gelu'.*; that of block 0 is SwiGLU"):
        give_experts(gated, 4, rng=rng)
    mixed = Gpt(CONFIG, rng=rng)
    first = mixed.blocks[0].feed_forward
    mixed.blocks[1].feed_forward = expert_gpt(0).blocks[0].feed_forward
    with pytest.raises(ValueError, match="that of block 1 is Experts"):
        give_experts(mixed, 4, rng=rng)
    assert mixed.blocks[0].feed_forward is first
    adapted = Gpt(CONFIG, rng=rng)
    add_lora(adapted, 2, rng=rng, names=("inner",))
    with pytest.raises(ValueError, match="block 0 is one with layers that were replaced"):
        give_experts(adapted, 4, rng=rng)
