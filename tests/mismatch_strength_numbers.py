"""The strengths of remedies in mismatch.md, where they lie in their grids, and what a lab costs."""

from collections import Counter

from minillm.labs.challenges import adversarial_tuning, fairness_tuning, privacy_sweeps
from minillm.labs.mismatch import (
    encodings_tuning,
    hallucination_sweeps,
    length_tuning,
    lexicon_sweeps,
    narrow_tuning_sweeps,
    shortcut_tuning,
    subliminal_sweeps,
)
from minillm.labs.real_text import sst2_shortcut_sweeps
from minillm.labs.stored import STORED, read_file, read_settings
from tests.readme_numbers import rows

CHOSEN_BY = {  # where the grids of each lab are
    "encodings": encodings_tuning,
    "shortcut": shortcut_tuning,
    "sst2_shortcut": sst2_shortcut_sweeps,
    "length": length_tuning,
    "lexicon": lexicon_sweeps,
    "hallucination": hallucination_sweeps,
    "narrow_tuning": narrow_tuning_sweeps,
    "subliminal": subliminal_sweeps,
}
OF_CHALLENGES = {"fairness": fairness_tuning, "privacy": privacy_sweeps}  # of challenges.md
OF_OUTLOOK = {"adversarial": adversarial_tuning}  # of outlook.md
MODULES = CHOSEN_BY | OF_CHALLENGES | OF_OUTLOOK
WEAKEST, BETWEEN, STRONGEST = range(3)


def grids_of(lab):
    """The strengths that were tried in a lab, from the weakest on, by the name of their setting."""
    module = MODULES[lab]
    return module.GRIDS if lab == "encodings" else vars(module.Grids())


def where(value, grid):
    """Whether a strength is the weakest of its grid, the strongest, or between."""
    return {0: WEAKEST, len(grid) - 1: STRONGEST}.get(list(grid).index(value), BETWEEN)


def placed(lab):
    """The remedies of a lab with their stored strengths, by where in the grid each one lies."""
    chosen, of_field = read_settings(lab)["strengths"], MODULES[lab].SWEPT
    shared, found = Counter(of_field.values()), ([], [], [])
    for name, grid in grids_of(lab).items():
        remedy = of_field[name]
        if name.endswith("rate"):
            remedy += " (rate)"
        elif remedy == "none" or shared[remedy] > 1:
            remedy += f" ({name.removeprefix('jtt_')})"
        found[where(chosen[name], grid)].append(f"{remedy} {chosen[name]:g}")
    return found


def minutes(lab):
    """What the remedies of all seeds cost in minutes of one core, where the file has it."""
    spent = read_file(lab, STORED).get("cpu_seconds")
    return f"{sum(map(sum, spent.values())) / 60:.0f}" if spent else "–"


def doses_of(labs):
    """How strong each remedy is, where that lies in what was tried, and what the lab costs."""
    header = ["lab", "minutes", "weakest tried", "between", "strongest tried"]
    lines = [
        [lab.replace("_", " "), minutes(lab), *("; ".join(one) or "–" for one in placed(lab))]
        for lab in labs
    ]
    return rows(header, lines)


def doses():
    """The strengths in the labs of this half."""
    return doses_of(CHOSEN_BY)


TABLES = [doses]
