"""The numbers of the objectives in fine_tuning.md: ``python -m tests.objectives_numbers``."""

from minillm.labs.stored import read_settings, read_study
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.told import print_page

NAMES = {
    "none": "not pretrained",
    "masked": "hidden tokens (BERT)",
    "causal": "the next token (GPT)",
    "plain": "autoencoder",
    "denoising": "denoising autoencoder",
    "plain, bottleneck": "autoencoder, one vector",
    "denoising, bottleneck": "denoising autoencoder, one vector",
}
COUNTED = {"neighbours": "both neighbours", "unigram": "frequencies", "chance": "chance"}
BAGS = ("bag of words", "bag of words and pairs")
FEW, MANY = 0, 1  # labels
WHOLE, _, ORDER = range(3)  # of the test


def fine_tuned(name):
    """Accuracy by the seed, the number of labels and the group; of a bag as well."""
    return read_study("objectives")[name if name in BAGS else f"{name}, fine-tuned"]


def objectives():
    """What each objective of pretraining teaches."""
    found, settings = read_study("objectives"), read_settings("objectives")
    lines = []
    for name, title in NAMES.items():
        line = [title, "", "", "", ""]
        if name != "none":
            shown = found.get(f"{name}, visible")
            line[1] = "" if shown is None else with_interval(shown)
            line[2:4] = [with_interval(values) for values in found[f"{name}, masked"].T]
        if f"{name}, next" in found:
            line[4] = with_interval(found[f"{name}, next"])
        line += [with_interval(values) for values in found[f"{name}, probe"].T]
        lines.append([*line, *classified(name)])
    for name, title in COUNTED.items():
        hidden = [with_interval(values) for values in found[f"{name}, masked"].T]
        lines.append([title, "", *hidden, *[""] * 6])
    order = settings["order"]
    lines.append([f"{order}-grams", *[""] * 3, with_interval(found["n-grams, next"]), *[""] * 5])
    lines += [[name, *[""] * 6, *classified(name)] for name in BAGS]
    header = ["asked for", "shown, said again", "hidden, found", "hidden, nats", "next, nats"]
    labels = settings["labels"]
    header += [f"frozen, {n} labels" for n in labels] + [f"{n} labels" for n in labels]
    return rows([*header, f"{labels[MANY]} labels, order"], lines)


def classified(name):
    """Accuracy by the number of labels, and with most of them where order decides."""
    found = fine_tuned(name)
    return [
        *(with_interval(values) for values in found[:, :, WHOLE].T),
        with_interval(found[:, MANY, ORDER]),
    ]


def gain(more, less, labels=MANY):
    """How much better one is than the other on the whole test, by seed."""
    return fine_tuned(more)[:, labels, WHOLE] - fine_tuned(less)[:, labels, WHOLE]


def found_more(name):
    """How much more often hidden tokens are found than by counting both neighbours, by seed."""
    found = read_study("objectives")
    return (found[f"{name}, masked"] - found["neighbours, masked"])[:, 0]


def frozen_gain(name):
    """How much better a linear layer reads the frozen encoder than one of random weights."""
    found = read_study("objectives")
    return (found[f"{name}, probe"] - found["none, probe"])[:, MANY]


def differences():
    """What the bullets say of one and another, by name."""
    found, pairs = read_study("objectives"), BAGS[1]
    return {
        **{f"{name}, pairs": gain(name, pairs) for name in ("masked", "causal", "denoising")},
        **{f"{name}, none": gain(name, "none") for name in ("masked", "causal", "denoising")},
        "pairs, plain": gain(pairs, "plain"),
        "masked, plain": gain("masked", "plain"),
        "none, causal, few": gain("none", "causal", FEW),
        "none, plain bottleneck, few": gain("none", "plain, bottleneck", FEW),
        "hidden: plain": found["plain, masked"][:, 0],
        "hidden: chance": found["chance, masked"][:, 0],
        "hidden: denoising": found_more("denoising"),
        "hidden: plain, bottleneck": -found_more("plain, bottleneck"),
        "next: n-grams, causal": found["n-grams, next"] - found["causal, next"],
        "frozen: masked": -frozen_gain("masked"),
        "written: right": found["causal, written"][:, 0],
        "written: right and new": found["causal, written"][:, 1],
    }


def bullets():
    """Every interval in the text, by what it is of."""
    return {name: with_interval(values, 3) for name, values in differences().items()}


TABLES = (objectives,)


if __name__ == "__main__":
    print_page(TABLES, bullets())
