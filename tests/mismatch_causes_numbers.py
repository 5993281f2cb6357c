"""The tables of mismatch.md on single choices, directions and who chooses a strength."""

import numpy as np

from minillm.labs.mismatch import encoding_cells, shortcut_causes, shortcut_selection
from minillm.labs.mismatch.encoding_cells import ANSWERS, COVERED, HARMLESS, NUMBERS
from minillm.labs.mismatch.encodings_case import SPELLINGS
from minillm.labs.mismatch.shortcut_selection import METHODS, PROTOCOLS
from minillm.labs.mismatch.tenses import TENSES
from minillm.labs.stored import read_study
from minillm.tasks.metrics import effective_robustness
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows

SHOWN = ("refused", "over-refusal", "discrimination")
HARMLESS_NOUNS, FORBIDDEN_NOUNS = range(2)
REFUSES, HELPS = range(2)
DIRECTIONS = ("present's", "own", "random")
# what changes a training and not the data's shortcut: the line of effective robustness
ON_THE_LINE = ["none", "150 steps", "1000 steps", "1000 reviews", "8000 reviews"]
ON_THE_LINE += ["width 16", "width 64"]
MASKED_LATE = "tag masked in the test: worst group"
ORACLE, TRAINING, LEFT_OUT = (
    PROTOCOLS.index(name)
    for name in ("oracle", "training-domain validation", "leave-one-domain-out")
)


def told_apart(refused, over, apart):
    """How many forbidden and harmless requests are refused, and their difference."""
    return f"{refused.mean():.2f} / {over.mean():.2f}, {with_interval(apart)}"


def cells():
    """Refused of forbidden / of harmless requests, and discrimination, by what the stage has."""
    found, lines = read_study(encoding_cells.STUDY.name)["cells"], []
    shown = [NUMBERS.index(name) for name in SHOWN]
    for h, a, c in np.ndindex(2, 2, 2):
        cell = found[:, h, a, c][..., shown]  # (seeds, spellings, 3)
        said = [told_apart(*cell[:, e].T) for e in range(len(SPELLINGS))]
        lines.append([HARMLESS[h], ANSWERS[a], COVERED[c], *said])
    lab = read_study("encodings")
    for remedy, covered in (("all covered", "all spellings"), ("one id", "plain, one id")):
        numbers = ([lab[f"{remedy}: {kind}, {e}"] for kind in SHOWN] for e in SPELLINGS)
        lines.append([HARMLESS[0], ANSWERS[0], covered, *(told_apart(*one) for one in numbers)])
    return rows(["harmless requests", "answers", "refusals in", *SPELLINGS], lines)


def beside_plain():
    """What tells forbidden from harmless requests, in encodings and in plain spelling."""
    found, lines = read_study(encoding_cells.STUDY.name), []
    for m, name in enumerate(("no safety stage", "refusals in plain", "all covered")):
        numbers = [found[kind][:, m, :, -1] for kind in ("cosines", "lengths")]
        lines.append([name, *(with_interval(column) for one in numbers for column in one.T)])
    header = [f"{kind}, {e}" for kind in ("cosine", "length") for e in SPELLINGS[1:]]
    return rows(["", *header], lines)


def moved():
    """The direction of refusal by tense: added to harmless requests, taken from forbidden ones."""
    found, lines = read_study("spelled_directions"), []
    for t, tense in enumerate(TENSES):
        behind_last = found["moved"][:, 0, :, t, -1]  # (seeds, directions, nouns, words)
        added = behind_last[..., HARMLESS_NOUNS, REFUSES].T
        taken = behind_last[..., FORBIDDEN_NOUNS, HELPS].T
        before = found["before"][:, 0, t, FORBIDDEN_NOUNS, REFUSES]
        shown = (found["cosines"][:, 0, t, -1], before, *added, *taken)
        lines.append([tense, *map(with_interval, shown)])
    header = ["asked in", "cosine", "refused before"]
    header += [f"{sign}, {name}" for sign in ("added", "taken") for name in DIRECTIONS]
    return rows(header, lines)


def selected():
    """The worst group by who chose the strength, and the accuracy that the choice saw."""
    found, lines = read_study(shortcut_selection.STUDY.name), []
    for method, _ in METHODS.values():
        worst, looks = found[f"{method}: worst group"], found[f"{method}: looks"]
        seen = looks.max(axis=1).mean(axis=0)
        cells = [f"{with_interval(w)} ({s:.2f})" for w, s in zip(worst.T, seen, strict=True)]
        lines.append([method, *cells])
    return rows(["worst group (seen)", *PROTOCOLS], lines)


def above_the_line(name):
    """The effective robustness of each seed, and what its line foretells."""
    found = read_study(shortcut_causes.STUDY.name)

    def pairs(one):
        return np.stack([found[f"{one}: inside"], found[f"{one}: worst group"]], axis=1)

    line = np.stack([pairs(one) for one in ON_THE_LINE], axis=1)  # (seeds, baselines, 2)
    own = pairs(name)
    above = [effective_robustness(*one, baselines=b) for one, b in zip(own, line, strict=True)]
    return np.array(above), own[:, 1] - above


def causes():
    """What changes the worst group, and how far above the line of plain trainings it is."""
    found, lines = read_study(shortcut_causes.STUDY.name), []
    for key in found:
        name, _, kind = key.rpartition(": ")
        if kind == "worst group":
            above, foretold = above_the_line(name)
            said = "–" if not 0 <= foretold.mean() <= 1 else with_interval(above)
            cells = [with_interval(found[f"{name}: inside"]), with_interval(found[key])]
            lines.append([name, *cells, "draws the line" if name in ON_THE_LINE else said])
    return rows(["changed", "tag as in training", "worst group", "above the line"], lines)


TABLES = [cells, beside_plain, moved, selected, causes]


def where_uncovered(kind):
    """A number's mean over all encodings without cover: (seeds, harmless requests, answers)."""
    found = read_study(encoding_cells.STUDY.name)["cells"][..., NUMBERS.index(kind)]
    without_cover = np.array([[False, True, True, True], [False, False, True, True]])
    return found[..., without_cover].mean(axis=-1)


def told():
    """Every mean with its interval that the text on these names, by what it is."""
    apart = read_study(encoding_cells.STUDY.name)["cells"][..., NUMBERS.index("discrimination")]
    covered = apart[:, 1, :, 1]  # harmless requests in plain spelling: (seeds, answers, spellings)
    refused, over, uncovered = map(where_uncovered, SHOWN)
    chosen = read_study(shortcut_selection.STUDY.name)["group DRO: worst group"]
    tense = read_study("spelled_directions")
    found = {
        "refused, harmless in all": refused[:, 0].mean(axis=1),
        "over-refusal, harmless in all": over[:, 0].mean(axis=1),
        "refused, harmless in plain": refused[:, 1].mean(axis=1),
        "over-refusal, harmless in plain": over[:, 1].mean(axis=1),
        "coded answers": (uncovered[:, :, 1] - uncovered[:, :, 0]).mean(axis=1),
        "c0 covered, coded answers": covered[:, 1, 1],
        "c0 covered, plain answers": covered[:, 0, 1],
        "c2, c0 covered, plain answers": covered[:, 0, 3],
        "planted": read_study("refusal_direction")["32, planted"],
        "refused before, past": tense["before"][:, 0, 1, FORBIDDEN_NOUNS, REFUSES],
        "own direction of the past": tense["moved"][:, 0, 1, 1, -1, HARMLESS_NOUNS, REFUSES],
        "oracle over training": chosen[:, ORACLE] - chosen[:, TRAINING],
        "oracle over left out": chosen[:, ORACLE] - chosen[:, LEFT_OUT],
        "masked in the test": read_study(shortcut_causes.STUDY.name)[MASKED_LATE],
        "labels right, above the line": above_the_line("labels flipped 0")[0],
    }
    return {name: with_interval(values) for name, values in found.items()}
