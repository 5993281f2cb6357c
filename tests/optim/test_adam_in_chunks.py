"""Adam's kernel gives what its rule gives, and shares no memory with anybody."""

import copy
import itertools
import pickle

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.backend import kernels, kernels_in_force
from minillm.optim import Adam, AdamW, ParameterGroup
from minillm.optim.adam_in_chunks import CHUNK, SMALL, is_plain
from tests.ops.kernels.parity import LEVELS

SHAPES = [(3,), (7, 5), (1,), (SMALL,), (3, CHUNK - 5), (2,)]


@pytest.fixture(autouse=True, params=LEVELS)
def level(request):
    """Every test is for every kind of kernel that there is here."""
    with kernels(request.param):
        yield request.param


def trained(level, make, dtype=np.float32, steps=5, absent=()):
    """Weights and state after some steps; ``absent`` are (step, parameter) without a gradient."""
    rng = np.random.default_rng(1)
    parameters = [Parameter(rng.standard_normal(shape).astype(dtype)) for shape in SHAPES]
    optimizer = make(parameters)
    with kernels(level):
        for step in range(steps):
            gradients = [rng.standard_normal(p.shape).astype(dtype) for p in parameters]
            optimizer.step(None if (step, i) in absent else g for i, g in enumerate(gradients))
    return [p.data for p in parameters], optimizer


def assert_alike(make, **options):
    found, optimizer = trained(kernels_in_force(), make, **options)
    expected, by_rule = trained("off", make, **options)
    atol = 1e-6 if found[0].dtype == np.float32 else 1e-14
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)
    for name, value in by_rule.state_dict().items():
        np.testing.assert_allclose(optimizer.state_dict()[name], value, rtol=atol, atol=atol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_parity(decay, dtype):
    assert_alike(lambda ps: AdamW(ps, lr=0.01, weight_decay=decay), dtype=dtype)


def test_parity_of_groups_and_of_gradients_that_come_late():
    def make(parameters):
        slow = ParameterGroup(parameters[:4], lr_scale=0.1, weight_decay=0.0)
        return AdamW([slow, ParameterGroup(parameters[4:])], lr=0.01, betas=(0.5, 0.9), eps=1e-3)

    late = {*itertools.product(range(3), (0, 3)), (4, 5)}
    assert_alike(make, absent=late)


def test_adam_is_its_sibling():
    assert_alike(lambda ps: Adam(ps, lr=0.01))


def test_the_kernel_does_it_and_leaves_to_the_rule_what_is_not_plain():
    rng = np.random.default_rng(0)
    odd = [
        rng.standard_normal((6, 4)).astype(np.float32).T,
        rng.standard_normal(8)[::2],
        rng.standard_normal(()),
        np.zeros((0, 3)),
    ]
    parameters = [*map(Parameter, odd), Parameter(np.ones(SMALL))]
    optimizer = AdamW(parameters, weight_decay=0.0)
    optimizer.updates = [1] * 5
    gradients = [np.ones_like(p.data) for p in parameters]
    rest = AdamW.kernels[np](optimizer, range(5), gradients)
    assert rest == [i for i, p in enumerate(parameters[:4]) if not is_plain(p.data)]
    assert 4 not in rest
    assert {0, 3} <= set(rest)


def test_weights_that_somebody_kept_do_not_change_and_nobody_shares_memory():
    rng = np.random.default_rng(0)
    parameters = [Parameter(rng.standard_normal(shape)) for shape in SHAPES]
    optimizer = AdamW(parameters)
    kept, copies = [], []
    for _ in range(3):
        gradients = [rng.standard_normal(p.shape) for p in parameters]
        before = copy.deepcopy(gradients)
        optimizer.step(gradients)
        assert all(map(np.array_equal, gradients, before))
        kept += [p.data for p in parameters]
        copies += [p.data.copy() for p in parameters]
    assert all(map(np.array_equal, kept, copies))
    state = [*optimizer.state["m"], *optimizer.state["v"]]
    for a, b in itertools.combinations([*kept, *state], 2):
        assert not np.shares_memory(a, b)


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_goes_on_as_the_original(twin_of):
    _, optimizer = trained(kernels_in_force(), AdamW)
    twin = twin_of(optimizer)
    for one in (optimizer, twin):
        one.step([np.ones_like(p.data) for p in one.parameters])
    for a, b in zip(optimizer.parameters, twin.parameters, strict=True):
        assert a is not b
        assert np.array_equal(a.data, b.data)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_place(odd):
    for size in (4, SMALL):
        p = Parameter(np.ones(size, dtype=np.float32))
        g = np.ones(size, dtype=np.float32)
        g[1] = odd
        with np.errstate(all="ignore"):
            AdamW([p]).step([g])
        assert not np.isfinite(p.data[1])
        assert np.isfinite(np.delete(p.data, 1)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_square_beyond_all_numbers_is_reported_as_by_the_rule(dtype):
    p = Parameter(np.ones(SMALL, dtype=dtype))
    g = np.ones(SMALL, dtype=dtype)
    g[7] = np.finfo(dtype).max
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        AdamW([p]).step([g])


def test_without_decay_an_infinite_weight_stays_what_it_is():
    p = Parameter(np.full(SMALL, np.inf, dtype=np.float32))
    AdamW([p], weight_decay=0.0).step([np.ones(SMALL, dtype=np.float32)])
    assert (p.data == np.inf).all()
