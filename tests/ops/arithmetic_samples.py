"""The rows of the operators' rules and of the functions of one element."""

import math

import numpy as np

from tests.ops import naive
from tests.ops.table import (
    NUMBERS,
    PAIRS,
    Row,
    apart_from_zero,
    normal,
    pairs,
    refused,
    sample,
    unary,
)

OPS: dict[str, Row] = {}

OPS["add"] = Row(
    naive.elementwise(lambda a, b: a + b),
    [*pairs(), sample(np.array([1e300, -1e300]), np.array([3e299, 1.0]), smooth=False, fits=False)],
    PAIRS,
)
OPS["subtract"] = Row(naive.elementwise(lambda a, b: a - b), pairs(), PAIRS)
OPS["multiply"] = Row(
    naive.elementwise(lambda a, b: a * b),
    [*pairs(), sample(np.array([1e300, 2.0]), np.array([1e-300, 1e300]), smooth=False, fits=False)],
    PAIRS,
)
OPS["divide"] = Row(
    naive.elementwise(lambda a, b: a / b),
    [*pairs(apart_from_zero), sample(normal(3), np.full(3, 1e3))],
    PAIRS,
)
OPS["negative"] = Row(naive.elementwise(lambda a: -a), unary(normal), NUMBERS)
OPS["exp"] = Row(
    naive.elementwise(math.exp),
    [*unary(normal), sample(np.array([-1e3, -700.0, 700.0]), smooth=False, fits=False)],
    NUMBERS,
)
OPS["log"] = Row(
    naive.elementwise(math.log),
    [
        *unary(lambda *shape: np.abs(apart_from_zero(*shape))),
        sample(np.array([1e-300, 1e300]), smooth=False, fits=False),
    ],
    NUMBERS,
)
OPS["tanh"] = Row(
    naive.elementwise(math.tanh),
    [*unary(normal), sample(np.array([-1e3, 0.0, 1e3])), sample(np.array([1e300]), fits=False)],
    NUMBERS,
)
OPS["relu"] = Row(
    naive.elementwise(lambda x: max(x, 0.0)),
    [
        *unary(apart_from_zero),
        sample(np.array([-1.0, 0.0, 2.0]), smooth=False),
        sample(np.array([-1e300, 1e300]), smooth=False, fits=False),
    ],
    NUMBERS,
)
OPS["gelu"] = Row(
    naive.elementwise(lambda x: x * (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0),
    [
        *unary(normal),
        sample(np.array([-1e3, -7.0, 0.0, 7.0, 1e3])),
        sample(np.array([-1e300, 1e300]), smooth=False, fits=False),
    ],
    NUMBERS,
)
OPS["matmul"] = Row(
    naive.matmul,
    [
        sample(normal(2, 3), normal(3, 5)),
        sample(normal(3), normal(3)),
        sample(normal(3), normal(3, 5)),
        sample(normal(2, 3), normal(3)),
        sample(normal(7, 2, 3), normal(3, 5)),
        sample(normal(3), normal(7, 3, 5)),
        sample(normal(7, 2, 3), normal(3)),
        sample(normal(7, 2, 3), normal(7, 3, 5)),
        sample(normal(7, 1, 2, 3), normal(11, 3, 5)),
        sample(normal(2, 3), normal(7, 3, 5)),
        sample(normal(1, 2, 3), normal(7, 3, 1)),
        sample(normal(2, 0), normal(0, 5)),
        sample(normal(0, 2, 3), normal(3, 5)),
        sample(normal(0, 2, 3), normal(0, 3, 5)),
        sample(normal(2, 3) * 1e3, normal(3, 5) * 1e3),
    ],
    [
        refused(
            ValueError,
            r"\(2, 3\) @ \(4, 5\): the inner",
            np.ones((2, 3)),
            np.ones((4, 5)),
            fault=33,
        ),
        refused(ValueError, r"\(\) @ \(3,\): the inner", np.array(2.0), np.ones(3)),
        refused(ValueError, r"\(3,\) @ \(\): the inner", np.ones(3), 2.0),
        refused(ValueError, "broadcast", np.ones((2, 3, 5)), np.ones((7, 5, 3))),
    ],
)
OPS["reshape"] = Row(
    naive.reshape,
    [
        sample(normal(2, 3, 5), shape=(5, 6)),
        sample(normal(2, 3, 5), shape=(3, -1)),
        sample(normal(), shape=(1, 1)),
        sample(normal(1, 1), shape=()),
        sample(normal(0, 3), shape=(3, 0, 5)),
    ],
    [
        refused(ValueError, r"size 6 into shape \(4,2\)", np.ones((2, 3)), shape=(4, 2), fault=38),
        refused(ValueError, "one unknown dimension", np.ones((2, 3)), shape=(-1, -1), fault=38),
    ],
)
OPS["transpose"] = Row(
    naive.transpose,
    [
        sample(normal(2, 3, 5)),
        sample(normal(2, 3, 5), axes=(1, 2, 0)),
        sample(normal(2, 3, 5), axes=(-1, 0, -2)),
        sample(normal(7)),
        sample(normal()),
        sample(normal(0, 3), axes=(1, 0)),
    ],
    [
        refused(ValueError, "axes .0, 0. are not all axes", np.ones((2, 3)), axes=(0, 0), fault=39),
        refused(ValueError, "axes .0, 2. are not all axes", np.ones((2, 3)), axes=(0, 2), fault=39),
        refused(ValueError, "axes .0,. are not all axes", np.ones((2, 3)), axes=(0,)),
    ],
)
REDUCTIONS = [
    sample(normal(2, 3, 5)),
    sample(normal(2, 3, 5), axis=1),
    sample(normal(2, 3, 5), axis=-1, keepdims=True),
    sample(normal(2, 3, 5), axis=(0, -1)),
    sample(normal(2, 3, 5), axis=(2, 0), keepdims=True),
    sample(normal(2, 3, 5), axis=()),
    sample(normal(2, 3), keepdims=True),
    sample(normal(2, 3), axis=np.int64(1)),
    sample(normal(2, 1), axis=1),
    sample(normal()),
    sample(normal(0, 3), axis=1),
    sample(np.array([1e3, -1e3, 1e-3])),
]
AXES = [
    refused(ValueError, "axis 2 is out of bounds", np.ones((2, 3)), axis=2),
    refused(
        ValueError,
        r"axis \(1, -1\) names an axis of shape \(2, 3\) twice",
        np.ones((2, 3)),
        axis=(1, -1),
    ),
    refused(TypeError, "cannot be interpreted as an integer", np.ones((2, 3)), axis=1.0),
]
OPS["sum"] = Row(
    naive.total, [*REDUCTIONS, sample(normal(0, 3)), sample(normal(0, 3), axis=0)], AXES
)
OPS["mean"] = Row(
    naive.average,
    REDUCTIONS,
    [
        *AXES,
        refused(
            ValueError, r"mean of no elements: shape \(0, 3\), axis \(0,\)", np.ones((0, 3)), axis=0
        ),
        refused(ValueError, r"mean of no elements: shape \(0,\), axis \(0,\)", np.ones(0)),
    ],
)
OPS["concatenate"] = Row(
    naive.concatenate,
    [
        sample(normal(2, 3), normal(5, 3)),
        sample(normal(2, 3), normal(2, 5), normal(2, 7), axis=1),
        sample(normal(2, 3, 5), normal(2, 7, 5), axis=-2),
        sample(normal(7)),
        sample(normal(0, 3), normal(2, 3)),
        sample(normal(0, 3), normal(0, 5), axis=1),
    ],
    [
        refused(ValueError, "at least one part", fault=37),
        refused(
            ValueError,
            r"part 2 is \(2, 5\), part 0 is \(2, 3\).*axis 0",
            *(np.ones((2, n)) for n in (3, 3, 5)),
            fault=37,
        ),
        refused(ValueError, r"part 1 is \(3,\)", np.ones((2, 3)), np.ones(3)),
        refused(ValueError, r"axis 2 is out of range.*\(2, 3\)", np.ones((2, 3)), axis=2),
        refused(ValueError, r"axis 0 is out of range.*\(\)", np.array(1.0)),
        refused(TypeError, "may be one part or many", [None, None]),
    ],
)
