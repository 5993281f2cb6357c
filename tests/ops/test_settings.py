"""Settings that are one number refuse an array in the op's own words."""

import numpy as np
import pytest

from minillm import Parameter, ops

ONES, LOGITS, IDS = np.ones((2, 3)), np.zeros((2, 3)), np.array([0, 1])
MANY = np.ones(3)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: ops.clip(ONES, low=MANY), "clip: low"),
        (lambda: ops.clip(ONES, high=MANY), "clip: high"),
        (lambda: ops.masked_fill(ONES, mask=ONES > 0, value=MANY), "masked_fill: value"),
        (lambda: ops.pad(ONES, widths=[(0, 1), (0, 0)], value=MANY), "pad: value"),
        (lambda: ops.cosine_similarity(ONES, ONES, eps=MANY), "cosine_similarity: eps"),
        (
            lambda: ops.smoothed_cross_entropy(LOGITS, targets=IDS, smoothing=MANY),
            "smoothed_cross_entropy: smoothing",
        ),
        (
            lambda: ops.binary_cross_entropy_with_logits(
                ONES, targets=ONES, weight_of_positive=MANY
            ),
            "binary_cross_entropy_with_logits: weight_of_positive",
        ),
        (
            lambda: ops.scaled_dot_product_attention(ONES, ONES, ONES, scale=MANY),
            "scale of attention",
        ),
        (lambda: Parameter(ONES).var(correction=MANY), "var: correction"),
        (lambda: Parameter(ONES).std(correction=MANY), "std: correction"),
    ],
)
def test_an_array_is_refused_where_a_number_belongs(call, what):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == f"{what} must be one number, got an array of shape (3,)"
