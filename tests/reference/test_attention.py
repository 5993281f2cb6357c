"""Attention beside the numbers that PyTorch gave (``python -m tests.reference.make``)."""

import pytest

from tests.reference.ours import results
from tests.reference.stored import LIMITS, errors, load_cases

TITLES = {
    "attention": ["no mask", "padding", "causal", "bias", "bias and causal"],
    "attention_settings": [
        *["scale", "scale and causal", "bias and scale", "bias of all heads and causal"],
        *["bias of keys", "groups of heads", "groups, causal and scale", "dropout", "no heads"],
    ],
}
CASES = [
    pytest.param(case, id=title)
    for name, titles in TITLES.items()
    for case, title in zip(load_cases(name), titles, strict=True)
]


@pytest.mark.guide("G15")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("case", CASES)
def test_attention_agrees_with_torch(case, dtype):
    assert max(errors(results(case, dtype), case)) <= LIMITS[dtype]
