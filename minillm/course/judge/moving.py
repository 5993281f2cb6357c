"""Arguments that an answer moves on: random generators, and arrays that count what is taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.backend.randomness import stream
from minillm.course.content.checks.common import Counted
from minillm.course.judge.encoding import as_array, decode, encode, from_array

Moving = np.random.Generator | Counted


def encode_moving(value: Moving) -> dict[str, Any]:
    """A generator by its state, an array by its elements; its count begins at 0."""
    if isinstance(value, Counted):
        return {"counted": as_array(value)}
    return {"generator": state_of(value)}


def decode_moving(tag: str, body: Any) -> Moving:
    """A generator in that state, or an array that counts."""
    if tag == "counted":
        return np.asarray(from_array(*body)).view(Counted)
    rng = stream(0, "answer")
    move(rng, body)
    return rng


def state_of(value: Moving) -> Any:
    """How far it has moved, as a code."""
    return value.taken[0] if isinstance(value, Counted) else encode(value.bit_generator.state)


def move(value: Moving, state: Any) -> None:
    """Move it as far as its twin has moved in the other process.

    Raises:
        ValueError, TypeError, KeyError, OverflowError: that is no state.
    """
    if isinstance(value, Counted):
        value.taken[0] += int(state)
    else:
        value.bit_generator.state = decode(state)
