"""The tables of conflicts.md: ``python -m tests.conflict_numbers``."""

from minillm.labs.conflict import wrong_reason
from minillm.labs.conflict.refusal_dose import NUMBERS
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


def kept():
    """What is not refused under attack: each remedy against the plain last stage."""
    kinds = ("bypass, rules", "bypass, prefill", "bypass, encodings")
    header = [kind.removeprefix("bypass, ") for kind in kinds]
    return rows(["remedy", *header], verdict_rows("jailbreaks", kinds))


def doses():
    """What a model does by how much of its last stage is refused."""
    found, lines = read_study("refusal_dose"), []
    columns = ["helpful", "refused", *(f"bypass, {k}" for k in ("rules", "prefill", "encodings"))]
    for s, share in enumerate(read_settings("refusal_dose")["shares"]):
        cells = [with_interval(found["front"][:, s, NUMBERS.index(one)]) for one in columns]
        lines.append([f"{100 * share:.0f} %", *cells, with_interval(found["conflicts"][:, s])])
    return rows(["refused in the last stage", *columns, "steps in conflict"], lines)


def memory():
    """What is kept of a first world of facts, and learned of a second one."""
    return rows(["remedy", "kept", "learned"], verdict_rows("forgetting", ("kept", "learned")))


def noise():
    """A fifth of the labels is wrong: accuracy on right ones, and how well members are told."""
    kinds = ("accuracy", "membership")
    return rows(["remedy", *kinds], verdict_rows("label_noise", kinds))


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
    matrix = read_study("jailbreaks")
    things = read_study("deep_repair")["things"][:, 2, 0, 0]  # (seeds, R): the repaired model
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
        "passes rules, refused with rules": with_interval(
            matrix["refusals with rules: bypass, rules"]
        ),
        "passes a start, refused behind one": with_interval(
            matrix["refusals behind a start: bypass, prefill"]
        ),
        "passes encodings, refused in one": with_interval(
            matrix["refusals in an encoding: bypass, encodings"]
        ),
        "refused plainly, all kinds, few": with_interval(matrix["refusals of all kinds: refused"]),
        "refused plainly, all kinds, more": with_interval(matrix["all kinds, 20 %: refused"]),
        "kept behind fine-tuning": with_interval(read_study("forgetting")["none: kept"]),
        "learned behind fine-tuning": with_interval(read_study("forgetting")["none: learned"]),
        "accuracy with wrong labels": with_interval(read_study("label_noise")["none: accuracy"]),
        "membership with wrong labels": with_interval(
            read_study("label_noise")["none: membership"]
        ),
        "things within five, repaired": with_interval(things[:, 1]),
        "longest distance from the front": with_interval(rated["distance"].max(axis=1), 4),
    }


TABLES = (aspects, attacks, reasons, reasons_zh, kept, doses, undone, memory, noise)

if __name__ == "__main__":
    print_page(TABLES, told())
