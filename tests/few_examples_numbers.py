"""The numbers of few_examples.md: ``python -m tests.few_examples_numbers``."""

from minillm.labs.stored import read_settings, read_study
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows
from tests.told import print_page

RIGHT, SHUFFLED = 0, -1  # kinds of labels: the first and the last of every study
PLAIN, CALIBRATED = 0, 1  # in the context
ALL, HEAD = 0, 1  # what learns
USUAL, DRAWN = 0, 1  # words of a list
NAMES = {"few_shot_reviews": "reviews", "few_shot_sst2": "SST-2"}


def of(study, key):
    """Numbers of a study by seed, each the mean of all draws of the examples."""
    return read_study(study)[key].mean(axis=-1)


def percent(values):
    """Mean over the seeds, and half the width of its 95 % confidence interval, in %."""
    return with_interval(100 * values, 1)


def header(shots):
    """Right labels by the number of examples, then shuffled ones, of which there are none at 0."""
    return [f"right, k = {k}" for k in shots] + [f"shuffled, k = {k}" for k in shots[1:]]


def cells(right, shuffled):
    """Accuracies ``(seeds, K)`` with right labels and shuffled ones, the latter without k = 0."""
    return [percent(values) for values in (*right.T, *shuffled.T)]


def lists():
    """What is answered behind examples, by the lists that were read and the words that are used."""
    found, settings = of("few_shot", "in context"), read_settings("few_shot")
    lines = []
    for place, share in enumerate(("no lists", "half of the lists", "all lists")):
        for words, name in enumerate(("usual words", "drawn words")):
            for way, title in enumerate((name, f"{name}, calibrated")):
                right, shuffled = (
                    found[:, place, words, way, labels] for labels in (RIGHT, SHUFFLED)
                )
                lines.append([share, title, *cells(right, shuffled[:, 1:])])
    best = of("few_shot", "best")
    line = cells(best[:, RIGHT], best[:, SHUFFLED, 1:])
    lines.append(["", "best possible answer, drawn words", *line])
    return rows(["words drawn in", "asked in", *header(settings["shots"])], lines)


def tuned_lists():
    """The same examples to fine-tune on."""
    found, settings = of("few_shot", "tuned"), read_settings("few_shot")
    starts = ("no lists", "half of the lists", "all lists", "not pretrained")
    lines = []
    for place, start in enumerate(starts):
        for way, name in enumerate(("all weights", "new layer alone")):
            right, shuffled = (found[:, place, way, 0, labels] for labels in (RIGHT, SHUFFLED))
            lines.append([start, name, *cells(right, shuffled)])
    bag = of("few_shot", "bag of words")
    lines.append(["", "bag of words", *cells(bag[:, RIGHT], bag[:, SHUFFLED])])
    shots = settings["shots"][1:]
    titles = [f"{labels}, k = {k}" for labels in ("right", "shuffled") for k in shots]
    return rows(["words drawn in", "learns", *titles], lines)


def plain(study):
    """In the context, by fine-tuning, by counting: a GPT that read sentences without labels."""
    context, shots = of(study, "in context"), read_settings(study)["few"]["shots"]
    lines = []
    for way, title in enumerate(("in the context", "in the context, calibrated")):
        lines.append([title, *cells(context[:, way, RIGHT], context[:, way, SHUFFLED, 1:])])
    for key, start in (("tuned", "fine-tuned"), ("untrained", "from random weights")):
        for way, name in enumerate(("all weights", "new layer alone")):
            found = of(study, key)[:, way, 0]
            line = cells(found[:, RIGHT], found[:, SHUFFLED])
            lines.append([f"{start}, {name}", "", *line])
    bag = of(study, "bag of words")
    lines.append(["bag of words", "", *cells(bag[:, RIGHT], bag[:, SHUFFLED])])
    return rows([NAMES[study], *header(shots)], lines)


def reviews():
    """The built-in reviews."""
    return plain("few_shot_reviews")


def real_reviews():
    """Sentences of SST-2."""
    return plain("few_shot_sst2")


TABLES = (lists, tuned_lists, reviews, real_reviews)


def gains(study, more, less):
    """How much better one way in the context is than another, by seed."""
    found = of(study, "in context")
    return found[(slice(None), *more)] - found[(slice(None), *less)]


def about_lists():
    """What the bullets on lists say of a way, or of one way and another."""
    half, tuned = (1, DRAWN), of("few_shot", "tuned")[:, 0, :, 0, RIGHT, 0]
    right, wrong = (*half, PLAIN, RIGHT), (*half, PLAIN, SHUFFLED)
    calibrated = (*half, CALIBRATED, RIGHT)
    found = {
        f"calibration, k = {k}": gains("few_shot", (*calibrated, place), (*right, place))
        for place, k in enumerate(read_settings("few_shot")["shots"])
        if k
    }
    return found | {
        "right and shuffled, k = 1": gains("few_shot", (*right, 1), (*wrong, 1)),
        "some wrong, k = 1": of("few_shot", "in context")[:, 1, DRAWN, PLAIN, 1, 1],
        "the best with some wrong, k = 1": of("few_shot", "best")[:, 1, 1],
        "no list, right and shuffled, k = 10": gains(
            "few_shot", (0, DRAWN, PLAIN, RIGHT, 3), (0, DRAWN, PLAIN, SHUFFLED, 3)
        ),
        "layer and all weights, k = 1": tuned[:, HEAD] - tuned[:, ALL],
    }


def about_plain(study):
    """What the bullets say of a GPT that read sentences without labels."""
    context = of(study, "in context")[:, :, RIGHT, 3]
    right, shuffled = (of(study, "tuned")[:, ALL, 0, labels] for labels in (RIGHT, SHUFFLED))
    start, bag = of(study, "untrained")[:, ALL, 0, RIGHT], of(study, "bag of words")[:, RIGHT]
    found = {
        "in the context, k = 10": context[:, PLAIN],
        "calibrated, k = 10": context[:, CALIBRATED],
        "fine-tuned and not pretrained, k = 10": right[:, 2] - start[:, 2],
    }
    if study == "few_shot_reviews":
        return found
    return found | {
        "bag of words, k = 10": bag[:, 2],
        "fine-tuned, right and shuffled, k = 10": right[:, 2] - shuffled[:, 2],
        "fine-tuned, k = 10": right[:, 2],
        "fine-tuned, layer alone, k = 10": of(study, "tuned")[:, HEAD, 0, RIGHT, 2],
        "from random weights, k = 10": start[:, 2],
        "bag of words and fine-tuned, k = 5": bag[:, 1] - right[:, 1],
        "bag of words and fine-tuned, k = 10": bag[:, 2] - right[:, 2],
    }


def bullets():
    """Every interval in the text of the pages, by what it is of."""
    told = {f"lists: {name}": percent(values) for name, values in about_lists().items()}
    for study, title in NAMES.items():
        told |= {f"{title}: {name}": percent(v) for name, v in about_plain(study).items()}
        told[f"{title}: nats of a token"] = with_interval(read_study(study)["loss"])
    return told


if __name__ == "__main__":
    print_page(TABLES, bullets())
