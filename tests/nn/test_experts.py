"""Experts, against a loop over tokens; and spread over machines, against one machine."""

import numpy as np
import pytest

from minillm.autograd import Tensor, check_module, gradients_of
from minillm.nn import Experts, ExpertShards, FeedForward, Module, balance_of, noted_routings
from minillm.nn.expert_shards import all_to_all
from minillm.ops import balance_loss
from minillm.ops.flops import count_flops
from tests.nn.checks import Probe, dtypes_of_output_and_gradients, scrambled, values


def layer(rng, **settings):
    """Four experts whose router prefers some clearly."""
    made = scrambled(Experts(5, 7, 4, rng=rng, **settings), rng)
    made.router.weight.data = made.router.weight.data * 4.0
    return made


def by_loop(experts, x, routing):
    """One token after another."""
    y = np.zeros_like(x)
    for n, k in np.argwhere(routing.kept):
        one = values(experts.experts[routing.chosen[n, k]], x[n : n + 1])[0]
        y[n] += routing.gates.data[n, k] * one
    return y


@pytest.mark.guide("G63")
@pytest.mark.parametrize("settings", [{}, {"top": 1}, {"top": 4}, {"capacity_factor": 0.5}])
def test_every_token_is_the_sum_of_its_experts_times_their_gates(rng, settings):
    experts, x = layer(rng, **settings), rng.standard_normal((12, 5))
    with noted_routings() as seen:
        y = values(experts, x.reshape(3, 4, 5))
    assert y.shape == (3, 4, 5)
    (routing,) = seen
    assert (routing.dropped > 0) == ("capacity_factor" in settings)
    np.testing.assert_allclose(y.reshape(12, 5), by_loop(experts, x, routing), atol=1e-13)


def test_a_token_without_a_place_adds_nothing(rng):
    experts = layer(rng, top=1, capacity_factor=0.5)
    with noted_routings() as seen:
        y = values(experts, np.tile(rng.standard_normal(5), (8, 1)))
    assert seen[0].dropped == 7
    assert y[0].any() and not y[1:].any()


@pytest.mark.guide("G63")
@pytest.mark.parametrize("settings", [{}, {"top": 1}, {"capacity_factor": 0.5}])
def test_gradients_of_all_experts_the_router_and_the_input(rng, settings):
    probe = Probe(layer(rng, **settings), rng.standard_normal((3, 4, 5)))
    assert check_module(probe, lambda: probe.layer(probe.x), rng=rng) < 1e-6


@pytest.mark.guide("G63")
def test_the_gradient_of_the_balance_reaches_the_router_alone(rng):
    experts, x = layer(rng), rng.standard_normal((12, 5))

    def balance():
        with noted_routings() as seen:
            experts(Tensor(x))
        return balance_of(seen[0])

    assert check_module(experts.router, balance, rng=rng) < 1e-6
    with noted_routings() as seen:
        experts(Tensor(x))
    assert np.isfinite(balance().data) and balance_of(seen[0]).data > 0.0
    even = layer(rng)
    even.router.weight.data = np.zeros((4, 5))  # all at expert 0, with probability 1/4
    with noted_routings() as seen:
        even(Tensor(x))
    assert balance_of(seen[0]).data == pytest.approx(1.0)


def test_an_expert_that_nobody_chose_has_a_gradient_of_zero(rng):
    experts, x = layer(rng, top=1), rng.standard_normal((6, 5))
    experts.router.weight.data = np.zeros((4, 5))  # of equals the first
    gradients = gradients_of(experts(Tensor(x)).sum(), experts.experts[0].parameters())
    assert all(g.any() for g in gradients)
    idle = gradients_of(experts(Tensor(x)).sum(), experts.experts[3].parameters())
    assert not any(g.any() for g in idle)


@pytest.mark.guide("G63")
def test_its_operations_are_those_of_the_chosen_and_its_numbers_those_of_all(rng):
    experts, x = Experts(8, 16, 6, rng=rng), Tensor(np.ones((10, 8), dtype=np.float32))
    one = FeedForward(8, 16, rng=rng)
    with count_flops() as used:
        experts(x)
    with count_flops() as single:
        one(x)
    router = 2 * 10 * 8 * 6
    assert used.forward == 2 * single.forward + router
    assert experts.parameter_count() == 6 * one.parameter_count() + 6 * 8


def test_float32_stays_float32(rng):
    x = rng.standard_normal((3, 5)).astype(np.float32)
    assert dtypes_of_output_and_gradients(Experts(5, 7, 4, rng=rng), x) == {np.dtype(np.float32)}


@pytest.mark.guide("G63")
@pytest.mark.parametrize(
    "settings",
    [{}, {"top": 1}, {"capacity_factor": 0.5, "groups": 2}, {"capacity_factor": 1.0, "groups": 4}],
)
@pytest.mark.parametrize("machines", [1, 2])
def test_shards_give_what_one_machine_gives_to_the_bit(rng, settings, machines):
    experts, x = layer(rng, **settings), rng.standard_normal((4, 4, 5))
    shards = ExpertShards(experts, machines)
    with noted_routings() as whole:
        expected = values(experts, x)
    with noted_routings() as parts:
        found = values(shards, x)
    np.testing.assert_array_equal(found, expected)
    kept = np.concatenate([one.kept for one in parts])
    np.testing.assert_array_equal(kept, whole[0].kept)
    assert (kept.mean() < 1.0) == ("capacity_factor" in settings)
    assert (shards.sent > 0) == (machines > 1)


@pytest.mark.guide("G63")
def test_gradients_of_shards_are_those_of_one_machine(rng):
    probe = Probe(layer(rng, capacity_factor=0.75, groups=4), rng.standard_normal((4, 4, 5)))
    shards, weights = ExpertShards(probe.layer, 4), rng.standard_normal((4, 4, 5))
    whole = gradients_of((probe.layer(probe.x) * weights).sum(), probe.parameters())
    parts = gradients_of((shards(probe.x) * weights).sum(), probe.parameters())
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


def test_what_crosses_is_every_token_that_goes_elsewhere_there_and_back(rng):
    experts, x = layer(rng, top=1), rng.standard_normal((8, 5))
    with noted_routings() as parts:
        shards = ExpertShards(experts, 2)
        shards(Tensor(x))
    away = sum(int((one.chosen // 2 != m).sum()) for m, one in enumerate(parts))
    assert shards.sent == 2 * 5 * away > 0


def test_parcels_arrive_where_they_were_sent():
    assert all_to_all([["aa", "ab"], ["ba", "bb"]]) == [["aa", "ba"], ["ab", "bb"]]


@pytest.mark.guide("G63")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top": 5}, "1 <= top <= n_experts and a group are needed, got top 5 of 4"),
        ({"top": 0}, "1 <= top <= n_experts and a group are needed, got top 0 of 4"),
        ({"groups": 0}, "got top 2 of 4 and 0 groups"),
        ({"capacity_factor": 0.0}, "factor must be above 0 and finite, got 0.0"),
    ],
)
def test_layers_that_cannot_route_are_refused(rng, settings, message):
    with pytest.raises(ValueError, match=message):
        Experts(5, 7, 4, rng=rng, **settings)


def test_shards_that_cannot_be_equal_are_refused(rng):
    experts = layer(rng)
    for machines in (0, 3):
        with pytest.raises(ValueError, match=f"4 experts and 1 groups .* by {machines} machines"):
            ExpertShards(experts, machines)
    with pytest.raises(ValueError, match="cannot be shared equally by 2 machines"):
        ExpertShards(layer(rng, capacity_factor=1.0), 2)
    with pytest.raises(ValueError, match="3 tokens do not split into 2 equal parts"):
        ExpertShards(experts, 2)(Tensor(rng.standard_normal((3, 5))))
    with pytest.raises(TypeError, match="needs a layer of Experts, got Module"):
        ExpertShards(Module(), 2)


BOUNDED = {"capacity_factor": 1.0}


@pytest.mark.parametrize("settings", [{}, BOUNDED, {**BOUNDED, "groups": 2}])
def test_of_no_tokens_the_result_is_empty(rng, settings):
    experts = Experts(5, 7, 4, rng=rng, **settings)
    assert experts(Tensor(np.zeros((0, 3, 5), np.float32))).shape == (0, 3, 5)


def test_tokens_that_groups_cannot_share_are_named(rng):
    experts = Experts(5, 7, 4, rng=rng, capacity_factor=1.0, groups=4)
    with pytest.raises(ValueError, match="3 tokens do not split into 4 equal groups"):
        experts(Tensor(np.zeros((3, 5), np.float32)))


@pytest.mark.guide("G63")
def test_the_balance_is_one_where_either_side_is_even_and_may_be_less_elsewhere():
    p = np.array([[0.51, 0.49], [0.51, 0.49], [0.01, 0.99]])
    by_hand = 2 * (2 / 3 * 1.03 / 3 + 1 / 3 * 1.97 / 3)
    found = balance_loss(Tensor(p), chosen=p.argmax(axis=1)).data
    assert found == pytest.approx(by_hand) == pytest.approx(0.896, abs=5e-4)
    assert balance_loss(Tensor(p[[0, 2]]), chosen=np.array([0, 1])).data == pytest.approx(1.0)
    even = np.full((3, 2), 0.5)
    assert balance_loss(Tensor(even), chosen=np.array([0, 0, 0])).data == pytest.approx(1.0)
