"""Part 2 on a device: every rule as it stands, kernels off."""

import numpy as np
import pytest

from minillm import ops
from tests.gpu.beside import compare, in_dtype
from tests.ops.samples import OPS, cases
from tests.strict import is_mask

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@pytest.mark.parametrize("name", OPS)
def test_a_rule_gives_on_the_device_what_it_gives_on_the_host(name, dtype, bare):
    rule = getattr(ops, name).rule
    for of, _, one in cases():
        if of == name and one.smooth and (dtype == np.float64 or one.fits_float32):
            index = one.settings.get("index")
            masked = any(map(is_mask, index if isinstance(index, tuple) else (index,)))
            compare(bare, rule, rule, *in_dtype(one, dtype), 20, waits=masked)
