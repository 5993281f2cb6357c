"""The rows of var, std, max, min, prod, cumsum and logsumexp."""

import math

import numpy as np

from tests.ops import naive_reductions as naive
from tests.ops.arithmetic_samples import AXES, REDUCTIONS
from tests.ops.layer_samples import NO_AXIS
from tests.ops.table import Row, normal, refused, sample

OPS: dict[str, Row] = {}

OPS["var"] = Row(
    naive.reduced(naive.variance),
    [
        *REDUCTIONS,
        sample(normal(7), correction=1),
        sample(normal(3, 5), axis=0, correction=1.5),
        sample(normal(3, 5), axis=1, keepdims=True, correction=np.float64(1.0)),
        sample(100.0 + normal(3, 5), axis=1),
    ],
    [
        *AXES,
        refused(ValueError, r"var of no elements: shape \(0, 3\)", np.ones((0, 3)), axis=0),
        refused(
            ValueError,
            r"var of 1 elements with correction 1: shape \(1, 3\)",
            np.ones((1, 3)),
            axis=0,
            correction=1,
        ),
    ],
)
OPS["std"] = Row(
    naive.reduced(naive.deviation),
    [
        *REDUCTIONS,
        sample(normal(7), correction=1),
        sample(normal(3, 5), axis=1, keepdims=True, correction=np.float64(1.0)),
        sample(100.0 + normal(3, 5), axis=1),
        sample(np.array([[1e160, -1e160], [1e-170, 3e-170]]), axis=1, smooth=False, fits=False),
        sample(np.array([[2.0, 2.0], [0.0, 0.0]]), axis=1, smooth=False),
    ],
    [
        *AXES,
        refused(ValueError, r"std of no elements: shape \(0, 3\)", np.ones((0, 3)), axis=0),
        refused(
            ValueError, "std of 1 elements with correction 1", np.ones((1, 3)), axis=0, correction=1
        ),
    ],
)
TIES = [
    sample(np.array([[2.0, 2.0, -1.0], [-1.0, -1.0, 2.0]]), axis=axis, smooth=False)
    for axis in (None, 0, 1)
]
HUGE = sample(np.array([[1e300, -1e300], [-1e300, 1.0]]), axis=0, smooth=False, fits=False)
OPS["max"] = Row(
    naive.reduced(max),
    [*REDUCTIONS, *TIES, HUGE],
    [
        *AXES,
        refused(
            ValueError,
            r"max of no elements: shape \(3, 0\), axis \(1,\)",
            np.ones((3, 0)),
            axis=-1,
        ),
    ],
)
OPS["min"] = Row(
    naive.reduced(min),
    [*REDUCTIONS, *TIES, HUGE],
    [*AXES, refused(ValueError, r"min of no elements: shape \(0,\), axis \(0,\)", np.ones(0))],
)
OPS["prod"] = Row(
    naive.reduced(math.prod),
    [
        sample(normal(7)),
        sample(normal(2, 3, 5)),
        sample(normal(2, 3, 5), keepdims=True),
        sample(normal(2, 3, 5), axis=0),
        sample(normal(2, 3, 5), axis=-2, keepdims=True),
        sample(normal()),
        sample(normal(3, 1), axis=1),
        sample(normal(0, 3)),
        sample(normal(0, 3), axis=0),
        sample(normal(0, 3), axis=1),
        sample(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]]), axis=1),
        sample(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])),
        sample(np.array([1e3, -1e3, 1e-3])),
        sample(np.array([1e100, 1e-300, 1e100]), smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"axis 2 is out of bounds for shape \(2, 3\)", np.ones((2, 3)), axis=2),
        refused(ValueError, r"axis 0 is out of bounds for shape \(\)", np.array(1.0), axis=0),
        refused(TypeError, "'float' object cannot be", np.ones((2, 3)), axis=1.0),
        refused(TypeError, "'tuple' object cannot be", np.ones((2, 3)), axis=(0, 1)),
    ],
)
OPS["cumsum"] = Row(
    naive.cumsum,
    [
        sample(normal(7), axis=0),
        sample(normal(2, 3, 5), axis=1),
        sample(normal(2, 3, 5), axis=-3),
        sample(normal(2, 3, 5), axis=np.int64(2)),
        sample(normal(3, 1), axis=1),
        sample(normal(0, 3), axis=0),
        sample(normal(0, 3), axis=1),
        sample(np.array([1e3, -1e3, 1e-3]), axis=0),
    ],
    [
        refused(ValueError, r"axis 2 is out of bounds for shape \(2, 3\)", np.ones((2, 3)), axis=2),
        refused(ValueError, r"axis -1 is out of bounds for shape \(\)", np.array(1.0), axis=-1),
        refused(TypeError, "'NoneType' object cannot be", np.ones((2, 3)), axis=None),
        refused(TypeError, "missing 1 required keyword-only argument: 'axis'", np.ones((2, 3))),
    ],
)
OPS["logsumexp"] = Row(
    naive.logsumexp,
    [
        sample(normal(7)),
        sample(normal(3, 5)),
        sample(normal(3, 5), axis=0),
        sample(normal(2, 3, 5), axis=-2, keepdims=True),
        sample(normal(2, 3, 1)),
        sample(normal(0, 5)),
        sample(np.array([[1e3, -1e3, 0.0], [1e3, 1e3, 1e3], [-1e3, -1e3, -1e3]])),
        sample(np.array([[1e300, -1e300, 0.0]]), smooth=False, fits=False),
    ],
    NO_AXIS,
)
