"""The tables of challenges.md: ``python -m tests.challenge_numbers``."""

import numpy as np

from minillm.labs.challenges.fairness_price import CHOSEN
from minillm.labs.challenges.scrubbing import KINDS
from minillm.labs.stored import STORED, read_file, read_settings, read_study
from minillm.labs.verdicts import LEAST
from minillm.tasks.metrics import expected_exposure
from tests import challenge_cost_numbers, challenge_inside_numbers
from tests.finetuning_numbers import with_interval
from tests.mismatch_numbers import controls_of, judged
from tests.mismatch_strength_numbers import OF_CHALLENGES, doses_of
from tests.readme_numbers import rows
from tests.told import print_page

NO_PENALTY, WEAK, STRONG, UNEQUAL, BOTH = range(5)  # the worlds of fairness_dials
PAID = ("accuracy, merit", "accuracy, told", "flipped by swap")


def gap(values):
    """The first town minus the second, with its interval; the last axis is that of towns."""
    return with_interval(values[..., 0] - values[..., 1])


def fairness():
    """Unfair labels: each remedy against the labels as told, and what is paid for it."""
    lines = judged("fairness", ["TPR gap", "score gap"], ("TPR gap", *PAID))
    return rows(["remedy", "TPR gap", "score gap", "that is, TPR", *PAID], lines)


def dials():
    """What labels withhold and how good people are: the first town minus the second."""
    found, settings = read_study("fairness_dials"), read_settings("fairness_dials")
    lines = []
    worlds = zip(settings["penalties"], settings["second_good"], strict=True)
    for w, (penalty, good) in enumerate(worlds):
        cells = [gap(found[name][:, w]) for name in ("TPR", "FPR", "selected", "merited score")]
        known = [found[f"known {name}"][0, w] for name in ("TPR", "merited score")]
        truths = [f"{one[0] - one[1]:.2f}" for one in known]
        error = with_interval(found["calibration error"][:, w].max(axis=1))
        first = [f"{penalty:g}, {good:g}", cells[0], truths[0], *cells[1:3]]
        lines.append([*first, cells[3], truths[1], error])
    header = ["withheld, good", "TPR", "best", "FPR", "selected", "score", "best"]
    return rows([*header, "calibration error, worse town"], lines)


def prices():
    """What remedies do in worlds that they cannot tell apart: gap of TPR, and accuracy by merit."""
    found, settings = read_study("fairness_price"), read_settings("fairness_price")
    lines = []
    for name in CHOSEN:
        rates, right = found[f"{name}: TPR"].T, found[f"{name}: accuracy"].T
        cells = [f"{with_interval(a)}; {b.mean():.3f}" for a, b in zip(rates, right, strict=True)]
        lines.append([name, *cells])
    worlds = zip(settings["penalties"], settings["second_good"], strict=True)
    return rows(["TPR gap; accuracy, merit", *(f"{p:g}, {g:g}" for p, g in worlds)], lines)


def associations():
    """What WEAT says of names beside qualities, by how much of it is planted."""
    found = read_study("word_association")
    strengths = read_settings("word_association")["strengths"]
    names = [key.partition(":")[0] for key in found if key.endswith("qualities, effect")]
    lines = [
        [
            name,
            *(with_interval(one) for one in found[f"{name}: qualities, effect"].T),
            *(with_interval(one) for one in found[f"{name}: qualities, difference"].T),
            with_interval(found[f"{name}: hobbies, difference"][:, -1]),
        ]
        for name in names
    ]
    header = [f"{kind}, {s:g}" for kind in ("effect", "difference") for s in strengths]
    return rows(["text", *header, "hobbies"], lines)


def privacy():
    """What a model gives away: each remedy against plain training."""
    kinds, shown = ("exposure", "AUC", "loss, others"), ("found at 1 %", "phones", "codes")
    return rows(["remedy", *kinds, *shown], judged("privacy", kinds, shown))


def exposures():
    """How far a secret is exposed, in bits, by how often it was told."""
    found, times = read_study("privacy"), read_settings("privacy")["world"]["times"]
    end = ": exposure by times"
    lines = [
        [key.removesuffix(end), *(with_interval(one) for one in values.T)]
        for key, values in found.items()
        if key.endswith(end)
    ]
    return rows(["exposure, bits", "never told", *(f"told {n} ×" for n in times[1:])], lines)


def scrubbed():
    """What a scrubber finds, by the share that is written in a way that it does not know."""
    found, lines = read_study("scrubbing"), []
    for place, odd in enumerate(read_settings("scrubbing")["odd"]):
        cells = [
            with_interval(found[f"{language}: {name}"][:, place])
            for language in ("en", "zh")
            for name in ("recall", "precision")
        ]
        lines.append([f"{100 * odd:g} %", *cells])
    header = [f"{name}, {one}" for one in ("en", "zh") for name in ("recall", "precision")]
    return rows(["written otherwise", *header], lines)


def controls():
    """The controls of both labs."""
    return controls_of(OF_CHALLENGES)


def doses():
    """The strengths in both labs."""
    return doses_of(OF_CHALLENGES)


TABLES = [
    *(fairness, dials, prices, associations, privacy, exposures, scrubbed),
    *challenge_cost_numbers.TABLES,
    *challenge_inside_numbers.TABLES,
    *(controls, doses),
]


def told():
    """Every mean with its interval that the text names, by what it is."""
    fair, secret = read_study("fairness"), read_study("privacy")
    phone = KINDS.index("PHONE")

    def paid(remedy, measure):
        """What a remedy changes."""
        return fair[f"{remedy}: {measure}"] - fair[f"none: {measure}"]

    def times(remedy, n):
        """The exposure of what was told so often."""
        place = read_settings("privacy")["world"]["times"].index(n)
        return secret[f"{remedy}: exposure by times"][:, place]

    def right(remedy, world):
        """Accuracy by merit in a world of prices."""
        return read_study("fairness_price")[f"{remedy}: accuracy"][:, world]

    masked, thresholds = "names and hobbies masked", "thresholds by town"
    found = {
        "found, first town": fair["none: TPR"][:, 0],
        "found, second town": fair["none: TPR"][:, 1],
        "TPR gap": fair["none: TPR gap"],
        "TPR gap, masked": fair[f"{masked}: TPR gap"],
        "told once": times("none", 1),
        "told 16 times, dropout": times("dropout", 16),
        "told 16 times, epsilon 8": times("epsilon 8", 16),
        "told 16 times, other digits": times("other digits", 16),
        "told 16 times, behind public texts": times("epsilon 2 behind public texts", 16),
        "told once, epsilon 8": times("epsilon 8", 1),
        "told 16 times, epsilon 2": times("epsilon 2", 16),
        "told once, near copies": times("near copies removed", 1),
        "told once, exact copies": times("exact copies removed", 1),
        "hidden once, near copies": times("near copies removed", 1) - times("none", 1),
        "hidden once, exact copies": times("exact copies removed", 1) - times("none", 1),
        "told 16 times, weight decay": times("weight decay", 16),
        "phones, scrubbed": secret["scrubbed: phones"],
        "codes, scrubbed": secret["scrubbed: codes"],
        "found at 1 %, plain": secret["none: found at 1 %, not calibrated"],
        "found at 1 %, calibrated": secret["none: found at 1 %"],
        "precision, telephones": read_study("scrubbing")["en: precision by kind"][:, 0, phone],
    }
    finer = {  # differences of accuracy
        "told, masked": paid(masked, "accuracy, told"),
        "merit, masked": paid(masked, "accuracy, merit"),
        "merit, thresholds": paid(thresholds, "accuracy, merit"),
        "unequal, thresholds": right("thresholds by town", 2) - right("none", 2),
        "unfair, counterfactual": right("counterfactual towns", 1) - right("none", 1),
    }
    said = {name: with_interval(values) for name, values in found.items()}
    said |= {name: with_interval(values, 3) for name, values in finer.items()}
    return said | challenge_cost_numbers.told() | challenge_inside_numbers.told()


def single():
    """Every other number with a decimal point that the text names, by what it is."""
    fair, associated = read_study("fairness"), read_study("word_association")
    size, swapped = 10 ** read_settings("privacy")["world"]["digits"], "flipped by swap"
    beyond = {
        key.removeprefix("no bias, "): f"{(np.abs(values - 0.5) >= 0.45).mean():.2f}"
        for key, values in associated.items()
        if key.startswith("no bias")
    }
    (failed,) = (one for one in read_file("fairness", STORED)["controls"] if not one["passes"])
    found = {
        "bound of the control that fails": f"{failed['bound']:.2f}",
        "its mean on 24 other seeds, less than": "0.03",  # a slow test of the lab looks
        "a coin": "0.5",
        "worth speaking of": f"{LEAST}",
        "most bits": f"{np.log2(size):.2f}",
        "bits of luck": f"{expected_exposure(size):.2f}",
        "swapped, counterfactual": f"{fair[f'counterfactual towns: {swapped}'].mean():.2f}",
        "score gap, thresholds": f"{fair['thresholds by town: score gap'].mean():.2f}",
        "largest effect of WEAT": f"{2 * (15 / 16) ** 0.5:.2f}",
        "outer tenth, hobbies tell": beyond["hobbies tell"],
        "outer tenth, hobbies by lot": beyond["hobbies by lot"],
        "the outer tenth": "0.10",
    }
    return found | challenge_cost_numbers.single() | challenge_inside_numbers.single()


if __name__ == "__main__":
    print_page(TABLES, told() | single())
