"""The tables of outlook.md: ``python -m tests.outlook_numbers``."""

import itertools

import numpy as np

from minillm.labs.challenges.adversarial_attacks import STEPS, SWAPS
from minillm.labs.challenges.fusion import MODELS
from minillm.labs.stored import read_settings, read_study
from minillm.labs.verdicts import LEAST
from tests import outlook_network_numbers
from tests.finetuning_numbers import with_interval
from tests.mismatch_numbers import controls_of, judged
from tests.mismatch_strength_numbers import OF_OUTLOOK, doses_of
from tests.readme_numbers import rows
from tests.told import print_page

LINE, ENCODER = 1, 4  # arms of adversarial_directions: no layer, one; a word of ten is rare
SHOWN = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)  # sizes of steps
STEP, SWAP = "accuracy, sign step", "accuracy, one swap"
PICTURE, BOTH, HALF_TOLD, UNTOLD, EITHER = range(5)  # arms of fusion
ALL_SAID, HALF_SAID, UNSAID, NOISY, MISPAIRED = range(5)  # arms of retrieval
PAIRS = [name for name, way in MODELS.items() if len(way.parts) > 1]  # models of both parts


def adversarial():
    """Each remedy against plain training, where vectors move a little or a word is swapped."""
    shown = (STEP, SWAP, "accuracy", "accuracy, random signs", "accuracy, random swap")
    lines = judged("adversarial", [STEP, SWAP], shown)
    header = ["that is, step", "swap", "accuracy", "random signs", "random swap"]
    return rows(["remedy", "sign step", "one swap", *header], lines)


def steps():
    """Accuracy after a step of a size, by its direction, with and without a layer."""
    found, lines = read_study("adversarial_directions")["accuracy"], []
    sizes = read_settings("adversarial_directions")["sizes"]
    for name, arm in (("no layer", LINE), ("one layer", ENCODER)):
        for s, step in enumerate(STEPS):
            cells = [with_interval(found[:, arm, s, sizes.index(size)]) for size in SHOWN]
            lines.append([f"{name}, {step}", *cells])
    return rows(["model, direction", *(f"{size:g}" for size in SHOWN)], lines)


def swaps():
    """Accuracy after words are swapped, by how rare half of the words were."""
    found, lines = read_study("adversarial_directions")["swapped"], []
    for a, (layers, rare) in enumerate(read_settings("adversarial_directions")["arms"]):
        name = f"{'one' if layers else 'no'} layer, {rare:g}"
        lines.append([name, *(with_interval(found[:, a, w, 1]) for w in range(len(SWAPS)))])
        lines[-1] += [with_interval(found[:, a, -1, turns]) for turns in (2, 3)]
    header = ["one at random", "by first order", "the worst", "worst, twice", "three times"]
    return rows(["model, rare", *header], lines)


def of_a_sum(rule, told, shown):
    """The highest accuracy of scores that are added, where they are of what is seen and no more.

    They can say just those tables of yes and no, of what the picture tells by what the caption
    tells, whose rows are nested; all tables of three by three are tried.
    """
    chances = np.zeros((2, 3, 3))  # the answer, by odd, even, nothing and blue, red, nothing
    for odd, blue in itertools.product((0, 1), repeat=2):
        if rule == "either" and odd != blue:
            continue
        answer = odd ^ blue if rule == "both" else odd
        seen = (1 - odd, shown), (2, 1 - shown)
        said = (1 - blue, told), (2, 1 - told)
        for (row, p), (column, q) in itertools.product(seen, said):
            chances[answer, row, column] += p * q / (2 if rule == "either" else 4)
    best = 0.0
    for cells in itertools.product((0, 1), repeat=9):
        yes = np.array(cells, dtype=bool).reshape(3, 3)
        pairs = itertools.combinations(yes, 2)
        if all((a <= b).all() or (b <= a).all() for a, b in pairs):
            best = max(best, chances[1][yes].sum() + chances[0][~yes].sum())
    return float(best)


def fusion():
    """How often each model of a picture and its caption is right, and what could be known."""
    found, lines = read_study("fusion"), []
    for a, (rule, told, shown, _) in enumerate(read_settings("fusion")["arms"]):
        cells = [with_interval(one) for one in found["accuracy"][:, a].T]
        text, both = (found["best"][0, a, [*MODELS].index(one)] for one in ("text", "joint"))
        best = [f"{one:.2f}" for one in (text, of_a_sum(rule, told, shown), both)]
        lines.append([f"{rule}, {told:g}, {shown:g}", *cells, *best])
    header = ["rule, told, shown", *MODELS, "best, text alone", "best, added", "best, both"]
    return rows(header, lines)


def retrieval():
    """How often the own caption, or picture, is the first of 100, and among the first five."""
    found, lines = read_study("retrieval"), []
    for a, (told, noise, wrong) in enumerate(read_settings("retrieval")["arms"]):
        first, five = found["recall"][:, a, :, 0], found["recall"][:, a, :, 1]
        best = found["best"][:, a, :, 0]
        cells = [*first.T, *best.T, five.mean(axis=1)]
        lines.append([f"{told:g}, {noise:g}, {wrong:g}", *map(with_interval, cells)])
    header = ["caption", "picture", "best, caption", "best, picture", "first five, both"]
    return rows(["said, noise, mispaired", *header], lines)


def controls():
    """The controls of the lab, and those of the study of a memory."""
    return [*controls_of(OF_OUTLOOK), *outlook_network_numbers.controls()]


def doses():
    """The strengths in the lab."""
    return doses_of(OF_OUTLOOK)


TABLES = [
    *(adversarial, steps, swaps, fusion, retrieval),
    *outlook_network_numbers.TABLES,
    *(controls, doses),
]


def told():
    """Every mean with its interval that the text names, by what it is."""
    lab, moved = read_study("adversarial"), read_study("adversarial_directions")
    sizes = read_settings("adversarial_directions")["sizes"]
    fused, found = read_study("fusion"), read_study("retrieval")
    alone, accuracy = fused["one part"], fused["accuracy"]
    joint, prepared, late = ([*MODELS].index(n) for n in ("joint", PAIRS[-1], "late"))

    def change(remedy, measure):
        """What a remedy changes."""
        return lab[f"{remedy}: {measure}"] - lab[f"none: {measure}"]

    def ratio(size):
        """How much further the score rises than its slope foretells, with a layer."""
        at = sizes.index(size)
        return moved["risen"][:, ENCODER, 0, at] / moved["foretold"][:, ENCODER, at]

    one_part = {name: alone[:, EITHER, PAIRS.index(name), 0] for name in ("joint", PAIRS[-1])}
    values = {
        "sign step": lab[f"none: {STEP}"],
        "adversarial training, sign step": lab[f"adversarial training: {STEP}"],
        "adversarial training, swap": change("adversarial training", SWAP),
        "word dropout, swap": change("word dropout", SWAP),
        "weight decay, accuracy": lab["weight decay: accuracy"],
        "rises, 0.1": ratio(0.1),
        "rises, 1": ratio(1.0),
        "first order, the best swap": moved["agreement"][:, ENCODER, 2],
        "first order, of the gain": moved["agreement"][:, ENCODER, 3],
        "both, picture": accuracy[:, BOTH, 0],
        "both, late": accuracy[:, BOTH, late],
        "both, joint": accuracy[:, BOTH, joint],
        "half told, joint": accuracy[:, HALF_TOLD, joint],
        "half told, prepared": accuracy[:, HALF_TOLD, prepared],
        "both, left out costs": accuracy[:, BOTH, joint] - accuracy[:, BOTH, prepared],
        **{f"a picture alone, {name}": one for name, one in one_part.items()},
        "first": found["recall"][:, ALL_SAID, :, 0].mean(axis=1),
        "first, best": found["best"][:, ALL_SAID, :, 0].mean(axis=1),
        "half said, ways": np.diff(found["recall"][:, HALF_SAID, ::-1, 0], axis=1)[:, 0],
        "half said, best ways": np.diff(found["best"][:, HALF_SAID, ::-1, 0], axis=1)[:, 0],
        "noisy": found["recall"][:, NOISY, :, 0].mean(axis=1),
    }
    return {name: with_interval(one) for name, one in values.items()} | (
        outlook_network_numbers.told()
    )


def single():
    """Every other number with a decimal point that the text names, by what it is."""
    lab, moved = read_study("adversarial"), read_settings("adversarial_directions")
    fused = read_study("fusion")
    found = {
        "worth speaking of": f"{LEAST}",
        "random signs": f"{lab['none: accuracy, random signs'].mean():.2f}",
        "size of a step": f"{read_settings('adversarial')['eps']}",
        "words swapped, swap, at least": f"{lab[f'words swapped: {SWAP}'].min():.2f}",
        "more data, swap, at least": f"{lab[f'more data: {SWAP}'].min():.2f}",
        "none, swap, least": f"{lab[f'none: {SWAP}'].min():.2f}",
        "none, swap, most": f"{lab[f'none: {SWAP}'].max():.2f}",
        "none is rarer": f"{max(rare for _, rare in moved['arms'])}",
        "half told, best": f"{fused['best'][0, HALF_TOLD, [*MODELS].index('joint')]}",
        "chance": f"{1 / read_settings('retrieval')['tested']}",
    }
    return found | outlook_network_numbers.single()


if __name__ == "__main__":
    print_page(TABLES, told() | single())
