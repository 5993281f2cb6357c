"""What the checks of all lessons share: saying why an answer is wrong, and strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.exercises import answered

Function = Callable[..., Any]
SEEDS, SIZES = st.integers(0, 99), st.integers(1, 4)


def told(holds: bool, otherwise: str) -> None:
    """Raise AssertionError with a reason unless ``holds``."""
    if not holds:
        raise AssertionError(otherwise)


def close(name: str, found: np.ndarray, wanted: np.ndarray) -> None:
    """Refuse numbers that are further off than rounding, and tell what was found."""
    told(np.allclose(found, wanted, rtol=1e-7, atol=1e-9), f"{name}: {found.tolist()} is off")


def parts(found: Any, *names: str) -> tuple[Any, ...]:
    """What an answer with several parts returned, one for each name.

    Raises:
        AssertionError: it is something else.
        NotImplementedError: it, or one of its parts, is ``...``.
    """
    several = isinstance(answered(found), tuple | list) and len(found) == len(names)
    told(several, f"it must return {len(names)} things: {', '.join(names)}")
    return tuple(map(answered, found))


def shaped(name: str, found: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An answer as an array of floats.

    Raises:
        AssertionError: it is not of ``shape``.
    """
    array = np.asarray(found, dtype=float)
    told(array.shape == shape, f"{name} has shape {array.shape}, not {shape}")
    return array
