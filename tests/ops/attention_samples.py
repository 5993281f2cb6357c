"""The rows of attention, plain and with a bias on its scores."""

import numpy as np

from tests.ops import naive
from tests.ops.layer_samples import keep_factors
from tests.ops.table import Row, Sample, normal, refused, sample

CAUSAL = np.tri(3, dtype=bool)
PARTLY = np.array([[True, False, True, True, False]] * 3)
PARTLY[1] = False  # the second of three queries may attend to nothing
QUERY, KEY, VALUE = np.ones((3, 2)), np.ones((5, 2)), np.ones((5, 7))
QKV = [(3, 2), (5, 2), (5, 7)]


def operands(*bias_shape: int) -> list[np.ndarray]:
    return [normal(*shape) for shape in [*QKV, bias_shape]]


PLAIN: list[Sample] = [
    sample(normal(3, 2), normal(5, 2), normal(5, 7)),
    sample(normal(2, 3, 5), normal(2, 7, 5), normal(2, 7, 11)),
    sample(normal(2, 3, 3, 5), normal(2, 3, 3, 5), normal(2, 3, 3, 5), mask=CAUSAL),
    sample(normal(2, 3, 2), normal(5, 2), normal(5, 7)),
    sample(normal(3, 2), normal(2, 5, 2), normal(7, 1, 5, 3)),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), mask=PARTLY),
    sample(normal(2, 3, 2), normal(2, 5, 2), normal(2, 5, 7), mask=PARTLY[None]),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), mask=PARTLY[0]),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), mask=np.array(True)),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), mask=np.zeros((1, 1), dtype=bool)),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), keep=keep_factors(3, 5)),
    sample(normal(3, 2), normal(5, 2), normal(5, 7), mask=PARTLY, keep=keep_factors(3, 5)),
    sample(normal(3, 1), normal(1, 1), normal(1, 1)),
    sample(normal(0, 3, 2), normal(0, 5, 2), normal(0, 5, 7)),
    sample(normal(0, 2), normal(5, 2), normal(5, 7)),
    sample(normal(3, 2), normal(5, 2), normal(5, 0)),
    sample(np.array([[1e3, 0.0]]), np.array([[1.0, 0.0], [-1.0, 5.0]]), normal(2, 3)),
    sample(*operands()[:3], scale=1.0),
    sample(*operands()[:3], mask=PARTLY, scale=-0.3),
]
BIASED: list[Sample] = [
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
    sample(*operands(3, 5)[:3], np.array([-1e300, 0.0, 0.0, 1e300, 0.0]), smooth=False, fits=False),
    sample(*operands(3, 5), scale=1.0),
]
OPS: dict[str, Row] = {}
OPS["scaled_dot_product_attention"] = Row(
    naive.attention,
    [*PLAIN, *BIASED],
    [
        refused(
            TypeError, "boolean, True = may", QUERY, KEY, VALUE, mask=np.ones((3, 5)), fault=18
        ),
        refused(
            ValueError,
            r"mask \(5, 3\) does not broadcast to \(\.\.\., 3, 5\)",
            *(QUERY, KEY, VALUE),
            mask=np.ones((5, 3), dtype=bool),
        ),
        refused(ValueError, r"mask \(3,\)", QUERY, KEY, VALUE, mask=np.ones(3, dtype=bool)),
        refused(ValueError, r"query \(3, 7\) and key \(5, 2\)", np.ones((3, 7)), KEY, VALUE),
        refused(ValueError, r"\(3, 0\) and key \(5, 0\)", QUERY[:, :0], KEY[:, :0], VALUE),
        refused(ValueError, r"key \(5, 2\) and value \(3, 7\)", QUERY, KEY, np.ones((3, 7))),
        refused(ValueError, "equal lengths, at least 1", QUERY, KEY[:0], VALUE[:0]),
        refused(ValueError, r"two axes at least, got .*\(7,\)$", QUERY, KEY, VALUE[0]),
        refused(
            ValueError,
            r"bias \(5, 3\) does not broadcast to \(\.\.\., 3, 5\)",
            *(QUERY, KEY, VALUE, np.ones((5, 3))),
        ),
        refused(ValueError, r"bias \(2, 7\)", QUERY, KEY, VALUE, np.ones((2, 7))),
        refused(
            TypeError,
            "boolean, True = may",
            *(QUERY, KEY, VALUE, np.zeros((3, 5))),
            mask=np.ones((3, 5)),
        ),
        refused(ValueError, "broadcast", np.ones((7, 3, 2)), KEY, VALUE, np.ones((11, 3, 5))),
        refused(
            ValueError, "equal lengths, at least 1", QUERY, KEY[:0], VALUE[:0], np.ones((3, 1))
        ),
    ],
)
