"""What a request asks for: the fields of a JSON object, each checked where it is read."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from minillm.serving.refusals import not_possible, quoted


class Fields:
    """Reads fields one by one; ``finish`` refuses those that nobody has read.

    A field that is left out, or null, has its default.

    Raises:
        Refused: 422; names the field, what is needed and what was given.
    """

    def __init__(self, given: Mapping[str, Any]):
        self.given, self.known = given, list[str]()

    def get(self, name: str) -> Any:
        """The value of a field, None where it was left out."""
        self.known.append(name)
        return self.given.get(name)

    def text(self, name: str = "text") -> str:
        """A text, which must be there and be one that UTF-8 can write."""
        value = self.get(name)
        if not isinstance(value, str):
            raise wanted(name, "a text", value)
        return checked_text(name, value)

    def texts(self, name: str, *, most: int) -> list[str]:
        """Some texts that are not empty, none by default."""
        value = self.get(name)
        value = [] if value is None else value
        if not isinstance(value, list) or len(value) > most:
            raise wanted(name, f"a list of at most {most} texts", value)
        for one in value:
            if not isinstance(one, str) or not one or len(one) > 100:
                raise wanted(name, "a list of texts of 1 to 100 characters", value)
            checked_text(name, one)
        return value

    def flag(self, name: str) -> bool:
        """True or false, false by default."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise wanted(name, "true or false", value)
        return bool(value)

    def whole(self, name: str, default: Any, *, least: int, most: int) -> Any:
        """A whole number within bounds."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wanted(name, f"a whole number from {least} to {most}", value)
        return value

    def real(self, name: str, *, least: float, most: float) -> float | None:
        """A finite number within bounds, None by default."""
        value = self.get(name)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not least <= value <= most or not math.isfinite(value):
            raise wanted(name, f"a number from {least:g} to {most:g}", value)
        return float(value)

    def finish(self) -> None:
        """Refuse fields without an effect: a misspelt one would be taken for its default."""
        for name in self.given:
            if name not in self.known:
                near = difflib.get_close_matches(name, self.known, n=1)
                hint = (
                    f"did you mean {quoted(near[0])}?"
                    if near
                    else f"known: {', '.join(self.known)}"
                )
                raise not_possible(f"{quoted(name[:50])} is not a field of this request; {hint}")


def wanted(name: str, what: str, value: Any) -> Exception:
    """The refusal of a field."""
    given = "nothing" if value is None else quoted(value)
    return not_possible(f"{name} must be {what}, got {given}")


def checked_text(name: str, text: str) -> str:
    """A text, once it is known to be one.

    Raises:
        Refused: 422; half of a surrogate pair stands alone in it.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise not_possible(f"{name} has half of a surrogate pair in it, which is no character")
    return text
