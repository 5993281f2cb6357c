"""The guide's four remedies in all labs: ``python -m tests.remedy_numbers``."""

from tests.conflict_numbers import stored_verdicts
from tests.readme_numbers import rows

NOTHING = "no effect worth 0.05"
LABS = {
    "two aspects": "aspects",
    "jailbreaks": "jailbreaks",
    "ten examples": "fine_tuning_attack",
    "forgetting": "forgetting",
    "label noise": "label_noise",
}
REMEDIES = {
    "1 architecture": {
        "two aspects": ("without attention", "without residuals", "wider encoder", "wider neck"),
        "jailbreaks": ("wider", "without attention", "without residuals"),
        "ten examples": ("wider model",),
        "forgetting": ("wider model",),
        "label noise": ("wider model", "without attention", "without residuals"),
    },
    "2 data": {
        "jailbreaks": (
            *("refusals with rules", "refusals behind a start", "refusals in an encoding"),
            *("refusals of all kinds", "all kinds, 20 %", "20 % refusals", "50 % refusals"),
        ),
        "ten examples": ("cleaned text", "more refusals", "deeper refusals"),
        "forgetting": ("replay, least", "replay, more", "replay, most", "both at once"),
        "label noise": ("word dropout", "cleaning", "more data"),
    },
    "3 regularisation": {
        "two aspects": (
            *("less weight decay", "more weight decay", "less dropout", "more dropout"),
        ),
        "jailbreaks": ("weight decay", "dropout"),
        "ten examples": ("weight decay", "dropout"),
        "forgetting": ("weight decay", "dropout"),
        "label noise": ("weight decay", "dropout"),
    },
    "4 fine-tuning": {
        "jailbreaks": ("longer stage", "DPO behind it"),
        "forgetting": ("LoRA", "lower rate", "fewer steps", "output layer alone"),
    },
}


def decided(group, word):
    """Where remedies of a group have this verdict: "two aspects: wider neck (least, narrow)"."""
    parts = []
    for lab, names in REMEDIES[group].items():
        found = stored_verdicts(LABS[lab])
        chosen: dict[str, list[str]] = {}
        for (remedy, measure), one in found.items():
            if remedy in names and one["word"] == word:
                short = measure.removeprefix("bypass, ").removeprefix("least, ")
                chosen.setdefault(remedy, []).append(short)
        if chosen:
            listed = ", ".join(f"{remedy} ({' and '.join(on)})" for remedy, on in chosen.items())
            parts.append(f"{lab}: {listed}")
    return "; ".join(parts) or "nowhere"


def counted(group, word):
    """How many verdicts of a group are this one, of how many."""
    found = [
        one["word"]
        for lab, names in REMEDIES[group].items()
        for (remedy, _), one in stored_verdicts(LABS[lab]).items()
        if remedy in names
    ]
    return f"{found.count(word)} of {len(found)}"


def four():
    """The guide's four remedies: where they help, harm, do nothing, and what is undecided."""
    header = ["remedy of 9.3", "helps", "harms", "no effect worth 0.05", "undecided"]
    lines = [
        [
            group,
            *(decided(group, word) for word in ("helps", "harms")),
            *(counted(group, word) for word in (NOTHING, "undecided")),
        ]
        for group in REMEDIES
    ]
    return rows(header, lines)


if __name__ == "__main__":
    print("\n".join(four()))
