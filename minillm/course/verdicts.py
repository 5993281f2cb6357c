"""What checks found, told to whoever marks the notebook, apart from what its cells print.

A marker names a file in ``MINILLM_VERDICTS``; ``check`` adds a line when it begins and one when it
ends.  Without the file nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "MINILLM_VERDICTS"
RIGHT, WRONG, OPEN, BEGUN = "✓", "✗", "–", "…"


@dataclass
class Verdict:
    """How the check of one exercise ended, or that it began."""

    number: str
    result: str = RIGHT
    message: str = ""
    seconds: float | None = None


@contextlib.contextmanager
def recorded(number: str) -> Iterator[Verdict]:
    """Tell the marker, if there is one, how a check ends; what it raises goes on its way."""
    verdict, start = Verdict(number), time.monotonic()
    tell(Verdict(number, BEGUN))
    try:
        yield verdict
    except BaseException as error:
        verdict.result, verdict.message = WRONG, first_words(number, error)
        raise
    finally:
        verdict.seconds = time.monotonic() - start
        tell(verdict)


def first_words(number: str, error: BaseException) -> str:
    """What was wrong, in one line: the property that an answer lacks, or what was raised."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    own, cross, said = line.partition(f"  {WRONG}  ")
    if own == number and cross:
        return said
    return line if isinstance(error, TypeError | KeyError) else type(error).__name__


def tell(verdict: Verdict) -> None:
    """Add a line to the file that the environment names."""
    path = os.environ.get(FILE)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")


def read_verdicts(path: Path) -> dict[str, Verdict]:
    """The last verdict on each exercise; a check that began and did not end is ``BEGUN``."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    verdicts = [Verdict(**json.loads(line)) for line in lines]
    return {verdict.number: verdict for verdict in verdicts}
