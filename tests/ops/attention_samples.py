"""The rows of attention with a bias on its scores."""

import numpy as np

from tests.ops import naive
from tests.ops.layer_samples import CAUSAL, KEY, PARTLY, QUERY, VALUE, keep_factors
from tests.ops.table import Row, normal, refused, sample

OPS: dict[str, Row] = {}
QKV = [(3, 2), (5, 2), (5, 7)]


def operands(*bias_shape: int) -> list[np.ndarray]:
    return [normal(*shape) for shape in [*QKV, bias_shape]]


OPS["scaled_dot_product_attention_with_bias"] = Row(
    naive.attention,
    [
        sample(*operands(3, 5)),
        sample(*operands(3, 5), mask=PARTLY, keep=keep_factors(3, 5)),
        sample(*operands()),
        sample(*operands(5)),
        sample(*operands(3, 1)),
        sample(*operands(1, 5)),
        sample(*operands(2, 1, 3, 5)),
        sample(normal(2, 3, 3, 5), normal(2, 3, 3, 5), normal(2, 3, 3, 5), normal(3, 3, 3)),
        sample(normal(2, 3, 5), normal(2, 3, 5), normal(2, 3, 5), normal(3, 3), mask=CAUSAL),
        sample(normal(2, 3, 2), normal(5, 2), normal(2, 5, 7), normal(11, 1, 3, 5)),
        sample(*operands(3, 5), mask=np.zeros((1, 1), dtype=bool)),
        sample(*operands(3, 5), keep=keep_factors(3, 5)),
        sample(normal(3, 1), normal(1, 1), normal(1, 1), normal(1, 1)),
        sample(normal(0, 3, 2), normal(0, 5, 2), normal(0, 5, 7), normal(3, 5)),
        sample(normal(0, 2), normal(5, 2), normal(5, 7), normal(0, 5)),
        sample(*operands(3, 5)[:3], 1e3 * normal(3, 5)),
        sample(
            *operands(3, 5)[:3], np.array([-1e300, 0.0, 0.0, 1e300, 0.0]), smooth=False, fits=False
        ),
    ],
    [
        refused(
            ValueError,
            r"bias \(5, 3\) does not broadcast to \(\.\.\., 3, 5\)",
            *(QUERY, KEY, VALUE, np.ones((5, 3))),
        ),
        refused(ValueError, r"bias \(2, 7\)", QUERY, KEY, VALUE, np.ones((2, 7))),
        refused(TypeError, "NoneType", QUERY, KEY, VALUE, None),
        refused(
            TypeError,
            "boolean, True = may",
            *(QUERY, KEY, VALUE, np.zeros((3, 5))),
            mask=np.ones((3, 5)),
        ),
        refused(ValueError, "broadcast", np.ones((7, 3, 2)), KEY, VALUE, np.ones((11, 3, 5))),
        refused(ValueError, "one length, at least 1", QUERY, KEY[:0], VALUE[:0], np.ones((3, 1))),
    ],
)
