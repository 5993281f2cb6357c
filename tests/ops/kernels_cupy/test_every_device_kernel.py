"""What every kernel for devices promises, over the table of samples."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd.recording import Op
from minillm.ops import kernels_cupy
from tests.cuda_on_host.raw_module import needs_gxx
from tests.ops.kernels.parity import assert_near
from tests.ops.kernels_cupy.on_host import assert_parity, back, moved
from tests.ops.samples import OPS, cases
from tests.strict import strict

pytestmark = needs_gxx
BY_TABLE = {id(op.kernels): name for name, op in vars(ops).items() if isinstance(op, Op)}
KERNELS = {BY_TABLE[id(t)]: kernel for t, _, kernel in kernels_cupy.kernels_for(strict)}
EVERY = pytest.mark.parametrize("name", KERNELS)


def left_to_the_rule(name, one):
    """Samples that a kernel does not do itself."""
    if "attention" in name:
        q, k, v, *bias = one.operands
        return bool(bias) or not (q.ndim == 4 and q.shape[:2] == k.shape[:2] == v.shape[:2])
    return "softmax" in name and one.settings.get("axis", -1) not in (-1, one.operands[0].ndim - 1)


def samples_of(name, dtype):
    """The samples of an op in a dtype."""
    for of, _, one in cases():
        if of == name and (dtype == np.float64 or one.fits_float32):
            floats = {
                k: v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v
                for k, v in one.settings.items()
            }
            yield one, [x.astype(dtype) for x in one.operands], floats


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parity_over_the_table(name, dtype):
    seen = 0
    for one, operands, settings in samples_of(name, dtype):
        known = {"tolerance": 10, "by_rule": left_to_the_rule(name, one)}
        assert_parity(getattr(ops, name), KERNELS[name], *operands, **known, **settings)
        seen += 1
    assert seen


def outcome(function, operands, settings):
    """The error of a call, or none."""
    try:
        function(*operands, **settings)
    except Exception as error:
        return type(error), str(error)
    return None


@EVERY
@pytest.mark.parametrize("place", [moved, lambda settings: settings], ids=["device", "host"])
def test_what_a_rule_refuses_its_kernel_refuses_in_the_same_words(name, place):
    rule, refusals = getattr(ops, name).rule, 0
    for call in OPS[name].refused:
        operands, settings = moved(call.operands), place(call.settings)
        if not all(getattr(x, "dtype", None) == np.float64 for x in operands):
            continue
        expected = outcome(rule, operands, settings)
        assert outcome(KERNELS[name], operands, settings) == expected
        refusals += expected is not None
    assert refusals or "gelu" in name


@EVERY
@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.int64])
def test_another_dtype_is_refused_with_the_kernel_the_dtype_and_what_it_knows(name, dtype):
    one = next(one for one in OPS[name].samples if one.smooth)
    operands = [x.astype(dtype) for x in one.operands]
    with pytest.raises(TypeError) as refusal:
        KERNELS[name](*moved(operands), **moved(one.settings))
    assert str(refusal.value) == (
        f"{name}: its kernel on the device knows float32 and float64, got {np.dtype(dtype)}; "
        'use_kernels("numpy") leaves it to the rule'
    )


@EVERY
def test_a_stretched_cotangent_and_turned_operands_are_as_good_as_copies(name):
    for _, operands, settings in samples_of(name, np.float64):
        plain, vjp = KERNELS[name](*moved(operands), **moved(settings))
        turned = [strict.asarray(np.asarray(x, order="F")) for x in operands]
        found, turned_vjp = KERNELS[name](*turned, **moved(settings))
        assert_near(back(found), back(plain))
        g = strict.broadcast_to(strict.asarray(0.7), plain.shape)
        for a, b in zip(turned_vjp(g), vjp(strict.asarray(back(g).copy())), strict=True):
            assert_near(back(a), back(b))
