"""A vjp that only needs the shape of an operand does not keep the operand: activations add up."""

import weakref

import numpy as np
import pytest

from minillm import ops
from minillm.backend import kernels
from minillm.ops.kernels_numpy import plain
from tests.ops.samples import OPS

CASES = [
    pytest.param(name, i, id=f"{name}-{i}")
    for name, row in OPS.items()
    for i in range(max(len(one.operands) for one in row.samples))
]


@pytest.fixture(autouse=True, params=["off", "numpy"])
def by_the_rule_and_by_the_kernel(request, monkeypatch):
    monkeypatch.setattr(plain, "SMALL", 0)
    with kernels(request.param):
        yield


def answer(name, one, dtype):
    """Fresh operands, the output, and the vjp."""
    operands = [x.astype(dtype) for x in one.operands]
    settings = {
        key: x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
        for key, x in one.settings.items()
    }
    output, vjp = getattr(ops, name).run(*operands, **settings)
    return operands, output, vjp


def reads(name, one, i, dtype):
    """Whether other numbers in operand ``i`` after the forward pass change a gradient."""
    operands, output, vjp = answer(name, one, dtype)
    g = np.random.default_rng(0).standard_normal(np.shape(output)).astype(output.dtype)
    before = [np.copy(share) for share in vjp(g)]
    operands[i][...] = 0.25 + 0.5 * operands[i] ** 2
    with np.errstate(all="ignore"):
        after = vjp(g)
    return not all(map(np.array_equal, before, after))


def keeps(name, one, i, dtype):
    """Whether operand ``i`` lives on when only the vjp does."""
    operands, output, vjp = answer(name, one, dtype)
    operand = weakref.ref(operands[i])
    del operands, output
    return vjp is not None and operand() is not None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "i"), CASES)
def test_no_operand_is_kept_that_is_never_read(name, i, dtype):
    samples = [
        one
        for one in OPS[name].samples
        if one.smooth and one.fits_float32 and i < len(one.operands)
    ]
    kept = [one for one in samples if keeps(name, one, i, dtype)]
    assert not kept or any(reads(name, one, i, dtype) for one in kept)
