"""Attention layers and Transformer blocks beside PyTorch's, with the same weights."""

from dataclasses import replace

import numpy as np
import pytest

from tests.reference.ours import results
from tests.reference.stored import LIMITS, errors, load_cases

CASES = [pytest.param(case, id=f"{case.name}-{i}") for i, case in enumerate(load_cases("blocks"))]


@pytest.mark.guide("G60")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("case", CASES)
def test_a_block_agrees_with_torch_in_its_output_and_every_gradient(case, dtype):
    found = results(case, dtype)
    assert {np.asarray(x).dtype.name for x in found} == {dtype}
    assert max(errors(found, case)) <= LIMITS[dtype]


def test_the_two_orders_of_normalization_are_told_apart():
    post_norm = next(case for case in load_cases("blocks") if case.name == "EncoderBlock")
    pre_norm = replace(post_norm, name="PreNormEncoderBlock")
    forward, gradient = errors(results(pre_norm, "float64"), post_norm)
    assert forward > 0.1 and gradient > 0.1
