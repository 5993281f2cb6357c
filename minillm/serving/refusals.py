"""What a request is refused with: a status of HTTP, and a sentence that says what is needed."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(ValueError):
    """A request that is not answered, and why.

    ``status``: 4xx where another request would be answered, 5xx where the same one may be later.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})


def not_possible(message: str) -> Refused:
    """422: well written, but not to be done."""
    return Refused(422, message)


def later(message: str, seconds: int = 1) -> Refused:
    """503: to be asked again in ``seconds``."""
    return Refused(503, message, {"Retry-After": str(seconds)})
