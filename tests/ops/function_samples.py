"""The rows of the functions of one element, and of the choice between two."""

import math

import numpy as np

from tests.ops import naive
from tests.ops.table import (
    NUMBERS,
    PAIRS,
    RNG,
    Row,
    apart_from_zero,
    normal,
    pairs,
    refused,
    sample,
    unary,
)

OPS: dict[str, Row] = {}
FAR = sample(np.array([-1e3, -40.0, -7.0, 0.0, 7.0, 40.0, 1e3]))
HUGE = sample(np.array([-1e300, 1e300]), smooth=False, fits=False)
LARGE = sample(np.array([-1e9, 1e9]), smooth=False)


def positive(*shape: int) -> np.ndarray:
    return np.asarray(np.abs(apart_from_zero(*shape)))


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > 0 else math.exp(x) / (1.0 + math.exp(x))


def tanh_gelu(x: float) -> float:
    inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)
    return 0.5 * x * (1.0 + math.tanh(inner))


OPS["absolute"] = Row(
    naive.elementwise(abs),
    [*unary(apart_from_zero), sample(np.array([-1.0, 0.0, -0.0]), smooth=False), LARGE, HUGE],
    NUMBERS,
)
OPS["power"] = Row(
    lambda x, *, exponent: naive.elementwise(lambda a: a ** float(exponent))(x),
    [
        *(sample(normal(*shape), exponent=2) for shape in [(), (7,), (3, 5), (0, 3), (2, 1, 3)]),
        sample(normal(3, 5), exponent=3.0),
        sample(normal(3, 5), exponent=1),
        sample(normal(3, 5), exponent=np.float64(2.0)),
        sample(apart_from_zero(3, 5), exponent=-1),
        sample(apart_from_zero(3, 5), exponent=np.int64(-2)),
        sample(positive(3, 5), exponent=0.5),
        sample(positive(3, 5), exponent=-2.5),
        sample(np.array([-2.0, 0.0, 3.0]), exponent=0),
        sample(np.array([-2.0, 0.0, 3.0]), exponent=1),
        sample(np.array([-2.0, 0.0, 3.0]), exponent=2),
        sample(np.array([-1e3, 1e3]), exponent=3),
        sample(np.array([-1e100, 1e100]), exponent=3, smooth=False, fits=False),
    ],
    [
        refused(TypeError, "exponent must be a number, got NoneType", np.ones(3), exponent=None),
        refused(TypeError, "exponent must be a number, got str", np.ones(3), exponent="2"),
        refused(TypeError, "must be a number, got complex", np.ones(3), exponent=1j),
        refused(TypeError, "must be a number, got ndarray", np.ones(3), exponent=np.ones(3)),
        refused(TypeError, "expected real numbers, got NoneType", None, exponent=2),
    ],
)
OPS["sqrt"] = Row(
    naive.elementwise(math.sqrt),
    [*unary(positive), sample(np.array([1e-300, 1e300]), smooth=False, fits=False)],
    NUMBERS,
)
OPS["rsqrt"] = Row(
    naive.elementwise(lambda x: 1.0 / math.sqrt(x)),
    [*unary(positive), sample(np.array([1e-200, 1e300]), smooth=False, fits=False)],
    NUMBERS,
)
OPS["sin"] = Row(naive.elementwise(math.sin), [*unary(normal), FAR, HUGE], NUMBERS)
OPS["cos"] = Row(naive.elementwise(math.cos), [*unary(normal), FAR, HUGE], NUMBERS)
OPS["erf"] = Row(naive.elementwise(math.erf), [*unary(normal), FAR, LARGE, HUGE], NUMBERS)
OPS["sigmoid"] = Row(naive.elementwise(logistic), [*unary(normal), FAR, LARGE, HUGE], NUMBERS)
OPS["silu"] = Row(
    naive.elementwise(lambda x: x * logistic(x)), [*unary(normal), FAR, LARGE, HUGE], NUMBERS
)
OPS["softplus"] = Row(
    naive.elementwise(lambda x: naive.log_sum_exp([x, 0.0])),
    [*unary(normal), FAR, LARGE, HUGE],
    NUMBERS,
)
OPS["log_sigmoid"] = Row(
    naive.elementwise(lambda x: -naive.log_sum_exp([-x, 0.0])),
    [*unary(normal), FAR, LARGE, HUGE],
    NUMBERS,
)
OPS["gelu_tanh"] = Row(naive.elementwise(tanh_gelu), [*unary(normal), FAR, LARGE], NUMBERS)

TIES = sample(np.array([1.0, 2.0, -3.0]), np.array([[1.0], [2.0]]), smooth=False)
EXTREME = sample(np.array([1e300, -1e300]), np.array([-1e300, 0.0]), smooth=False, fits=False)
OPS["maximum"] = Row(naive.elementwise(max), [*pairs(), TIES, EXTREME], PAIRS)
OPS["minimum"] = Row(naive.elementwise(min), [*pairs(), TIES, EXTREME], PAIRS)


def clipped(x: np.ndarray, *, low: float | None = None, high: float | None = None) -> np.ndarray:
    bottom = -math.inf if low is None else float(low)
    top = math.inf if high is None else float(high)
    return naive.elementwise(lambda a: min(max(a, bottom), top))(x)


OPS["clip"] = Row(
    clipped,
    [
        *(
            sample(normal(*shape), low=-0.5, high=0.7)
            for shape in [(), (7,), (3, 5), (0, 3), (2, 1, 3)]
        ),
        sample(normal(3, 5), low=0.1),
        sample(normal(3, 5), high=np.float64(0.1)),
        sample(normal(3, 5), low=0.25, high=0.25),
        sample(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), low=-1, high=1, smooth=False),
        sample(np.array([-1e300, 0.5, 1e300]), low=-1.0, high=1.0, smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"low 2\.0 and high 1\.0", np.ones(3), low=2, high=1),
        refused(ValueError, "low nan and high inf", np.ones(3), low=math.nan),
        refused(ValueError, "low -inf and high nan", np.ones(3), high=math.nan),
        refused(TypeError, "NoneType", None, low=0.0),
        refused(TypeError, r"clip: low must be one number.*\(3,\)", np.ones(3), low=np.ones(3)),
        refused(TypeError, "clip: high must be one number", np.ones(3), high=np.ones((1, 1))),
    ],
)


def chosen(a: np.ndarray, b: np.ndarray, *, condition: np.ndarray) -> np.ndarray:
    return naive.elementwise(lambda c, p, q: p if c else q)(condition, a, b)


def coin(*shape: int) -> np.ndarray:
    return np.asarray(RNG.random(shape) < 0.5)


OPS["where"] = Row(
    chosen,
    [
        sample(normal(3, 5), normal(3, 5), condition=coin(3, 5)),
        sample(normal(3, 5), normal(), condition=coin(3, 5)),
        sample(normal(), normal(5), condition=coin(3, 5)),
        sample(normal(3, 1), normal(1, 5), condition=coin(2, 1, 1)),
        sample(normal(2, 1, 3), normal(5, 1), condition=coin(3)),
        sample(normal(3, 5), normal(5), condition=np.array(True)),
        sample(normal(3, 5), normal(5), condition=np.array(False)),
        sample(normal(), normal(), condition=np.array(True)),
        sample(normal(1), normal(1), condition=np.array([[True, False, True]])),
        sample(normal(0, 3), normal(3), condition=coin(1, 3)),
        sample(normal(), normal(), condition=coin(0, 3)),
        sample(EXTREME.operands[0], normal(2), condition=coin(2), smooth=False, fits=False),
    ],
    [
        refused(TypeError, "condition must be .* float64", 1.0, 2.0, condition=np.ones(3)),
        refused(TypeError, "condition must be .* int64", 1.0, 2.0, condition=np.array([0, 1])),
        refused(TypeError, "condition must be .* got list", 1.0, 2.0, condition=[True, False]),
        refused(TypeError, "missing .*'condition'", 1.0, 2.0),
        refused(ValueError, r"\(3,\) \(4,\)", np.ones(4), 0.0, condition=np.ones(3, dtype=bool)),
    ],
)
OPS["masked_fill"] = Row(
    lambda x, *, mask, value: chosen(np.array(float(value)), x, condition=mask),
    [
        sample(normal(3, 5), mask=coin(3, 5), value=-7.5),
        sample(normal(2, 3, 5), mask=coin(3, 1), value=0),
        sample(normal(3, 5), mask=coin(5), value=np.float64(0.5)),
        sample(normal(3, 5), mask=np.array(True), value=1.0),
        sample(normal(), mask=np.array(False), value=1.0),
        sample(normal(3, 1), mask=np.array([[True], [False], [True]]), value=2.0),
        sample(normal(0, 3), mask=coin(1, 3), value=1.0),
        sample(EXTREME.operands[0], mask=coin(2), value=1.0, smooth=False, fits=False),
    ],
    [
        refused(TypeError, "mask must be .* float64", np.ones(3), mask=np.ones(3), value=0.0),
        refused(TypeError, "mask must be .* list", np.ones(2), mask=[True, False], value=0.0),
        refused(
            ValueError,
            r"mask \(3, 5\) does not broadcast to x \(5,\)",
            np.ones(5),
            mask=np.ones((3, 5), dtype=bool),
            value=0.0,
        ),
        refused(ValueError, r"\(3,\).*\(5,\)", np.ones(5), mask=np.ones(3, dtype=bool), value=0.0),
        refused(TypeError, "real number, not 'NoneType'", 1.0, mask=np.array(True), value=None),
    ],
)
