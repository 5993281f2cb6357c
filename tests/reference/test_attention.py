"""Attention beside the numbers that PyTorch gave (``python -m tests.reference.make``)."""

import pytest

from tests.reference.ours import results
from tests.reference.stored import LIMITS, errors, load_cases

CASES = ["no mask", "padding", "causal", "bias", "bias and causal"]


@pytest.mark.guide("G15")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("case", load_cases("attention"), ids=CASES)
def test_attention_agrees_with_torch(case, dtype):
    assert max(errors(results(case, dtype), case)) <= LIMITS[dtype]
