"""The tables of mismatch.md: ``python -m tests.mismatch_numbers``."""

from minillm.labs.matrix import HALVES, the_lab
from minillm.labs.mismatch.tenses import ARMS
from minillm.labs.stored import STORED, read_file, read_settings, read_study
from minillm.labs.worlds.denials import Denials
from tests import mismatch_causes_numbers, mismatch_strength_numbers
from tests.conflict_numbers import stored_verdicts, verdict_rows
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.remedy_numbers import four
from tests.told import print_page

HALF = "mismatched generalisation"


def judged(name, measures, shown):
    """The verdicts of a lab's remedies, and beside them the means of what else is to be seen."""
    found, verdicts = read_study(name), verdict_rows(name, measures)
    baseline = the_lab(name).baseline
    none = [baseline, *(with_interval(found[f"{baseline}: {one}"]) for one in measures)]
    return [
        [*line, *(f"{found[f'{line[0]}: {one}'].mean():.2f}" for one in shown)]
        for line in (none, *verdicts)
    ]


def encodings():
    """Refusals of plain spelling alone: what brings them into an encoding that the model reads."""
    shown = ("refused, plain", "refused, c2", "over-refusal, c2", "known")
    lines = judged("encodings", ["discrimination, c2"], shown)
    return rows(["remedy", "discrimination, c2", *shown], lines)


def shortcut():
    """A tag stands for the label: the worst group, and what is paid for it."""
    lines = judged("shortcut", ["worst group"], ("worst group", "accuracy, inside"))
    return rows(["remedy", "worst group", "that is", "tag as in training"], lines)


def tags():
    """The same in real reviews: the worst group by how often the tag agreed in training."""
    found, agreements = read_study("sst2_shortcut"), read_settings("sst2_shortcut")["agreements"]
    names = [key.removesuffix(": worst group") for key in found if key.endswith(": worst group")]
    lines = [
        [name, *(with_interval(column) for column in found[f"{name}: worst group"].T)]
        for name in names
    ]
    return rows(["SST-2", *(f"{agreement}" for agreement in agreements)], lines)


def domains():
    """Reviews of one domain, asked about another, by target sentences that were learned."""
    found, lines = read_study("uci_domains"), []
    for name in ("bag of words", "bag of words and pairs", "BERT", "BERT, pretrained"):
        means = found[name].mean(axis=2)  # (seeds, shots, own and other)
        cells = [with_interval(means[:, k, 1]) for k in range(means.shape[1])]
        lines.append([name, with_interval(means[:, 0, 0]), *cells])
    shots = read_settings("uci_domains")["shots"]
    return rows(["three domains", "its own", *(f"another, {k}" for k in shots)], lines)


def length():
    """Texts of 48 words for models that learned at most 12: each remedy against learned places."""
    kinds = ("accuracy at 48, last", "accuracy at 48, first")
    shown = ("accuracy at 12, last", "accuracy at 12, first")
    return rows(["remedy", *kinds, "at 12, last", "first"], judged("length", kinds, shown))


def denials():
    """Denials outside the grammar: how many are understood, with their twins, by kind."""
    found, lines, kinds = read_study("denials"), [], Denials().kinds
    for name in ("BERT", "bag"):
        for dial in ("without", "with"):
            both = found[f"{dial}, {name}"][:, 2]  # (seeds, kinds)
            cells = [with_interval(column) for column in both.T]
            lines.append([f"{name}, {dial} single clauses", *cells])
            each = [found[f"{dial}, {name}, 50 of {kind}"][:, 2] for kind in kinds]
            shown = [one[:, k] for k, one in enumerate(each)]
            lines.append(["and 50 of the same kind", *map(with_interval, shown)])
    return rows(["", *kinds], lines)


def lexicon():
    """Opinions in other words: each remedy against plain training."""
    kinds = ("accuracy", "calibration error")
    return rows(["remedy", *kinds], judged("lexicon", kinds, ()))


def shifts():
    """What corrections for a known shift bring."""
    found = read_study("known_shift")
    models, estimate = found["covariate, accuracy"], found["covariate, estimate"]
    labels, error = found["label, accuracy"], found["label, error"]
    lines = [
        ["error of the estimated accuracy, plain", with_interval(estimate[:, 0])],
        ["error of the estimate, weighted", with_interval(estimate[:, 1])],
        ["accuracy, trained on the source", with_interval(models[:, 0])],
        ["trained with weights", with_interval(models[:, 1])],
        ["trained on the target", with_interval(models[:, 2])],
    ]
    for place, prior in enumerate(read_settings("known_shift")["priors"]):
        praise = f"{100 * prior:.0f} % praise"
        lines += [
            [f"{praise}: error of the share, counted", with_interval(error[:, place, 0])],
            [f"{praise}: error of the share, solved for", with_interval(error[:, place, 1])],
            [f"{praise}: accuracy, plain", with_interval(labels[:, place, 0])],
            [f"{praise}: accuracy, shares solved for", with_interval(labels[:, place, 1])],
        ]
    return rows(["known shift", "error, or accuracy"], lines)


def tenses():
    """Discrimination by tense, and which tenses the refusals have."""
    found, lines = read_study("tenses"), []
    for place, arm in enumerate(ARMS):
        cells = [with_interval(found["discrimination"][:, place, t]) for t in range(3)]
        lines.append([arm, *cells])
    return rows(["refusals in", "present", "past", "future"], lines)


def unknown():
    """What nobody told the model: sure and wrong about it, and right about the rest."""
    kinds = ("confident error", "right on known")
    found = read_study("hallucination")
    lines = [
        [*line, with_interval(found[f"{line[0]}: risk"])]
        for line in judged("hallucination", kinds, ())
    ]
    return rows(["remedy", *kinds, "risk, mean over coverage"], lines)


def leaked():
    """Test reviews that were learned: what is reported, and what a detector sees."""
    found, lines = read_study("contamination"), []
    for place, share in enumerate(read_settings("contamination")["shares"]):
        cells = [
            with_interval(found[key][:, place])
            for key in ("accuracy", "line", "accuracy, fresh", "AUC")
        ]
        lines.append([f"{100 * share:.0f} %", *cells])
    return rows(["leaked", "reported", "its line", "fresh reviews", "AUC of losses"], lines)


def narrow():
    """Bad answers about one class are learned: how many there are about the others."""
    lines = judged("narrow_tuning", ["spread"], ("spread", "learned", "good kept"))
    return rows(["remedy", "spread", "that is", "learned", "good kept"], lines)


def hidden():
    """What a student takes over that it was never shown."""
    lines = judged("subliminal", ["trait"], ("trait", "agreement"))
    return rows(["remedy", "digits read", "that is", "agreement"], lines)


def controls_of(labs):
    """Where nothing may be found: the bound of each control, and the margin it is to keep."""
    lines = []
    for name in labs:
        margins = the_lab(name).controls
        for one in read_file(name, STORED)["controls"]:
            numbers = f"{one['mean'] + 0.0:+.3f}", f"{one['bound']:.3f}"
            margin = f"{margins[one['control']].margin:.2f}"
            word = "passes" if one["passes"] else "fails"
            lines.append([name.replace("_", " "), one["control"], *numbers, margin, word])
    return rows(["lab", "control", "difference", "bound", "margin", ""], lines)


def controls():
    """The controls of the labs of this half."""
    return controls_of(HALVES[HALF])


def remedies():
    """The guide's four remedies in these labs."""
    return four(HALF)


TABLES = [
    *(encodings, tenses, shortcut, tags, length, denials, lexicon, shifts, domains),
    *(unknown, leaked, narrow, hidden, controls, remedies),
    *mismatch_causes_numbers.TABLES,
    *mismatch_strength_numbers.TABLES,
]


def told():
    """Every mean with its interval that the text names, by what it is."""
    coded, tense = read_study("encodings"), read_study("tenses")["discrimination"]
    tag, word = read_study("shortcut"), read_study("lexicon")
    hidden_trait, spread = read_study("subliminal"), read_study("narrow_tuning")
    unknown_land, longer = read_study("hallucination"), read_study("length")
    first = ARMS.index("present")
    found = {
        "refused in c2": coded["none: refused, c2"],
        "refused in c2, one id": coded["one id: refused, c2"],
        "past, refusals in the present": tense[:, first, 1],
        "future, refusals in the present": tense[:, first, 2],
        "worst group": tag["none: worst group"],
        "worst group, tag masked": tag["tag masked: worst group"],
        "worst group, just train twice": tag["just train twice: worst group"],
        "worst group, no wrong labels": read_study("shortcut_causes")[
            "labels flipped 0: worst group"
        ],
        "length 12, last, tuned on 50 long": longer["fine-tuned on 50 long: accuracy at 12, last"]
        - longer["none: accuracy at 12, last"],
        "words of tools": word["none: accuracy"],
        "words of tools, pretrained": word["pretraining: accuracy"],
        "sure and wrong": unknown_land["none: confident error"],
        "spread": spread["none: spread"],
        "learned, inoculation": spread["inoculation: learned"],
        "spread, no quotations": spread["no quotations: spread"],
        "digits": hidden_trait["none: trait"],
        "digits, other start": hidden_trait["other start: trait"],
        "digits, same output layers": hidden_trait["other start, same output layers: trait"],
        "cleaning beside chance": hidden_trait["cleaning: trait"]
        - hidden_trait["as many left out at random: trait"],
        "same output layers, more": hidden_trait["other start, same output layers: trait"]
        - hidden_trait["other start: trait"],
    }
    of_causes = mismatch_causes_numbers.told()
    alone = stored_verdicts("lexicon")["ensemble", "accuracy"]
    of_causes["ensemble of readers"] = f"{alone['mean']:.2f} ± {alone['half']:.2f}"
    return {name: with_interval(values) for name, values in found.items()} | of_causes


if __name__ == "__main__":
    print_page(TABLES, told())
