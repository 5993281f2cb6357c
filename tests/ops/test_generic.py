"""What every op promises, checked over the table in ``samples.py``."""

import copy

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Tensor, check_vjp
from tests.ops.samples import OPS, cases
from tests.ops.table import Sample
from tests.strict import SYNCS, StrictArray, is_mask, strict

CASES = [pytest.param(name, one, id=f"{name}-{i}") for name, i, one in cases()]
every_sample = pytest.mark.parametrize(("name", "one"), CASES)


def rule_of(name: str):
    return getattr(ops, name).rule


def as_dtype(one: Sample, dtype: type) -> Sample:
    """The sample with its operands, and settings such as dropout's factors, in ``dtype``."""
    settings = {
        k: v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v
        for k, v in one.settings.items()
    }
    return Sample(tuple(x.astype(dtype) for x in one.operands), settings)


def cotangent(output, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.standard_normal(np.shape(output))).astype(output.dtype)


def results(name: str, one: Sample, rng: np.random.Generator) -> list[np.ndarray]:
    """The output and every gradient, for a cotangent from ``rng``."""
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    return [output, *vjp(cotangent(output, rng))]


def assert_same(found, expected, rtol: float = 1e-12):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == np.shape(b)
        size = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * size)


def assert_same_bits(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_every_op_has_a_row_and_every_row_is_an_op():
    public = {name for name in ops.__all__ if hasattr(getattr(ops, name), "rule")}
    assert set(OPS) == public
    assert set(ops.__all__) - public == {"IGNORE", "split"}


@pytest.mark.fault(44)
@pytest.mark.parametrize("name", OPS)
def test_every_row_has_what_the_generic_tests_need(name):
    row = OPS[name]
    assert any(one.smooth for one in row.samples)
    assert row.refused
    empty = [x for call in [*row.samples, *row.refused] for x in call.operands if np.size(x) == 0]
    assert empty, "arrays without elements are neither sampled nor refused"


@every_sample
def test_the_value_is_that_of_the_naive_reference(name, one):
    output, _ = rule_of(name)(*one.operands, **one.settings)
    assert_same([output], [OPS[name].reference(*one.operands, **one.settings)])


@pytest.mark.parametrize(("name", "one"), [case for case in CASES if case.values[1].smooth])
def test_the_gradient_is_that_of_finite_differences(name, one, rng):
    check_vjp(rule_of(name), *one.operands, rng=rng, **one.settings)


@every_sample
def test_float64_comes_out_as_float64(name, one, rng):
    assert {x.dtype for x in results(name, one, rng)} == {np.dtype(np.float64)}


@pytest.mark.parametrize(("name", "one"), [case for case in CASES if case.values[1].fits_float32])
def test_float32_comes_out_as_float32_and_near_the_float64_result(name, one):
    exact = results(name, one, np.random.default_rng(1))
    single = results(name, as_dtype(one, np.float32), np.random.default_rng(1))
    assert {x.dtype for x in single} == {np.dtype(np.float32)}
    assert_same(single, exact, rtol=1e-4)


def layouts(x: np.ndarray) -> dict[str, np.ndarray]:
    """The same numbers, differently laid out in memory."""
    wide = np.zeros([2 * n for n in x.shape], dtype=x.dtype)
    every_other = wide[(..., *[slice(None, None, 2)] * x.ndim)]
    every_other[...] = x
    turned = (..., *[slice(None, None, -1)] * x.ndim)
    read_only = x.copy()
    read_only.flags.writeable = False
    return {
        "Fortran": np.array(x, order="F"),
        "strided": every_other,
        "backwards": x[turned].copy()[turned],
        "read-only": read_only,
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
    }


@pytest.mark.fault(42)
@pytest.mark.parametrize("layout", layouts(np.zeros(1)))
@pytest.mark.parametrize("name", OPS)
def test_the_memory_layout_changes_no_number(name, layout):
    for one in OPS[name].samples:
        expected = results(name, one, np.random.default_rng(1))
        operands = tuple(layouts(x)[layout] for x in one.operands)
        settings = {
            k: layouts(x)[layout] if isinstance(x, np.ndarray) else x
            for k, x in one.settings.items()
        }
        found = results(name, Sample(operands, settings), np.random.default_rng(1))
        assert_same(found, expected)


@pytest.mark.fault(42)
@pytest.mark.parametrize("name", OPS)
def test_operands_stretched_by_stride_0_are_as_good_as_copies(name):
    for one in OPS[name].samples:
        if any(x.size == 0 for x in one.operands):
            continue
        stretched = tuple(np.broadcast_to(x.ravel()[0], x.shape) for x in one.operands)
        copies = tuple(map(np.ascontiguousarray, stretched))
        copies = tuple(c.reshape(x.shape) for c, x in zip(copies, stretched, strict=True))
        assert_same(
            results(name, Sample(stretched, one.settings), np.random.default_rng(1)),
            results(name, Sample(copies, one.settings), np.random.default_rng(1)),
        )


@pytest.mark.fault(45)
@every_sample
def test_nothing_that_was_given_is_changed(name, one, rng):
    before = copy.deepcopy((one.operands, one.settings))
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    kept_output = np.array(output)
    v = cotangent(output, rng)
    kept_v = v.copy()
    vjp(v)
    assert_same_bits([v, output], [kept_v, kept_output])
    assert_same_bits(one.operands, before[0])
    assert str(one.settings) == str(before[1])


@every_sample
def test_two_backward_passes_give_the_same_bits(name, one, rng):
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    v = cotangent(output, rng)
    assert_same_bits(vjp(v), vjp(v))


@every_sample
def test_a_read_only_cotangent_of_stride_0_is_accepted(name, one):
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    stretched = np.broadcast_to(np.asarray(0.7, dtype=output.dtype), np.shape(output))
    assert_same(vjp(stretched), vjp(np.full(np.shape(output), 0.7)))


@every_sample
def test_the_backward_pass_is_linear_in_the_cotangent(name, one, rng):
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    u, v = cotangent(output, rng), cotangent(output, rng)
    separate = zip(vjp(u), vjp(v), strict=True)
    assert_same(vjp(2.0 * u - 3.0 * v), [2.0 * a - 3.0 * b for a, b in separate], rtol=1e-10)


@every_sample
def test_the_tape_gives_what_the_rule_gives(name, one, rng):
    leaves = [Tensor(x, requires_grad=True) for x in one.operands]
    output = getattr(ops, name)(*leaves, **one.settings)
    expected, vjp = rule_of(name)(*one.operands, **one.settings)
    v = cotangent(output, rng)
    output.backward(v)
    assert_same_bits([output.data], [expected])
    assert all(isinstance(leaf.grad, np.ndarray) for leaf in leaves)
    assert_same_bits([leaf.grad for leaf in leaves], vjp(v))


def on_device(value):
    """Arrays moved to the strict double, also inside an index."""
    if isinstance(value, tuple):
        return tuple(map(on_device, value))
    return strict.asarray(value) if isinstance(value, np.ndarray) else value


@every_sample
def test_another_array_library_gives_the_same_bits_and_never_waits(name, one, rng):
    output, vjp = rule_of(name)(*one.operands, **one.settings)
    v = cotangent(output, rng)
    moved = {k: on_device(x) for k, x in one.settings.items()}
    SYNCS.clear()
    there, vjp_there = rule_of(name)(*on_device(one.operands), **moved)
    gradients = vjp_there(strict.asarray(v))
    index = one.settings.get("index")
    masked = any(map(is_mask, index if isinstance(index, tuple) else (index,)))
    assert (["boolean index"] if masked else []) == SYNCS  # a mask's count is a value
    assert all(isinstance(x, StrictArray) for x in (there, *gradients))
    assert there.dtype == output.dtype
    assert_same_bits([x.get() for x in (there, *gradients)], [output, *vjp(v)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPS)
def test_the_tape_works_in_another_library_too(name, dtype, rng):
    one = as_dtype(OPS[name].samples[1], dtype)
    leaves = [Tensor(x, requires_grad=True) for x in on_device(one.operands)]
    output = getattr(ops, name)(*leaves, **{k: on_device(x) for k, x in one.settings.items()})
    output.backward(strict.asarray(cotangent(output, rng)))
    assert {(type(leaf.grad), leaf.grad.dtype) for leaf in leaves} == {
        (StrictArray, np.dtype(dtype))
    }


@pytest.mark.parametrize("name", [name for name in OPS if len(OPS[name].samples[1].operands) > 1])
def test_arrays_of_two_libraries_are_refused(name):
    one = OPS[name].samples[1]
    mixed = (strict.asarray(one.operands[0]), *one.operands[1:])
    with pytest.raises(TypeError, match="strict"):
        getattr(ops, name)(*mixed, **one.settings)


TARGETED = "cross_entropy smoothed_cross_entropy nll_loss squared_error dropout"
SOFT = "cross_entropy_with_probabilities binary_cross_entropy_with_logits"
LOOKING = "embedding take_along_axis scaled_dot_product_attention where masked_fill"


@pytest.mark.parametrize("name", [*TARGETED.split(), *SOFT.split(), *LOOKING.split()])
def test_settings_left_on_the_host_are_refused_in_words(name):
    one = next(one for one in OPS[name].samples if "mask" in one.settings or "dot" not in name)
    with pytest.raises(TypeError, match="numpy and strict; move them with to_device first"):
        getattr(ops, name)(*on_device(one.operands), **one.settings)


@pytest.mark.fault(31)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        pytest.param(name, call, id=f"{name}-{i}")
        for name, row in OPS.items()
        for i, call in enumerate(row.refused)
    ],
)
def test_bad_input_is_refused_with_a_message_that_names_it(name, call):
    with pytest.raises(call.error, match=call.message):
        getattr(ops, name)(*call.operands, **call.settings)
