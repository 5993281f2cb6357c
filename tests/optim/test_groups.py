import math

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.backend import kernels
from minillm.nn import Embedding, EncoderBlock, LayerNorm, Module, RMSNorm
from minillm.optim import SGD, Adam, AdamW, ParameterGroup, decay_groups


@pytest.fixture(autouse=True, params=["off", "numpy"])
def by_the_rule_and_by_the_kernel(request):
    """Every test here holds for both."""
    with kernels(request.param):
        yield


def weights(*shape, seed=0):
    """A float64 parameter with random entries."""
    return Parameter(np.random.default_rng(seed).standard_normal(shape))


class Small(Module):
    """A table, a block, norms and a single number."""

    def __init__(self, rng):
        self.tokens = Embedding(7, 6, rng=rng)
        self.block = EncoderBlock(6, 3, 5, rng=rng)
        self.norms = [LayerNorm(6), RMSNorm(6)]
        self.temperature = Parameter(1.0)


OPTIMIZERS = [
    lambda parameters, **settings: SGD(parameters, lr=0.1, momentum=0.5, **settings),
    lambda parameters, **settings: AdamW(parameters, lr=0.1, **settings),
]
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS, ids=["SGD", "AdamW"])


def test_matrices_decay_and_biases_norms_and_numbers_do_not(rng):
    model = Small(rng)
    matrices, rest = decay_groups(model)
    names = {id(p): name for name, p in model.named_parameters()}
    assert [names[id(p)] for p in matrices.parameters] == [
        "tokens.weight",
        *(f"block.attention.{part}.weight" for part in ("query", "key", "value", "output")),
        "block.feed_forward.inner.weight",
        "block.feed_forward.outer.weight",
    ]
    for p in rest.parameters:
        name = names[id(p)]
        assert name.endswith("bias") or "norm" in name or name == "temperature"
    assert len(matrices.parameters) + len(rest.parameters) == len(model.parameters())
    assert (matrices.lr_scale, matrices.weight_decay, rest.lr_scale, rest.weight_decay) == (
        1.0,
        None,
        1.0,
        0.0,
    )


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_the_groups_of_a_model_shrink_as_they_should_without_any_gradient(decay, rng):
    model = Small(rng)
    before = model.state_dict()
    optimizer = AdamW(decay_groups(model), lr=0.1, weight_decay=decay)
    optimizer.step([np.zeros_like(p.data) for p in optimizer.parameters])
    for name, after in model.state_dict().items():
        factor = 1 - 0.1 * decay if after.ndim == 2 else 1.0
        np.testing.assert_allclose(after, factor * before[name], rtol=1e-6)
        assert factor < 1 or np.array_equal(after, before[name])


def test_a_group_has_its_own_rate_and_decay_by_hand():
    """w = 2 - 0.1 · 0.5 (3 + 0.25 · 2) beside w = 2 - 0.1 (3 + 0.5 · 2)."""
    one, two = Parameter(np.array([2.0])), Parameter(np.array([2.0]))
    groups = [ParameterGroup([one], lr_scale=0.5, weight_decay=0.25), two]
    SGD(groups, lr=0.1, weight_decay=0.5).step([np.array([3.0])] * 2)
    np.testing.assert_allclose([one.data[0], two.data[0]], [1.825, 1.6], rtol=1e-15)


@each_optimizer
def test_each_group_goes_as_under_an_optimiser_of_its_own(make, rng):
    """What stands in another group does not matter."""
    together = [weights(3, seed=1), weights(2, 3, seed=2)]
    apart = [weights(3, seed=1), weights(2, 3, seed=2)]
    optimizer = make(
        [
            ParameterGroup(together[:1], lr_scale=0.5, weight_decay=0.0),
            ParameterGroup(together[1:]),
        ],
        weight_decay=0.3,
    )
    others = [make(apart[:1], weight_decay=0.0), make(apart[1:], weight_decay=0.3)]
    others[0].lr = 0.05
    for _ in range(5):
        gradients = [rng.standard_normal(p.shape) for p in together]
        optimizer.step(gradients)
        for other, g in zip(others, gradients, strict=True):
            other.step([g])
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


@each_optimizer
def test_groups_without_settings_are_a_plain_list(make, rng):
    """Grouping alone changes no bit."""
    plain, grouped = ([weights(2, seed=1), weights(3, seed=2)] for _ in range(2))
    one = make(plain, weight_decay=0.1)
    two = make([ParameterGroup(grouped[:1]), ParameterGroup(grouped[1:])], weight_decay=0.1)
    for _ in range(5):
        gradients = [rng.standard_normal(p.shape) for p in plain]
        one.step(gradients)
        two.step(gradients)
    for a, b in zip(plain, grouped, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_the_schedule_reaches_every_group_by_its_scale():
    one, two = Parameter(np.zeros(1)), Parameter(np.zeros(1))
    optimizer = SGD([ParameterGroup([one], lr_scale=0.1), two], lr=77.0)
    for lr in (1.0, 0.5):
        optimizer.lr = lr
        optimizer.step([np.ones(1)] * 2)
    np.testing.assert_allclose([one.data[0], two.data[0]], [-0.15, -1.5], rtol=1e-15)


def test_parameters_keep_the_order_in_which_they_were_given():
    a, b, c, d = (weights(1) for _ in range(4))
    optimizer = Adam([a, ParameterGroup([c, b], lr_scale=2.0, weight_decay=0.5), d])
    assert [id(p) for p in optimizer.parameters] == [id(p) for p in (a, c, b, d)]
    assert optimizer.lr_scales == [1.0, 2.0, 2.0, 1.0]
    assert optimizer.weight_decays == [0.0, 0.5, 0.5, 0.0]


def test_an_empty_group_beside_others_is_fine_and_alone_it_is_no_parameters():
    optimizer = SGD([ParameterGroup([]), weights(1)], lr=0.1)
    assert len(optimizer.parameters) == 1
    with pytest.raises(ValueError, match="SGD: there are no parameters"):
        SGD([ParameterGroup([])], lr=0.1)


@pytest.mark.fault(82)
def test_a_parameter_in_two_groups_is_refused():
    w = weights(1)
    with pytest.raises(ValueError, match="SGD: a parameter was given twice"):
        SGD([ParameterGroup([w]), ParameterGroup([w], weight_decay=0.0)], lr=0.1)


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf, "1"])
@pytest.mark.parametrize("name", ["lr_scale", "weight_decay"])
def test_a_scale_or_decay_that_is_no_number_from_zero_up_is_refused(name, bad):
    with pytest.raises(ValueError, match=f"{name} must be a number >= 0, got {bad!r}"):
        ParameterGroup([weights(1)], **{name: bad})
    with pytest.raises(ValueError, match="lr_scale must be a number >= 0, got None"):
        ParameterGroup([weights(1)], lr_scale=None)


def test_float32_stays_float32_with_numpy_scales():
    w = Parameter(np.ones(3, dtype=np.float32))
    group = ParameterGroup([w], lr_scale=np.float64(0.5), weight_decay=np.float64(0.1))
    for optimizer in (SGD([group], lr=0.1), AdamW([group])):
        optimizer.step([np.ones(3, dtype=np.float32)])
    assert w.dtype == np.float32


@pytest.mark.parametrize("make", [lambda g: SGD(g, lr=0.1), lambda g: AdamW(g, lr=0.1)])
@pytest.mark.parametrize("alone", [True, False])
def test_without_decay_a_weight_of_minus_infinity_stays_what_it_is(make, alone):
    """0 times infinity would be NaN: such a weight forbids something for good."""
    w = Parameter(np.array([-np.inf, 1.0]))
    optimiser = make([ParameterGroup([w], weight_decay=0.0)])
    if alone:
        optimiser = SGD([w], lr=0.1) if isinstance(optimiser, SGD) else AdamW([w], weight_decay=0.0)
    optimiser.step([np.array([0.0, 1.0])])
    assert w.data[0] == -np.inf
    assert w.data[1] < 1.0


@pytest.mark.parametrize("make", [lambda p: SGD(p, lr=0.1), ParameterGroup])
def test_a_model_or_one_parameter_is_not_a_list_of_them(make, rng):
    """A parameter has rows, which would pass for parameters."""
    for given in (Parameter(np.ones((2, 2))), LayerNorm(2), None):
        kind = type(given).__name__
        with pytest.raises(
            TypeError, match=f"must be a list, as model.parameters.. is, got a {kind}"
        ):
            make(given)
