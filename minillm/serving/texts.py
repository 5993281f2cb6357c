"""A text as the ids that a model reads, within limits, and as the tokens that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.serving.refusals import not_possible


@dataclass(frozen=True)
class Reading:
    """A text as it is read: ``ids (T,)``, and for each what is shown, and whether it is known."""

    ids: np.ndarray
    shown: list[str]
    known: list[bool]
    cut: int  # tokens that were left out

    def tokens(self) -> list[dict[str, Any]]:
        """One object for each token."""
        rows = zip(self.shown, self.ids.tolist(), self.known, strict=True)
        return [{"text": text, "id": i, "known": known} for text, i, known in rows]


def within(n_tokens: int, longest: int, cut: bool) -> int:
    """How many tokens of a text are left out.

    Raises:
        Refused: 422; the text is too long, and nobody has said that it may be cut.
    """
    if n_tokens > longest and not cut:
        raise not_possible(
            f"the text has {n_tokens} tokens, at most {longest} are read here: shorten it, or say "
            '"cut": true',
            "too_long",
            n=n_tokens,
            most=longest,
        )
    return max(n_tokens - longest, 0)


def percent(p: Any) -> float:
    """A probability with six digits behind the point: what is rounding noise is not shown."""
    return round(float(p), 6)


def ranked(names: Sequence[str], p: np.ndarray) -> list[dict[str, Any]]:
    """Names with their probabilities, the most probable first."""
    order = np.argsort(-p, kind="stable")
    return [{"label": names[i], "p": percent(p[i])} for i in order]
