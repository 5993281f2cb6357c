"""A small GPT with experts: it learns, its state is kept, and shards give the same loss."""

import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style
from minillm.models.gpt_experts import give_experts
from minillm.nn import ExpertShards, balance_of, noted_routings
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
