"""Values as JSON and back: what one process hands another that it does not trust.

Numbers, texts and None stand for themselves; anything else is an object with one key that says
what it is.  Nothing that is read runs a program.  What is no plain value, such as a function, is
left to whoever encodes or decodes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from minillm.autograd import Tensor

MOST = 64_000_000  # bytes of one message
DTYPE = re.compile(r"[<>=|]?([biufc]\d{1,2}|[US]\d{1,6})")
MANY = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}

Other = Callable[[Any], dict[str, Any]]
Reader = Callable[[str, Any], Any]


class Unspeakable(TypeError):
    """A value that has no code, or a code that stands for no value."""


def no_other(value: Any) -> dict[str, Any]:
    """Refuse what is no plain value; of a class derived from dict the pairs are one."""
    if isinstance(value, dict):
        return as_dict(value, no_other)
    raise Unspeakable(f"a value of type {type(value).__name__}")


def no_reader(tag: str, _: Any) -> Any:
    """Refuse a code for what is no plain value."""
    raise Unspeakable(f"a code {tag!r:.20}")


def encode(value: Any, other: Other = no_other) -> Any:
    """``value`` as JSON can hold it; ``other`` encodes what is no plain value.

    Raises:
        Unspeakable: there is no code for it, or for a part of it.
    """
    if isinstance(value, np.generic | np.ndarray) and type(value) not in (np.str_, np.bytes_):
        return other(value) if hasattr(value, "taken") else {"array": as_array(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return plain(value)
    if value is ...:
        return {"dots": None}
    if isinstance(value, Tensor):
        return {"tensor": as_array(value.data)}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, bytes | bytearray):
        return {"bytes": base64.b64encode(value).decode()}
    if type(value) is dict:
        return as_dict(value, other)
    for name, kind in MANY.items():
        if isinstance(value, kind):
            return {name: [encode(part, other) for part in value]}
    return other(value)


def as_dict(value: dict[Any, Any], other: Other) -> dict[str, Any]:
    """The pairs of a dictionary, in their order."""
    return {"dict": [[encode(k, other), encode(v, other)] for k, v in value.items()]}


def plain(value: Any) -> Any:
    """A number, a text or None, without what a class derived from it may add."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None


def as_array(value: np.ndarray | np.generic) -> list[Any]:
    """Type, shape and bytes; the shape of a single number of NumPy is None.

    Raises:
        Unspeakable: it holds Python's objects or fields, or is too large.
    """
    array = np.asarray(value)
    if not DTYPE.fullmatch(array.dtype.str):
        raise Unspeakable(f"an array of {array.dtype}")
    if array.nbytes > MOST // 2:
        raise Unspeakable(f"an array of {array.size:,} numbers")
    shape = None if isinstance(value, np.generic) else list(array.shape)
    return [array.dtype.str, shape, base64.b64encode(array.tobytes()).decode()]


def decode(code: Any, reader: Reader = no_reader) -> Any:
    """The value that a code stands for; ``reader`` reads what is no plain value.

    Raises:
        Unspeakable: it stands for none.
    """
    try:
        return read(code, reader)
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise Unspeakable(str(error)) from error


def read(code: Any, reader: Reader) -> Any:
    """The value that a code stands for; many errors where it stands for none."""
    if code is None or isinstance(code, bool | int | float | str):
        return code
    tag, body = only_item(code)
    if tag == "dots":
        return ...
    if tag == "complex":
        return complex(*body)
    if tag == "bytes":
        return base64.b64decode(body)
    if tag == "dict":
        return {read(k, reader): read(v, reader) for k, v in body}
    if tag in MANY:
        return MANY[tag](read(part, reader) for part in body)
    if tag == "array":
        return from_array(*body)
    if tag == "tensor":
        return Tensor(from_array(*body))
    return reader(tag, body)


def only_item(code: Any) -> tuple[str, Any]:
    """Key and value of an object with one key.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(code, dict) or len(code) != 1:
        raise ValueError("not a code")
    return next(iter(code.items()))


def from_array(dtype: str, shape: list[int] | None, data: str) -> Any:
    """An array of its own memory, or a single number.

    Raises:
        ValueError: the three do not fit, or the type is not one of numbers or texts.
    """
    if not DTYPE.fullmatch(dtype):
        raise ValueError(f"no type of numbers: {dtype!r:.20}")
    flat = np.frombuffer(base64.b64decode(data), dtype=dtype)
    if shape is None:
        return flat.reshape(())[()]
    if any(n < 0 for n in shape):
        raise ValueError("an axis of negative length")
    return flat.reshape(shape).copy()


def send(line: Connection, **message: Any) -> None:
    """One message; its values are codes.

    Raises:
        Unspeakable: it is too long.
        OSError: nobody is there any more.
    """
    try:
        data = json.dumps(message).encode()
    except ValueError as error:  # a whole number of thousands of digits
        raise Unspeakable(str(error)) from error
    if len(data) > MOST:
        raise Unspeakable(f"more than {MOST // 10**6} MB")
    line.send_bytes(data)


def receive(line: Connection) -> dict[str, Any]:
    """The next message.

    Raises:
        Unspeakable: it is no message.
        OSError, EOFError: nobody is there any more, or what is sent has no end.
    """
    try:
        message = json.loads(line.recv_bytes(MOST))
    except (ValueError, RecursionError) as error:
        raise Unspeakable("not JSON") from error
    if not isinstance(message, dict):
        raise Unspeakable("not a message")
    return message
