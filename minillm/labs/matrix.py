"""Every remedy beside every lab: what all labs together say of the guide's section 9.3."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.labs.compare import Lab
from minillm.labs.remedy_kinds import KINDS
from minillm.labs.stored import STORED, read_file
from minillm.labs.study import find_study
from minillm.labs.verdicts import UNDECIDED, Verdict

HALVES = {
    "conflicting objectives": (
        *("aspects", "aspects_sgd", "jailbreaks", "fine_tuning_attack", "forgetting"),
        "label_noise",
    ),
    "mismatched generalisation": (
        *("encodings", "shortcut", "length", "lexicon", "hallucination", "narrow_tuning"),
        "subliminal",
    ),
}


class Entry(NamedTuple):
    """What a lab says of one remedy by one of its measures, over ``n`` seeds."""

    lab: str
    kind: str
    remedy: str
    measure: str
    n: int
    verdict: Verdict

    def __str__(self) -> str:
        """The mean difference with its interval; where nothing is decided, the bound as well."""
        one = self.verdict
        found = f"{one.mean:+.2f} ± {one.half:.2f}"
        return f"{found}, at most {one.bound:.2f}" if one.word == UNDECIDED else found


def entries(name: str, folder: Path = STORED) -> list[Entry]:
    """All verdicts of a lab, from its file.

    Raises:
        FileNotFoundError: as ``read_file``.
        ValueError: ``name`` is no lab; the file has a remedy that is of no kind.
    """
    lab = the_lab(name)
    stored = read_file(name, folder)
    found = []
    for entry in stored["verdicts"]:
        remedy, measure = entry["remedy"], entry["measure"]
        if remedy not in lab.kinds:
            raise ValueError(f"lab {name}: it is not said of what kind the remedy {remedy!r} is")
        one = Verdict(**{key: entry[key] for key in Verdict.__dataclass_fields__})
        n = len(stored["seeds"])
        found.append(Entry(name, lab.kinds[remedy], remedy, measure, n, one))
    return found


def the_lab(name: str) -> Lab:
    """The lab of this name.

    Raises:
        ValueError: it is a study that compares no remedies.
    """
    lab = find_study(name)
    if not isinstance(lab, Lab):
        raise ValueError(f"{name} is a study that compares no remedies, so it has no verdicts")
    return lab


def matrix(labs: Sequence[str], folder: Path = STORED) -> dict[tuple[str, str], list[Entry] | str]:
    """What stands in each cell (kind, lab): verdicts, or why there are none.

    Raises:
        FileNotFoundError: as ``entries``.
        ValueError: as ``entries``; a lab has no remedy of a kind and does not say why.
    """
    cells: dict[tuple[str, str], list[Entry] | str] = {}
    for name in labs:
        lab, every = the_lab(name), entries(name, folder)
        for kind in KINDS:
            of_kind = [entry for entry in every if entry.kind == kind]
            if not of_kind and kind not in lab.untried:
                raise ValueError(f"lab {name}: no remedy is {kind!r}, and it does not say why")
            cells[kind, name] = of_kind or lab.untried[kind]
    return cells
