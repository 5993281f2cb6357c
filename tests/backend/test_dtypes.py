"""Operands of unlike dtypes are refused in words where one of them is a weight."""

import numpy as np
import pytest

from minillm.backend.dtypes import check_one_dtype
from tests.strict import strict

HALF, SINGLE, DOUBLE = np.float16, np.float32, np.float64


@pytest.mark.parametrize("dtype", [HALF, SINGLE, DOUBLE])
def test_operands_of_one_dtype_pass_whatever_was_left_out(dtype):
    one, other = np.ones(2, dtype), np.ones((3, 4), dtype)
    check_one_dtype("linear", x=one, weight=other, bias=None)
    check_one_dtype("linear", x=None, weight=None)
    check_one_dtype("linear", x=strict.asarray(one), weight=strict.asarray(other))


@pytest.mark.parametrize(("one", "other"), [(DOUBLE, SINGLE), (SINGLE, DOUBLE), (HALF, SINGLE)])
def test_unlike_dtypes_are_refused_with_a_way_out(one, other):
    names = np.dtype(one), np.dtype(other)
    message = rf"^linear: x is {names[0]}, weight is {names[1]}: .*x\.astype.*model\.to_dtype"
    with pytest.raises(TypeError, match=message):
        check_one_dtype("linear", x=np.ones(2, one), weight=np.ones(2, other))


def test_a_scale_of_another_dtype_than_the_rest_is_refused_last_of_three_or_not():
    single, double = np.ones(2, SINGLE), np.ones(2, DOUBLE)
    with pytest.raises(TypeError, match="bias is float64"):
        check_one_dtype("linear", x=single, weight=single, bias=double)
