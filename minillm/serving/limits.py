"""How much a server takes on: of one request, and of all together."""

from __future__ import annotations

from dataclasses import dataclass, fields

MOST = {"batch": 1024, "queue": 100_000, "max_bytes": 2**30, "max_tokens": 2**20, "timeout": 86_400}


@dataclass(frozen=True)
class Limits:
    """The bounds that keep memory and waiting finite::

        bytes held  <=  connections * max_bytes,      requests that wait  <=  queue
        rows at once  <=  batch,                      positions of a row  <=  2 max_tokens

    ``timeout`` seconds are given to a request to arrive, and as many again to be answered.

    Raises:
        ValueError: one is not a number above 0, or is beyond all use; whole ones but ``timeout``.
    Guide: 7.3.3 (G64).
    """

    batch: int = 8  # requests that are answered together, at most
    queue: int = 64  # requests that wait; beyond that: 503
    max_bytes: int = 65_536  # of a request's body; beyond that: 413
    max_tokens: int = 128  # of a text, and new ones behind it; beyond that: 422
    timeout: float = 30.0  # seconds

    def __post_init__(self) -> None:
        for entry in fields(self):
            value, most = getattr(self, entry.name), MOST[entry.name]
            kinds = (int, float) if entry.name == "timeout" else (int,)
            whole = "" if entry.name == "timeout" else "a whole number "
            if type(value) not in kinds or not 0 < value <= most:
                raise ValueError(
                    f"{entry.name} must be {whole}above 0 and at most {most}, got {value!r}"
                )
