"""The level ``device`` for the strict double in the place of CuPy, or the rules alone."""

import pytest

from minillm.nn import Dropout
from minillm.ops import kernels_cupy
from minillm.ops.kernels_cupy.dropouts import factors_on_device
from minillm.optim import AdamW
from minillm.optim.adam_on_device import adam_on_device
from tests.cuda_on_host.raw_module import GXX
from tests.strict import strict


def put_in_force(monkeypatch):
    """Every kernel for devices, for arrays of the strict double, until the test ends."""
    if GXX is None:
        pytest.skip("no C++ compiler (g++ on Linux) on this machine")
    for table, library, kernel in kernels_cupy.kernels_for(strict):
        monkeypatch.setitem(table, library, kernel)
    monkeypatch.setitem(AdamW.kernels, strict, adam_on_device)
    monkeypatch.setitem(Dropout.kernels, strict, factors_on_device)
