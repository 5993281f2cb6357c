"""The tables of conflicts.md: ``python -m tests.conflict_numbers``."""

from minillm.labs.conflict import wrong_reason
from minillm.labs.stored import STORED, read_file, read_settings, read_study
from minillm.labs.worlds.requests import World
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.told import print_page

REFUSED, PAYLOAD = 0, 1


def stored_verdicts(name):
    """What the file of a lab says of each remedy by each measure."""
    verdicts = read_file(name, STORED)["verdicts"]
    return {(one["remedy"], one["measure"]): one for one in verdicts}


def verdict_rows(name, measures):
    """The differences of every remedy of a lab, each with its half width and its verdict."""
    found = stored_verdicts(name)
    lines = []
    for remedy in dict.fromkeys(remedy for remedy, _ in found):
        cells = [said(found[remedy, measure]) for measure in measures]
        lines.append([remedy, *cells])
    return lines


def said(one):
    """A difference, half its interval, and the verdict with the bound where it is undecided."""
    word = "no effect" if one["word"].startswith("no effect") else one["word"]
    bound = f" ≤ {one['bound']:.2f}" if word == "undecided" else ""
    return f"{one['mean'] + 0.0:+.2f} ± {one['half']:.2f}, {word}{bound}"


def undone():
    """What ten examples leave of a model's refusals, by what was done before."""
    kinds = ("payload, half", "bypass, half", "payload, harmless", "bypass, harmless")
    header = ["told", "not refused", "told, harmless", "not refused, harmless"]
    return rows(["done before the attack", *header], verdict_rows("fine_tuning_attack", kinds))


def aspects():
    """The least accuracy of two tasks: each remedy against the plain sum."""
    kinds = ("least, even", "least, scaled", "least, narrow")
    return rows(["remedy", *(kind.split()[-1] for kind in kinds)], verdict_rows("aspects", kinds))


def attacks():
    """What a model that refuses what is put plainly does under attack."""
    settings = read_settings("helpful_harmless")
    greedy = read_study("helpful_harmless")["greedy"][:, 1]  # the safe model: (seeds, G, A, K)
    lines = [
        [name, *(with_interval(greedy[:, 1, a, k]) for k in range(3))]
        for a, name in enumerate(settings["names"])
    ]
    return rows(["forbidden requests", "refused", "told", "other"], lines)


def reasons_of(name):
    """What is known, refused and told, by how the last stage was trained."""
    found, lines = read_study(name), []
    world = World(wrong_reason.Settings().world, seed=0)
    names = [*wrong_reason.attacks(wrong_reason.Settings(), world), "what texts tell"]
    for w, way in enumerate(["before", *wrong_reason.ways(wrong_reason.Settings())]):
        cells = [
            f"{values[:, REFUSED].mean():.2f} / {values[:, PAYLOAD].mean():.2f}"
            for values in found["behaviour"][:, w].swapaxes(0, 1)
        ]
        lines.append([way, *cells, with_interval(found["known"][:, w, 0])])
    return rows(["refused / told", *names], lines)


def reasons():
    """The case in English."""
    return reasons_of("wrong_reason")


def reasons_zh():
    """The case in Chinese."""
    return reasons_of("wrong_reason_zh")


def told():
    """Every mean with its interval that the text names, by what it is."""
    tuned, rated = read_study("fine_tuning_attack"), read_study("raters")
    half = tuned["none: half"]  # (seeds, S, K)
    names = read_settings("helpful_harmless")["names"]
    safe = read_study("helpful_harmless")["greedy"][:, 1, 1]  # (seeds, A, K)
    cleaned = stored_verdicts("fine_tuning_attack")["cleaned text", "payload, half"]
    return {
        "refused, put plainly": with_interval(safe[:, names.index("direct"), REFUSED]),
        "refused, two words written": with_interval(safe[:, names.index("prefill"), REFUSED]),
        "cleaned text, less told": f"{-cleaned['mean']:.2f} ± {cleaned['half']:.2f}",
        "refused before the attack": with_interval(half[:, 0, REFUSED]),
        "told in the attack": with_interval(tuned["none: payload, half"]),
        "refused behind some harmless examples": with_interval(1 - tuned["none: bypass, harmless"]),
        "conflicting steps, two aspects": with_interval(rated["aspects, conflicting"]),
        "conflicting steps, two raters": with_interval(rated["raters, conflicting"]),
        "gap, two aspects": with_interval(rated["aspects, gaps"].mean(axis=1)),
        "gap, two raters": with_interval(rated["raters, gaps"].mean(axis=1)),
        "longest distance from the front": with_interval(rated["distance"].max(axis=1), 4),
    }


TABLES = (aspects, attacks, reasons, reasons_zh, undone)

if __name__ == "__main__":
    print_page(TABLES, told())
