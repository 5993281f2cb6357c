"""One table with a row for every op: samples, a naive reference, and what must be refused.

``python -m tests.ops.samples`` prints how many of each there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tests.ops import naive

RNG = np.random.default_rng(5)


@dataclass(frozen=True)
class Sample:
    """Float64 operands and settings of one call; not ``smooth`` at a kink or beyond differences."""

    operands: tuple[np.ndarray, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    fits_float32: bool = True


class Refused(NamedTuple):
    """A call that must fail, with the error's type and a pattern of its message."""

    operands: tuple[Any, ...]
    settings: dict[str, Any]
    error: type[Exception]
    message: str


class Row(NamedTuple):
    """All there is about one op."""

    reference: Callable[..., np.ndarray]
    samples: list[Sample]
    refused: list[Refused]


def normal(*shape: int) -> np.ndarray:
    return np.asarray(RNG.standard_normal(shape))


def apart_from_zero(*shape: int) -> np.ndarray:
    x = normal(*shape)
    return x + np.copysign(0.3, x)


def sample(
    *operands: np.ndarray, smooth: bool = True, fits: bool = True, **settings: Any
) -> Sample:
    return Sample(tuple(map(np.asarray, operands)), settings, smooth, fits)


def refused(error: type[Exception], message: str, *operands: Any, **settings: Any) -> Refused:
    return Refused(operands, settings, error, message)


def unary(draw: Callable[..., np.ndarray]) -> list[Sample]:
    return [sample(draw(*shape)) for shape in [(), (7,), (3, 5), (0, 3), (2, 1, 3)]]


def pairs(second: Callable[..., np.ndarray] = normal) -> list[Sample]:
    shapes = [
        ((), ()),
        ((3, 5), (3, 5)),
        ((3, 5), ()),
        ((), (3, 5)),
        ((3, 5), (5,)),
        ((5,), (3, 5)),
        ((3, 1), (1, 5)),
        ((2, 1, 3), (5, 1)),
        ((0, 3), (3,)),
        ((0, 3), (1, 1)),
        ((2, 3, 5), (1, 3, 1)),
    ]
    return [sample(normal(*a), second(*b)) for a, b in shapes]


NUMBERS = [
    refused(TypeError, "expected real numbers, got NoneType", None),
    refused(TypeError, "expected real numbers, got str", "1.0"),
    refused(TypeError, "complex128", np.ones(3) * 1j),
    refused(TypeError, r"datetime64", np.zeros(3, dtype="datetime64[s]")),
]
PAIRS = [
    refused(ValueError, r"\(2,3\) \(4,\)", np.ones((2, 3)), np.ones(4)),
    refused(TypeError, "NoneType", np.ones(3), None),
]

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
        refused(ValueError, r"\(2, 3\) @ \(4, 5\): the inner", np.ones((2, 3)), np.ones((4, 5))),
        refused(ValueError, r"\(\) @ \(3,\): the inner", np.array(2.0), np.ones(3)),
        refused(ValueError, r"\(3,\) @ \(\): the inner", np.ones(3), 2.0),
        refused(ValueError, "broadcast", np.ones((2, 3, 5)), np.ones((7, 5, 3))),
    ],
)
OPS["take"] = Row(
    naive.take,
    [
        sample(normal(3, 5), index=1),
        sample(normal(3, 5), index=-1),
        sample(normal(3, 5), index=(2, 3)),
        sample(normal(3, 5), index=(slice(None), slice(4, 0, -2))),
        sample(normal(3, 5, 2), index=(..., 1)),
        sample(normal(3, 5), index=(None, 1, slice(None), None)),
        sample(normal(), index=()),
        sample(normal(7), index=slice(3, 3)),
        sample(normal(0, 3), index=(slice(None), 1)),
        sample(normal(3, 5), index=np.array([2, 0, 2, 2])),
        sample(normal(3, 5), index=np.array([[1, 1], [-1, -3]])),
        sample(normal(3, 5), index=(np.array([0, 0, 2]), np.array([4, 4, 1]))),
        sample(normal(3, 5), index=(slice(None), np.array([1, 1]))),
        sample(normal(3, 5), index=np.array([], dtype=np.int64)),
        sample(normal(3), index=np.array([True, False, True])),
        sample(normal(2, 2), index=np.array([[True, False], [True, True]])),
    ],
    [
        refused(IndexError, "index 3 is out of bounds", np.ones(3), index=3),
        refused(IndexError, "index 7 is out of bounds", np.ones(3), index=np.array([0, 7])),
        refused(IndexError, "boolean index", np.ones(3), index=np.array([True, False])),
        refused(IndexError, "valid indices", np.ones(3), index=1.5),
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
        refused(ValueError, r"size 6 into shape \(4,2\)", np.ones((2, 3)), shape=(4, 2)),
        refused(ValueError, "one unknown dimension", np.ones((2, 3)), shape=(-1, -1)),
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
        refused(ValueError, "repeated axis", np.ones((2, 3)), axes=(0, 0)),
        refused(ValueError, "axis 2 is out of bounds", np.ones((2, 3)), axes=(0, 2)),
        refused(ValueError, "axes don't match", np.ones((2, 3)), axes=(0,)),
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
    refused(ValueError, "duplicate value in 'axis'", np.ones((2, 3)), axis=(1, -1)),
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
            ValueError, r"mean of no elements: shape \(0, 3\), axis 0", np.ones((0, 3)), axis=0
        ),
        refused(ValueError, r"mean of no elements: shape \(0,\), axis None", np.ones(0)),
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
        refused(ValueError, "at least one part"),
        refused(
            ValueError,
            r"part 2 is \(2, 5\), part 0 is \(2, 3\).*axis 0",
            *(np.ones((2, n)) for n in (3, 3, 5)),
        ),
        refused(ValueError, r"part 1 is \(3,\)", np.ones((2, 3)), np.ones(3)),
        refused(ValueError, r"axis 2 is out of range.*\(2, 3\)", np.ones((2, 3)), axis=2),
        refused(ValueError, r"axis 0 is out of range.*\(\)", np.array(1.0)),
        refused(TypeError, "got list of dtype object", [None, None]),
    ],
)
SCORES = [
    sample(normal(7)),
    sample(normal(3, 5)),
    sample(normal(3, 5), axis=0),
    sample(normal(2, 3, 5), axis=-2),
    sample(normal(2, 3, 1)),
    sample(normal(0, 5)),
    sample(np.array([[1e3, -1e3, 0.0], [1e3, 1e3, 1e3]])),
    sample(np.array([[1e300, -1e300, 0.0]]), smooth=False, fits=False),
]
NO_AXIS = [
    refused(ValueError, r"empty axis: shape \(3, 0\), axis -1", np.ones((3, 0))),
    refused(ValueError, r"axis 2 is out of range for shape \(3, 5\)", np.ones((3, 5)), axis=2),
    refused(ValueError, r"axis -1 is out of range for shape \(\)", np.array(1.0)),
]
OPS["softmax"] = Row(naive.softmax, SCORES, NO_AXIS)
OPS["log_softmax"] = Row(naive.log_softmax, SCORES, NO_AXIS)
OPS["layer_norm"] = Row(
    naive.layer_norm,
    [
        sample(normal(3, 7), normal(7), normal(7)),
        sample(normal(2, 3, 5), normal(5), normal(5), eps=0.1),
        sample(normal(7), normal(7), normal(7)),
        sample(normal(3, 1), normal(1), normal(1)),
        sample(normal(0, 5), normal(5), normal(5)),
        sample(1e3 + normal(3, 7), normal(7), normal(7)),
        sample(1e3 * normal(3, 7), normal(7), normal(7)),
        sample(np.zeros((2, 3)), normal(3), normal(3), eps=0.1),
        sample(np.ones((2, 3)), normal(3), normal(3), smooth=False),
    ],
    [
        refused(
            ValueError,
            r"x \(3, 7\) needs gain and bias \(7,\), got \(7, 1\) and \(7,\)",
            *(np.ones((3, 7)), np.ones((7, 1)), np.ones(7)),
        ),
        refused(ValueError, r"got \(7,\) and \(1,\)", np.ones((3, 7)), np.ones(7), np.ones(1)),
        refused(ValueError, "no features", np.array(1.0), np.ones(1), np.ones(1)),
        refused(ValueError, r"\(3, 0\) has no features", np.ones((3, 0)), np.ones(0), np.ones(0)),
    ],
)
OPS["linear"] = Row(
    naive.linear,
    [
        sample(normal(3, 5), normal(7, 5), normal(7)),
        sample(normal(2, 3, 5), normal(7, 5), normal(7)),
        sample(normal(5), normal(7, 5), normal(7)),
        sample(normal(0, 3, 5), normal(7, 5), normal(7)),
        sample(normal(3, 0), normal(7, 0), normal(7)),
        sample(normal(3, 5), normal(0, 5), normal(0)),
        sample(normal(3, 1), normal(1, 1), normal(1)),
        sample(1e3 * normal(3, 5), normal(7, 5), normal(7)),
    ],
    [
        refused(
            ValueError,
            r"x \(3, 5\) needs a weight \(out, in\), got \(5, 7\); it is \(in, out\), transpose it",
            *(np.ones((3, 5)), np.ones((5, 7)), np.ones(7)),
        ),
        refused(ValueError, r"got \(7, 11\)$", np.ones((3, 5)), np.ones((7, 11)), np.ones(7)),
        refused(ValueError, r"got \(5,\)$", np.ones((3, 5)), np.ones(5), np.ones(7)),
        refused(ValueError, r"x \(\) needs", np.array(1.0), np.ones((7, 5)), np.ones(7)),
        refused(
            ValueError,
            r"weight \(7, 5\) needs bias \(7,\), got \(5,\)",
            *(np.ones((3, 5)), np.ones((7, 5)), np.ones(5)),
        ),
    ],
)
OPS["embedding"] = Row(
    naive.embedding,
    [
        sample(normal(7, 5), ids=np.array([3, 0, 3, 6])),
        sample(normal(7, 5), ids=np.array([[1, 1, 1], [2, 0, 1]], dtype=np.int32)),
        sample(normal(7, 5), ids=np.array(2)),
        sample(normal(7, 5), ids=np.zeros((0, 3), dtype=np.int64)),
        sample(normal(7, 1), ids=np.array([6, 6])),
        sample(normal(7, 0), ids=np.array([1, 2])),
        sample(normal(301, 3), ids=np.array([255, 7, 255], dtype=np.uint8)),
    ],
    [
        refused(
            IndexError,
            r"id 7 at position \(0, 1\) out of range .* of 7",
            np.ones((7, 5)),
            ids=np.array([[0, 7]]),
        ),
        refused(IndexError, r"id -1 at position \(1,\)", np.ones((7, 5)), ids=[0, -1]),
        refused(IndexError, r"id -1 at position \(\)", np.ones((7, 5)), ids=-1),
        refused(IndexError, r"id 9 at position \(1,\)", np.ones((7, 5)), ids=(1, 9)),
        refused(TypeError, "integers, got float64", np.ones((7, 5)), ids=np.array([1.0])),
        refused(TypeError, "integers, got bool", np.ones((7, 5)), ids=np.array([True])),
        refused(ValueError, "ragged: lengths 1, 2", np.ones((7, 5)), ids=[[1], [1, 2]]),
        refused(ValueError, r"must be \(V, D\), got \(7,\)", np.ones(7), ids=[0]),
    ],
)
OPS["cross_entropy"] = Row(
    naive.cross_entropy,
    [
        sample(normal(5, 7), targets=np.array([6, 0, 3, 3, 1])),
        sample(normal(2, 3, 5), targets=np.array([[4, 0, -100], [1, -100, 2]])),
        sample(normal(3, 5), targets=np.array([1, 2, 0]), ignore_index=2),
        sample(normal(3, 5), targets=np.array([-100, -100, -100])),
        sample(normal(0, 5), targets=np.zeros(0, dtype=np.int64)),
        sample(normal(7), targets=np.array(3)),
        sample(normal(3, 1), targets=np.array([0, 0, 0], dtype=np.uint8)),
        sample(np.array([[1e3, -1e3, 0.0], [-1e3, 1e3, 0.0]]), targets=np.array([1, 1])),
        sample(np.array([[1e300, 0.0]]), targets=np.array([1]), smooth=False, fits=False),
    ],
    [
        refused(
            IndexError,
            r"target class 5 at position \(1,\) out of range for a set of classes of 5",
            np.ones((3, 5)),
            targets=np.array([0, 5, 1]),
        ),
        refused(IndexError, "target class -1", np.ones((3, 5)), targets=[0, -1, 1]),
        refused(IndexError, "target class -100", np.ones((1, 5)), targets=[-100], ignore_index=-1),
        refused(TypeError, "integers, got float64", np.ones((1, 5)), targets=np.array([1.0])),
        refused(TypeError, "integers, got bool", np.ones((1, 5)), targets=np.array([True])),
        refused(
            ValueError,
            r"logits \(3, 5\) need targets \(3,\), got \(3, 1\)",
            np.ones((3, 5)),
            targets=np.zeros((3, 1), dtype=int),
        ),
        refused(ValueError, "ragged", np.ones((2, 2, 5)), targets=[[0], [1, 2]]),
    ],
)
OPS["cross_entropy_with_probabilities"] = Row(
    naive.cross_entropy_with_probabilities,
    [
        sample(normal(5, 7), probabilities=naive.softmax(normal(5, 7))),
        sample(normal(2, 3, 5), probabilities=naive.softmax(normal(2, 3, 5))),
        sample(normal(7), probabilities=naive.softmax(normal(7))),
        sample(normal(3, 5), probabilities=np.eye(5)[[1, 4, 1]]),
        sample(np.array([[1e3, -1e3, 0.0]]), probabilities=np.array([[0.5, 0.25, 0.25]])),
    ],
    [
        refused(
            ValueError,
            r"logits \(3, 5\) and probabilities \(5,\) differ",
            np.ones((3, 5)),
            probabilities=np.ones(5),
        ),
        refused(
            ValueError,
            r"no positions: logits \(0, 5\)",
            np.ones((0, 5)),
            probabilities=np.ones((0, 5)),
        ),
    ],
)


def keep_factors(*shape: int) -> np.ndarray:
    return np.asarray((RNG.random(shape) >= 0.5) * 2.0)


OPS["dropout"] = Row(
    lambda x, *, keep: naive.elementwise(lambda a, b: a * b)(x, keep),
    [sample(normal(*shape), keep=keep_factors(*shape)) for shape in [(3, 5), (), (0, 3), (7, 1)]],
    [refused(ValueError, r"x is \(3, 5\).*are \(5,\)", np.ones((3, 5)), keep=np.ones(5))],
)

CAUSAL = np.tri(3, dtype=bool)
PARTLY = np.array([[True, False, True, True, False]] * 3)
PARTLY[1] = False  # the second of three queries may attend to nothing
QUERY, KEY, VALUE = np.ones((3, 2)), np.ones((5, 2)), np.ones((5, 7))
OPS["scaled_dot_product_attention"] = Row(
    naive.attention,
    [
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
    ],
    [
        refused(TypeError, "boolean, True = may", QUERY, KEY, VALUE, mask=np.ones((3, 5))),
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
        refused(ValueError, "one length, at least 1", QUERY, KEY[:0], VALUE[:0]),
        refused(ValueError, r"two axes at least, got .*\(7,\)$", QUERY, KEY, VALUE[0]),
    ],
)


def cases() -> Iterator[tuple[str, int, Sample]]:
    """Every sample, with the name of its op and its place among the op's samples."""
    for name, row in OPS.items():
        for i, one in enumerate(row.samples):
            yield name, i, one


def count() -> dict[str, int]:
    """How many ops, samples, gradient checks and refused calls the table has."""
    samples = [one for _, _, one in cases()]
    return {
        "ops": len(OPS),
        "samples": len(samples),
        "gradient checks": sum(len(one.operands) for one in samples if one.smooth),
        "refused calls": sum(len(row.refused) for row in OPS.values()),
    }


if __name__ == "__main__":
    print(", ".join(f"{number} {what}" for what, number in count().items()))
