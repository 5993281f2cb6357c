"""The study of experts: equal sizes are equal, and what is counted of their use."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.challenges import mixture_of_experts_longer
from minillm.labs.challenges.mixture_case import (
    Mixture,
    asked,
    excess,
    hidden_of_equal_flops,
    hidden_of_equal_parameters,
    learn,
    new_model,
    of_experts,
    operations,
    with_capacity,
    with_experts,
)
from minillm.labs.challenges.mixture_of_experts import STUDY, Settings, measure, of_dial
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.clustered_tokens import ClusteredTokens, ClusterTexts
from minillm.nn import balance_of, noted_routings
from minillm.ops import IGNORE

WORLD = ClusteredTokens(clusters=2, values=4, length=4)
SIZES = GptSizes(width=8, n_layers=1, n_heads=2, std=0.2)
FAST = Settings(
    world=WORLD,
    model=SIZES,
    mixture=Mixture(n_experts=2, hidden=2, top=1),
    training=replace(STUDY.settings.training, batch=8, steps=5, warmup=1),
    tested=20,
)


@pytest.mark.parametrize(
    ("mixture", "width"), [(Mixture(), 16), (Mixture(4, 8, 2), 24), (Mixture(8, 8, 1), 8)]
)
def test_equal_operations_and_equal_numbers_are_counted(mixture, width):
    sizes, rng = replace(SIZES, width=width), np.random.default_rng(0)
    ids = ClusterTexts(WORLD, 1.0, rng).draw(16, rng)
    experts = with_experts(WORLD, sizes, mixture, rng=rng)
    rooms = (hidden_of_equal_flops(mixture), hidden_of_equal_parameters(mixture, width))
    same_flops, same_numbers = (new_model(WORLD, sizes, hidden=h, rng=rng) for h in rooms)
    assert operations(same_flops, asked(ids)) == operations(experts, asked(ids))
    more = same_numbers.parameter_count() - experts.parameter_count()
    assert 0 <= more <= 2 * width + 1  # less than a unit


def test_what_is_asked_is_every_token_from_the_third_on():
    inputs, targets = asked(np.array([[1, 2, 3, 4]]))
    assert inputs.tolist() == [[1, 2, 3]]
    assert targets.tolist() == [[IGNORE, 3, 4]]


def drawn(model_seed=0):
    rng = np.random.default_rng(model_seed)
    texts = ClusterTexts(WORLD, 1.0, rng).draw(30, rng)
    return with_experts(WORLD, SIZES, Mixture(2, 4, 1), rng=rng), texts


def by_clusters(model):
    """Make the router read one number that says the cluster."""
    table = model.tokens.weight.data.copy()
    table[:, :] = 0.0
    table[:, 0], table[:, 1] = 1.0, -1.0
    table[4:, :2] *= -1.0  # the second cluster
    model.tokens.weight.data = table
    model.positions.weight.data = 0.0 * model.positions.weight.data
    for name, parameter in model.blocks[0].attention.named_parameters():
        if name.startswith("output"):
            parameter.data = 0.0 * parameter.data
    router = model.blocks[0].feed_forward.router
    router.weight.data = np.zeros_like(router.weight.data)
    router.weight.data[0, 0] = 1.0
    return model


def test_experts_that_are_the_clusters_tell_all_of_them():
    model, texts = drawn()
    found = of_experts(by_clusters(model), WORLD, texts, (1.0,), np.random.default_rng(0))
    assert found["cluster"][0] == pytest.approx(1.0)
    assert found["cluster"][1] < 0.2
    inputs, _ = asked(texts)
    share = (WORLD.cluster_of(inputs[:, 1:]) == 0).mean()
    assert found["use"] == pytest.approx(sorted([share, 1 - share], reverse=True))


def test_places_that_are_too_few_drop_choices_and_the_layer_is_left_as_it_was():
    model, texts = drawn()
    layer = by_clusters(model).blocks[0].feed_forward
    most = np.bincount(WORLD.cluster_of(asked(texts)[0]).reshape(-1)).max()
    dropped, _ = with_capacity(model, WORLD, texts, 1.0)
    assert dropped == pytest.approx((most - 45) / 90)  # 45 places for each of two
    plenty, above = with_capacity(model, WORLD, texts, 2.0)
    assert plenty == 0.0 and above == pytest.approx(excess(model, WORLD, texts))
    assert layer.capacity_factor is None


@pytest.mark.guide("G63")
def test_the_balance_loss_evens_out_what_the_experts_are_given():
    found = []
    for balance in (0.0, 10.0):
        model, texts = drawn()
        router = model.blocks[0].feed_forward.router
        router.weight.data = np.stack([0.3 * np.ones(8), -0.3 * np.ones(8)]).astype(np.float32)
        model.blocks[0].feed_forward_norm.bias.data = np.ones(8, dtype=np.float32)
        training = replace(FAST.training, steps=30, rate=0.05)
        learn(model, [asked(texts)] * 30, training, balance)
        with noted_routings() as seen:
            model(asked(texts)[0])
        found.append((seen[0].use.max() / seen[0].use.sum(), float(balance_of(seen[0]).data)))
    assert found[0][0] > 0.9 > 0.75 > found[1][0]
    assert found[0][1] > 1.5 > 1.1 > found[1][1]


def test_every_dial_and_arm_has_its_row():
    found = measure(FAST, 0)
    assert np.shape(found["excess"]) == np.shape(found["flops"]) == (2, 4)
    assert np.shape(found["use"]) == np.shape(found["cluster"]) == (2, 2, 2)
    assert np.shape(found["dropped"]) == np.shape(found["bounded"]) == (2, 2, 3)
    assert len({*np.ravel(found["excess"])}) == 8


@pytest.mark.slow
@pytest.mark.guide("G63")
def test_experts_lose_less_than_one_network_of_equal_operations():
    s = STUDY.settings
    texts = ClusterTexts(s.world, 1.0, stream(200, "tables"))
    rng = stream(200, "texts")
    batches = [asked(texts.draw(64, rng)) for _ in range(1000)]
    small = new_model(s.world, s.model, hidden=hidden_of_equal_flops(s.mixture), rng=rng)
    experts = with_experts(s.world, s.model, s.mixture, rng=rng)
    tested = texts.draw(500, rng)
    for model, balance in ((small, 0.0), (experts, s.balance)):
        learn(model, batches, replace(s.training, rate=0.01), balance)
    assert excess(experts, s.world, tested) < excess(small, s.world, tested)


def test_with_rates_each_arm_learns_at_its_own_and_falls_to_the_same_part_of_it():
    plain = of_dial(FAST, 0, 0)["excess"]
    rate = FAST.training.rate
    assert of_dial(FAST, 0, 0, (rate,) * 4)["excess"] == plain
    for arm in range(4):
        rates = [rate] * 4
        rates[arm] *= 2
        changed = np.array(of_dial(FAST, 0, 0, rates)["excess"]) != plain
        assert changed.tolist() == [a == arm for a in range(4)]
    twice = replace(FAST.training, rate=2 * rate, lowest_rate=2 * FAST.training.lowest_rate)
    alike = of_dial(replace(FAST, training=twice), 0, 0)["excess"]
    assert alike == of_dial(FAST, 0, 0, (2 * rate,) * 4)["excess"]


def test_the_longer_study_differs_in_its_steps_and_rates_alone():
    longer = mixture_of_experts_longer.Settings()
    steps = longer.case.training.steps
    assert steps == 3 * STUDY.settings.training.steps
    shorter = replace(longer.case.training, steps=STUDY.settings.training.steps)
    assert replace(longer.case, training=shorter) == STUDY.settings
    few = replace(longer, case=FAST)
    found = mixture_of_experts_longer.measure(few, 0)
    assert found["excess"] == [of_dial(FAST, 0, dial, few.rates)["excess"] for dial in (0, 1)]
