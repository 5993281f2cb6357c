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


def in_one_line(number: str, said: object) -> str:
    """What ``check`` says without the number: what is wrong, the counter-example, the reason."""
    head, *lines = str(said).strip().splitlines() or [""]
    own, mark, rest = head.partition(f"  {WRONG}  ")
    text = rest if own == number and mark else head.removeprefix(f"{number}  ")
    for line in lines:
        text += f"{' ' if text.endswith('：') else ' | '}{line.strip()}"  # a title stands before
    return text
