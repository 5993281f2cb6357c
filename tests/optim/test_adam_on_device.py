"""Adam's kernel for devices gives what its rule gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.autograd import Parameter
from minillm.optim import Adam, AdamW, ParameterGroup
from minillm.optim.adam_on_device import adam_on_device
from tests.cuda_on_host import raw_module
from tests.cuda_on_host.raw_module import needs_gxx
from tests.strict import SYNCS, StrictArray, strict

pytestmark = needs_gxx
SHAPES = [(3,), (7, 5), (1,), (257,), (0, 4), ()]


@pytest.fixture(autouse=True)
def in_force(monkeypatch):
    monkeypatch.setitem(AdamW.kernels, strict, adam_on_device)


def trained(move, make, dtype, seed, steps=4, size=1.0):
    """Weights and state after some steps; every other gradient of the last parameter is missing."""
    rng = np.random.default_rng(seed)
    drawn = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    parameters = [Parameter(move(x)) for x in drawn]
    optimizer = make(parameters)
    for step in range(steps):
        gradients = [move(np.asarray(size * rng.standard_normal(s), dtype)) for s in SHAPES]
        gradients[-1] = None if step % 2 else gradients[-1]
        optimizer.step(gradients)
    return parameters, optimizer


def make(kind, decay):
    def made(parameters):
        groups = [ParameterGroup(parameters[:2], lr_scale=0.1), ParameterGroup(parameters[2:])]
        options = {"weight_decay": decay} if kind is AdamW else {}
        return kind(groups, lr=0.01, betas=(0.5, 0.9), eps=1e-6, **options)

    return made


@settings(max_examples=8)
@given(dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 2**32 - 1),
       size=st.sampled_from([1e-8, 1.0, 1e6]), decay=st.sampled_from([0.0, 0.1]),
       kind=st.sampled_from([Adam, AdamW]))  # fmt: skip
def test_parity(dtype, seed, size, decay, kind):
    SYNCS.clear()
    there, optimizer = trained(strict.asarray, make(kind, decay), dtype, seed, size=size)
    assert SYNCS == []
    expected, by_rule = trained(np.asarray, make(kind, decay), dtype, seed, size=size)
    rtol = 2e-5 if dtype == np.float32 else 1e-13
    for found, wanted in zip(there, expected, strict=True):
        np.testing.assert_allclose(found.data._host, wanted.data, rtol=0, atol=rtol)
    for name, value in by_rule.state_dict().items():
        np.testing.assert_allclose(optimizer.state_dict()[name], value, rtol=rtol)


def test_the_order_of_threads_changes_no_bit(monkeypatch):
    runs = []
    for how in (0, 1, 77):
        monkeypatch.setitem(raw_module.ORDER, "how", how)
        runs.append(trained(strict.asarray, make(AdamW, 0.1), np.float32, 3)[0])
    for other in runs[1:]:
        for a, b in zip(other, runs[0], strict=True):
            np.testing.assert_array_equal(a.data._host, b.data._host)


def test_it_is_one_kernel_for_each_parameter_and_leaves_the_old_weights_alone(rng):
    w = Parameter(strict.asarray(rng.standard_normal((3, 4))))
    optimizer, before = AdamW([w]), w.data
    kept = before._host.copy()
    raw_module.LAUNCHES.clear()
    optimizer.step([strict.asarray(rng.standard_normal((3, 4)))])
    assert raw_module.LAUNCHES == ["adam"]
    assert w.data is not before
    np.testing.assert_array_equal(before._host, kept)


def test_parameters_on_the_host_and_turned_moments_are_left_to_the_others(rng):
    here = Parameter(rng.standard_normal(3))
    turned = Parameter(strict.asarray(np.asfortranarray(rng.standard_normal((3, 4)))))
    optimizer = AdamW([here, turned])
    optimizer.state["m"][1] = strict.asarray(np.zeros((4, 3))).T
    gradients = [np.ones(3), strict.asarray(np.ones((3, 4)))]
    raw_module.LAUNCHES.clear()
    assert adam_on_device(optimizer, [0, 1], gradients) == [0, 1]
    optimizer.step(gradients)
    assert raw_module.LAUNCHES == []
    assert isinstance(here.data, np.ndarray)
    assert isinstance(turned.data, StrictArray)


def test_what_is_infinite_stays_where_it_is_without_decay(rng):
    w = Parameter(strict.asarray(np.array([-np.inf, 1.0])))
    Adam([w]).step([strict.asarray(np.zeros(2))])
    assert w.data._host.tolist() == [-np.inf, 1.0]


def test_turned_weights_and_gradients_are_read_in_their_order(rng):
    w, g = rng.standard_normal((2, 3, 4))
    found = []
    for order in "CF":
        p = Parameter(strict.asarray(np.asarray(w, order=order)))
        optimizer = AdamW([p])
        for name in "mv":
            optimizer.state[name][0] = strict.asarray(np.zeros((3, 4)))
        raw_module.LAUNCHES.clear()
        optimizer.step([strict.asarray(np.asarray(g, order=order))])
        assert raw_module.LAUNCHES == ["adam"]
        found.append(p.data._host)
    np.testing.assert_array_equal(*found)


def test_another_dtype_is_refused_with_what_the_kernel_knows():
    w, g = (strict.asarray(np.ones(3, np.longdouble)) for _ in range(2))
    with pytest.raises(TypeError, match=r"^AdamW: its kernel .* and float64, got float128"):
        AdamW([Parameter(w)]).step([g])
