"""What every kernel promises, over the table of samples and with no call too small for it."""

import threading

import numpy as np
import pytest

from minillm import ops
from minillm.autograd.recording import Op
from minillm.ops.kernels_numpy import plain
from tests.ops.kernels.parity import assert_near, assert_parity, offered
from tests.ops.samples import OPS, cases

NAMES = {id(op.kernels): name for name, op in vars(ops).items() if isinstance(op, Op)}
KERNELS = [(NAMES[id(table)], kernel) for table, _, kernel in offered()]
CASES = [
    pytest.param(name, kernel, one, id=f"{kernel.__name__}-{i}")
    for name, kernel in KERNELS
    for of, i, one in cases()
    if of == name
]
FIT = [case for case in CASES if case.values[2].fits_float32]
REFUSED = [
    pytest.param(name, kernel, call, id=f"{kernel.__name__}-{i}")
    for name, kernel in KERNELS
    for i, call in enumerate(OPS[name].refused)
]


@pytest.fixture(autouse=True, params=[1, 7, plain.CHUNK])
def nothing_is_small(request, monkeypatch):
    """No call goes to the rule for its size, and chunks end in the middle of things."""
    monkeypatch.setattr(plain, "SMALL", 0)
    monkeypatch.setattr(plain, "CHUNK", request.param)


def rule_of(name):
    return getattr(ops, name).rule


def single(one):
    """The sample in float32."""
    settings = {
        k: v.astype(np.float32) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v
        for k, v in one.settings.items()
    }
    return tuple(x.astype(np.float32) for x in one.operands), settings


def test_every_op_with_a_kernel_has_samples():
    assert {name for name, _ in KERNELS} == {case.values[0] for case in CASES}


@pytest.mark.parametrize(("name", "kernel", "one"), CASES)
def test_parity_in_float64(name, kernel, one):
    assert_parity(rule_of(name), kernel, *one.operands, tolerance=10, **one.settings)


@pytest.mark.parametrize(("name", "kernel", "one"), FIT)
def test_parity_in_float32(name, kernel, one):
    operands, settings = single(one)
    assert_parity(rule_of(name), kernel, *operands, tolerance=10, **settings)


@pytest.mark.parametrize(("name", "kernel", "call"), REFUSED)
def test_what_a_rule_refuses_its_kernel_refuses_in_the_same_words(name, kernel, call, monkeypatch):
    op = getattr(ops, name)
    monkeypatch.setitem(op.kernels, np, kernel)
    with pytest.raises(call.error, match=call.message):
        op(*call.operands, **call.settings)


@pytest.mark.parametrize(("name", "kernel", "one"), FIT)
def test_a_stretched_read_only_cotangent_is_as_good_as_a_copy(name, kernel, one):
    operands, settings = single(one)
    output, vjp = kernel(*operands, **settings)
    stretched = np.broadcast_to(np.asarray(0.7, dtype=output.dtype), np.shape(output))
    for a, b in zip(vjp(stretched), vjp(stretched.copy()), strict=True):
        assert_near(a, b)


def anywhere(x):
    """A copy that begins at an odd byte and may not be written to."""
    memory = np.empty(x.nbytes + 1, np.uint8)
    odd = memory[1:].view(x.dtype).reshape(x.shape)
    odd[...] = x
    odd.flags.writeable = False
    return odd


@pytest.mark.parametrize(("name", "kernel", "one"), FIT)
def test_arrays_may_be_read_only_and_begin_anywhere(name, kernel, one):
    operands, settings = single(one)
    output, vjp = kernel(*operands, **settings)
    expected = [output, *vjp(np.ones_like(output))]
    for turned in (anywhere, lambda x: x.astype(x.dtype.newbyteorder())):
        found, again = kernel(*map(turned, operands), **settings)
        for a, b in zip([found, *again(anywhere(np.ones_like(output)))], expected, strict=True):
            assert_near(a.astype(b.dtype), b, tolerance=10)
    _, vjp = kernel(*operands, **settings)
    for a, b in zip(vjp(anywhere(np.ones_like(output))), expected[1:], strict=True):
        assert_near(a, b)


@pytest.mark.parametrize(("name", "kernel", "one"), FIT)
def test_a_later_call_changes_nothing_that_an_earlier_one_keeps(name, kernel, one):
    operands, settings = single(one)
    output, vjp = kernel(*operands, **settings)
    g = np.ones_like(output)
    expected = [output.copy(), *(x.copy() for x in vjp(g))]
    kept = vjp(g)
    kernel(*(0.5 * x for x in operands), **settings)[1](0.5 * g)
    for now, before in zip([output, *vjp(g)], expected, strict=True):
        np.testing.assert_array_equal(now, before)
    for now, before in zip(kept, expected[1:], strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(("name", "kernel"), KERNELS)
def test_threads_do_not_meet_in_the_scratch(name, kernel):
    operands, settings = single(next(one for one in OPS[name].samples if one.smooth))
    g = np.ones_like(kernel(*operands, **settings)[0])

    def results(factor: float) -> list[np.ndarray]:
        output, vjp = kernel(*(factor * x for x in operands), **settings)
        return [output, *vjp(g)]

    expected = {factor: results(factor) for factor in (0.5, 1.0)}
    wrong = []

    def work(factor: float) -> None:
        for _ in range(100):
            found = results(factor)
            if not all(map(np.array_equal, found, expected[factor])):
                wrong.append(factor)

    threads = [threading.Thread(target=work, args=(factor,)) for factor in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
