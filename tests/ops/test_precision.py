"""float16 in, float16 out, with sums in float32; settings in float64 leave float32 alone."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Tensor
from minillm.ops.precision import rounded, setting_like, widened
from tests.ops.samples import OPS, cases
from tests.ops.table import Sample
from tests.strict import strict

CASES = [pytest.param(name, one, id=f"{name}-{i}") for name, i, one in cases()]
FITTING = [case for case in CASES if case.values[1].fits_float32]
MANY = 70_000  # more than the largest float16, 65504


def results(name: str, operands, settings) -> list[np.ndarray]:
    output, vjp = getattr(ops, name).rule(*operands, **settings)
    v = np.cos(np.arange(np.size(output))).reshape(np.shape(output)).astype(output.dtype)
    return [output, *vjp(v)]


def in_double(value):
    """Settings as NumPy gives them: float64 arrays, and float64 scalars for Python numbers."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return np.float64(value) if isinstance(value, float) else value


@pytest.mark.parametrize(("name", "one"), FITTING)
def test_float64_settings_leave_float32_alone(name, one):
    operands = tuple(x.astype(np.float32) for x in one.operands)
    settings = {k: in_double(v) for k, v in one.settings.items()}
    assert {x.dtype for x in results(name, operands, settings)} == {np.dtype(np.float32)}


def fits_half(one: Sample) -> bool:
    return all(np.max(np.abs(x), initial=0.0) < 50.0 for x in one.operands)


@pytest.mark.parametrize(
    ("name", "one"), [case for case in FITTING if fits_half(case.values[1])]
)
def test_float16_comes_out_as_float16_and_near_the_float64_result(name, one):
    halves = tuple(x.astype(np.float16) for x in one.operands)
    found = results(name, halves, one.settings)
    exact = results(name, tuple(x.astype(np.float64) for x in halves), one.settings)
    assert {x.dtype for x in found} == {np.dtype(np.float16)}
    for a, b in zip(found, exact, strict=True):
        size = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=5e-3 * size)
