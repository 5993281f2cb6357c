"""What the kernels share: the sum and the largest number of a block, once and again."""

from importlib.resources import files

import numpy as np
import pytest

from minillm.ops.kernels_cupy.launching import BLOCK, options
from tests.cuda_on_host import raw_module
from tests.cuda_on_host.raw_module import RawModule, needs_gxx
from tests.ops.kernels_cupy.on_host import ORDERS
from tests.strict import strict

pytestmark = needs_gxx
SHARED = (files("minillm.ops.kernels_cupy") / "block.cu").read_text(encoding="utf-8")
TWICE = """
extern "C" __global__ void twice(real *once, real *again, const real *x) {
  once[threadIdx.x] = ANSWER(x[threadIdx.x]);
  again[threadIdx.x] = ANSWER(-x[threadIdx.x]);
}
"""


@pytest.mark.parametrize("how", ORDERS)
@pytest.mark.parametrize(
    ("function", "expected"), [("sum_of_block", np.sum), ("largest_of_block", np.max)]
)
def test_every_thread_gets_both_of_two_answers(function, expected, how, rng, monkeypatch):
    monkeypatch.setitem(raw_module.ORDER, "how", how)
    x = rng.integers(-1000, 1000, size=BLOCK).astype(np.float64)  # sums to the bit
    module = RawModule(code=SHARED + TWICE.replace("ANSWER", function), options=options("d"))
    arrays = [strict.empty(BLOCK, np.float64), strict.empty(BLOCK, np.float64), strict.asarray(x)]
    module.get_function("twice")((1,), (BLOCK,), tuple(arrays))
    assert [{*y._host.tolist()} for y in arrays[:2]] == [{expected(x)}, {expected(-x)}]
