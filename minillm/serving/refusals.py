"""What a request is refused with: a status of HTTP, and a sentence that says what is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Refused(ValueError):
    """A request that is not answered, and why.

    ``status``: 4xx where another request would be answered, 5xx where the same one may be later.
    ``code`` names what happens often, with its numbers: the page says it in its reader's language.
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        code: str = "",
        numbers: Mapping[str, float] | None = None,
    ):
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.code, self.numbers = code, dict(numbers or {})

    def told(self) -> dict[str, Any]:
        """The body of the answer."""
        code = {"code": self.code, **self.numbers} if self.code else {}
        return {"error": str(self), **code}


def not_possible(message: str, code: str = "", **numbers: float) -> Refused:
    """422: well written, but not to be done."""
    return Refused(422, message, code=code, numbers=numbers)


def later(message: str, code: str, seconds: int = 1) -> Refused:
    """503: to be asked again in ``seconds``."""
    return Refused(503, message, {"Retry-After": str(seconds)}, code=code)


def not_loaded() -> Refused:
    """503 while the model is read."""
    return later("the model is still being loaded", "not_loaded")


def the_end() -> Refused:
    """503 from the moment at which the server is told to end."""
    return later("the server is ending", "ending")


def late(message: str) -> Refused:
    """504: nothing was answered in time."""
    return Refused(504, message, code="late")


def empty() -> Refused:
    """422: nothing can be said of no token."""
    return not_possible("the text is empty: it has no token", "empty")


def quoted(value: Any, most: int = 60) -> str:
    """A value as JSON writes it, in short; of a number with thousands of digits not one."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return "a number beyond all bounds"
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= most else f"{text[:most]}..."
