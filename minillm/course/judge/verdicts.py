"""What a judge found of each exercise."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT, WRONG, OPEN, BEGUN = "✓", "✗", "–", "…"


@dataclass
class Verdict:
    """How the check of one exercise ended, or that it began."""

    number: str
    result: str = BEGUN
    message: str = ""
    seconds: float | None = None


def first_words(number: str, error: BaseException) -> str:
    """What was wrong, in one line: the property that an answer lacks, or how check was misused."""
    line = str(error).strip().partition("\n")[0]
    own, cross, said = line.partition(f"  {WRONG}  ")
    return said if own == number and cross else line
