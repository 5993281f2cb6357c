"""A profile tells the truth about layers whose time, operations and memory are planted."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, op
from minillm.backend import stream
from minillm.models import Gpt, gpt2_style
from minillm.nn import Linear, Module
from minillm.ops.flops import count_flops
from minillm.optim import SGD, AdamW
from minillm.training.profile_parts import Profile, Spent, mean_profile, shortened
from minillm.training.profiling import profile_step


class Clock:
    """It goes on only when somebody says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def slow(clock, forward, backward):
    """An op that takes so many seconds."""

    @op
    def taking(x, /):
        clock.now += forward

        def vjp(g):
            clock.now += backward
            return (g,)

        return x, vjp

    return taking


class Slow(Module):
    def __init__(self, clock, forward, backward, inner=None):
        self.weight = Parameter(np.ones((2, 2)))
        self.inner = inner
        self.clock, self.op = clock, slow(clock, forward, backward)

    def forward(self, x):
        x = self.op(x @ self.weight)
        if self.inner is not None:
            x = self.inner(x)
        self.clock.now += 0.5  # behind the layer inside
        return x


class Stack(Module):
    def __init__(self, clock):
        self.layers = [Slow(clock, 1.0, 2.0), Slow(clock, 4.0, 8.0, Slow(clock, 16.0, 32.0))]
        self.head = slow(clock, 64.0, 128.0)
        self.clock = clock

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def profiled():
    clock = Clock()
    model = Stack(clock)
    x = Tensor(np.ones((3, 2)))

    def loss_of():
        clock.now += 256.0
        return model(x).sum()

    return profile_step(model, loss_of, SGD(model.parameters(), lr=0.1), clock=clock)


@pytest.mark.guide("G58")
def test_the_time_of_a_layer_is_its_own_forward_and_backward():
    layers = profiled().layers
    times = {name: (one.forward_s, one.backward_s) for name, one in layers.items()}
    assert times == {
        "layers.0": (1.5, 2.0),
        "layers.1": (4.5, 8.0),
        "layers.1.inner": (16.5, 32.0),
        "(model)": (64.0, 128.0),
        "(loss)": (256.0, 0.0),
    }


@pytest.mark.guide("G58")
def test_the_layers_sum_to_the_step():
    profile = profiled()
    assert profile.total.seconds == profile.seconds == 512.5
    assert profile.total.parameters == 12
    grouped = profile.grouped(1)
    assert grouped["layers.1"].seconds == 61.0
    assert sum(one.seconds for one in grouped.values()) == 512.5


@pytest.mark.guide("G58")
def test_a_layer_has_its_own_operations_parameters_and_memory():
    layers = profiled().layers
    product = 2 * 3 * 2 * 2
    assert [layers[name].forward_flops for name in layers] == [product] * 3 + [0, 0]
    # what enters is no parameter: its gradient is worked out all the same, by the rule
    assert [layers[name].backward_flops for name in layers] == [2 * product] * 3 + [0, 0]
    assert [layers[name].held_bytes for name in layers] == [48] * 3 + [0, 0]
    assert [layers[name].parameters for name in layers] == [4] * 3 + [0, 0]


def test_a_gpt_is_profiled_without_a_change_of_what_it_learns():
    config = gpt2_style(11, width=8, n_heads=2, n_layers=2, max_length=6)
    ids = stream(0, "ids").integers(11, size=(2, 3, 6))
    models = [Gpt(config, rng=stream(0, "w")) for _ in range(2)]
    with count_flops() as flops:
        loss = models[0].loss(*ids)
        loss.backward()
    optimizer = AdamW(models[0].parameters(), lr=0.1)
    optimizer.step()
    profile = profile_step(
        models[1], lambda: models[1].loss(*ids), AdamW(models[1].parameters(), lr=0.1)
    )
    assert (profile.total.forward_flops, profile.total.backward_flops) == (
        *(flops.forward, flops.backward),
    )
    assert profile.total.parameters == models[0].parameter_count()
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    assert all("forward" not in vars(layer) for _, layer in models[1].named_modules())
    assert {"blocks.0", "blocks.1", "(model)", "(loss)", "(tape)"} <= {*profile.grouped(1)}


def test_after_an_error_the_layers_are_as_they_were():
    layer = Linear(2, 2, rng=stream(0, "w"))
    with pytest.raises(ValueError, match="linear"):
        profile_step(
            layer,
            lambda: layer(Tensor(np.ones((1, 3), dtype="float32"))).sum(),
            SGD(layer.parameters(), lr=0.1),
        )
    assert "forward" not in vars(layer)
    assert ops.exp(Tensor(np.zeros(1))).item() == 1.0


def test_paths_are_shortened_by_names_and_a_number_belongs_to_its_name():
    assert shortened("blocks.0.attention.query", 1) == "blocks.0"
    assert shortened("bert.blocks.10.attention.query", 2) == "bert.blocks.10"
    assert shortened("(loss)", 1) == "(loss)"
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        Profile({}, 0.0).grouped(0)


def test_the_mean_of_profiles_is_of_times_alone():
    one = Profile({"a": Spent(5, 1.0, 2.0, 7, 8, 9)}, 3.0)
    other = Profile({"a": Spent(5, 3.0, 6.0, 7, 8, 9)}, 9.0)
    mean = mean_profile([one, other])
    assert mean == Profile({"a": Spent(5, 2.0, 4.0, 7, 8, 9)}, 6.0)
    assert one.layers["a"].forward_s == 1.0
    with pytest.raises(ValueError, match="needs a profile at least"):
        mean_profile([])
