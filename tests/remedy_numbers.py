"""The guide's four remedies in all labs of a half: ``python -m tests.remedy_numbers HALF``."""

import sys
from functools import cache

from minillm.labs.matrix import HALVES, matrix
from minillm.labs.remedy_kinds import KINDS, OTHERS
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED
from tests.readme_numbers import rows

CONFLICT = "conflicting objectives"
LABS = {"aspects": "two aspects", "fine_tuning_attack": "ten examples"}  # as the pages say it
UNDER_SGD = "aspects_sgd"  # a second optimizer, and none of the guide's remedies
GROUPS = {}  # "1 architecture", "2 data" and so on: the kinds of each
for kind in KINDS:
    if kind != OTHERS:
        GROUPS.setdefault(kind.partition(",")[0], []).append(kind)


@cache
def of_group(group, half):
    """All verdicts of a group of remedies in a half, in the order of the labs."""
    labs = [name for name in HALVES[half] if name != UNDER_SGD]
    cells = matrix(labs)
    found = [cells[kind, lab] for lab in labs for kind in GROUPS[group]]
    return [one for cell in found if not isinstance(cell, str) for one in cell]


def decided(group, word, half=CONFLICT):
    """Where remedies of a group have this verdict: "two aspects: wider neck (least, narrow)"."""
    by_lab = {}
    for one in of_group(group, half):
        if one.verdict.word == word:
            lab = LABS.get(one.lab, one.lab.replace("_", " "))
            short = one.measure.removeprefix("bypass, ").removeprefix("least, ")
            by_lab.setdefault(lab, {}).setdefault(one.remedy, []).append(short)
    parts = [
        f"{lab}: " + ", ".join(f"{remedy} ({' and '.join(on)})" for remedy, on in chosen.items())
        for lab, chosen in by_lab.items()
    ]
    return "; ".join(parts) or "nowhere"


def counted(group, word, half=CONFLICT):
    """How many verdicts of a group are this one, of how many."""
    found = [one.verdict.word for one in of_group(group, half)]
    return f"{found.count(word)} of {len(found)}"


def four(half=CONFLICT):
    """The guide's four remedies: where they help, harm, do nothing, and what is undecided."""
    header = ["remedy of 9.3", HELPS, HARMS, NOTHING, UNDECIDED]
    lines = [
        [
            group,
            *(decided(group, word, half) for word in (HELPS, HARMS)),
            *(counted(group, word, half) for word in (NOTHING, UNDECIDED)),
        ]
        for group in GROUPS
    ]
    return rows(header, lines)


if __name__ == "__main__":
    print("\n".join(four(*sys.argv[1:])))
