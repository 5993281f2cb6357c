"""The form of a row of the table in ``samples.py``, and how its operands are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

RNG = np.random.default_rng(5)


@dataclass(frozen=True)
class Sample:
    """Float64 operands and settings of one call; not ``smooth`` at a kink or beyond differences."""

    operands: tuple[np.ndarray, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    fits_float32: bool = True


class Refused(NamedTuple):
    """A call that must fail, with the error's type and a pattern of its message.

    ``fault`` is the item of ``tests/catalogue.py`` that it sees to.
    """

    operands: tuple[Any, ...]
    settings: dict[str, Any]
    error: type[Exception]
    message: str
    fault: int | None = None


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


def refused(
    error: type[Exception], message: str, *operands: Any, fault: int | None = None, **settings: Any
) -> Refused:
    return Refused(operands, settings, error, message, fault)


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
    refused(ValueError, r"\(2,3\) \(4,\)", np.ones((2, 3)), np.ones(4), fault=34),
    refused(TypeError, "NoneType", np.ones(3), None),
]
