"""The tables of results.md and reference_curves.md: ``python -m tests.readme_numbers``."""

from minillm.labs.stored import read_settings, read_study
from tests.told import print_page

CORPORA = {
    "sentiment en": "reviews, English",
    "sentiment zh": "reviews, Chinese",
    "topics en": "news, English",
    "topics zh": "news, Chinese",
}
REVIEWS = ("all", "plain", "order", "concession", "negation", "single")
NEWS = ("all", "plain", "order", "mention")
GROUPS = {name: REVIEWS if name.startswith("sentiment") else NEWS for name in CORPORA}
ROWS = (  # what the page calls a row, the model, the group
    ("majority class", "majority", "all"),
    ("bag of words", "bag of words", "all"),
    ("bag of words and pairs", "bag of words and pairs", "all"),
    ("BERT, fine-tuned", "BERT, fine-tuned", "all"),
    ("– where order decides", "BERT, fine-tuned", "order"),
    ("– with a negation", "BERT, fine-tuned", "negation"),
    ("– single clauses", "BERT, fine-tuned", "single"),
    ("BERT, head alone", "BERT, head alone", "all"),
)
HIDDEN = (("frequencies", 1), ("both neighbours", 2), ("BERT", 3))


def percent(values):
    """Mean and standard deviation over the seeds, in %."""
    return f"{100 * values.mean():.1f} ± {100 * values.std(ddof=1):.1f}"


def nats(values):
    """Mean and standard deviation over the seeds."""
    return f"{values.mean():.2f} ± {values.std(ddof=1):.2f}"


def rows(header, lines):
    """A table in Markdown."""
    return [f"| {' | '.join(line)} |" for line in [header, *lines]]


def reached():
    """What the pipeline reaches."""
    found = read_study("pipeline")
    lines = []
    for title, model, group in ROWS:
        cells = [
            percent(found[f"{name}, {model}"][:, GROUPS[name].index(group)])
            if group in GROUPS[name]
            else ""
            for name in CORPORA
        ]
        lines.append([title, *cells])
    for title, place in HIDDEN:
        cells = [nats(found[f"{name}, nats"][:, place]) for name in CORPORA]
        lines.append([f"hidden word: {title}", *cells])
    return rows(["", *CORPORA.values()], lines)


def single_clauses():
    """Trained without single clauses and with them."""
    found, groups = read_study("single_clauses"), read_settings("single_clauses")["groups"]
    single = groups.index("plain single")
    lines = []
    for language, title in (("en", "English"), ("zh", "Chinese")):
        for dial in ("without", "with"):
            key = f"{language}, BERT {dial}"
            told = [percent(found[f"{key}, own"][:, 0]), percent(found[key][:, 0])]
            told.append(percent(found[key][:, single]))
            told += [nats(found[f"{key}, {kind}"].sum(axis=1)) for kind in ("samples", "known")]
            lines.append([f"{title}, {dial} single clauses", *told])
    header = ["trained on", "own test", "full test", "plain single clauses"]
    return rows([*header, "six new sentences", "the same in known words"], lines)


def passes():
    """More passes of pretraining: hidden words, opposites, accuracy."""
    found, tried = read_study("passes"), read_settings("passes")["passes"]
    order = read_settings("passes")["groups"].index("order")
    lines = []
    for place, number in enumerate(tried):
        cells = [f"{number:g}"]
        for language in ("en", "zh"):
            cells.append(nats(found[f"{language}, nats"][:, place, 0]))
            cells.append(percent(found[f"{language}, accuracy"][:, place, 0]))
        cells += [nats(found["en, cosines"][:, place, kind]) for kind in (0, 1)]
        cells.append(percent(found["en, accuracy"][:, place, order]))
        lines.append(cells)
    header = ["passes", "hidden word, en", "accuracy, en", "hidden word, zh", "accuracy, zh"]
    return rows([*header, "opposites", "unlike", "order, en"], lines)


def few_labels():
    """The number of labels, updates, pretraining."""
    found, settings = read_study("few_labels"), read_settings("few_labels")
    lines = [
        [title, *(percent(column) for column in found[title][:, :, 0].T)]
        for title in ("bag of words", "bag of words and pairs")
    ]
    for place, updates in enumerate(settings["updates"]):
        for title in ("BERT", "BERT, pretrained"):
            cells = [percent(column) for column in found[title][:, :, place, 0].T]
            lines.append([f"{title}, {updates} updates", *cells])
    return rows(["labels", *map(str, settings["labels"])], lines)


def readings():
    """Where a sentence is read."""
    found, settings = read_study("few_labels"), read_settings("few_labels")
    lines = []
    for title in ("BERT", "BERT, pretrained"):
        for place, updates in enumerate(settings["updates"]):
            cells = [percent(column) for column in found[f"{title}, readings"][:, :, place, 0].T]
            lines.append([f"{title}, {updates} updates", *cells])
    titles = {"cls": "at [CLS]", "mean": "mean of the positions", "last": "at [SEP]"}
    head = f"{settings['labels_read']} labels"
    return rows([head, *(titles[pooling] for pooling in settings["poolings"])], lines)


def real_text():
    """SST-2 and SMS spam."""
    sst2, spam = read_study("sst2"), read_study("spam")
    lines = []
    for title in ("bag of words", "bag of words and pairs", "BERT", "BERT, pretrained"):
        reviews = [percent(column) for column in sst2[title][:, 1, (0, 2)].T]
        messages = [percent(column) for column in spam[title].T] if title in spam else [""] * 3
        lines.append([title, *reviews, *messages])
    header = ["", "SST-2, accuracy", "SST-2, average precision", "spam, F1"]
    return rows([*header, "spam, F1 at one half", "spam, average precision"], lines)


def reference_curve():
    """A GPT on plays: nats per character over the updates, mean and range of the seeds."""
    found, settings = read_study("shakespeare"), read_settings("shakespeare")
    every, examined = settings["every"], settings["recipe"]["evaluate_every"]
    lines = []
    for place, held_out in enumerate(found["held out"].T, start=1):
        training = found["training"][:, place * examined // every - 1]
        cells = [between(values) for values in (training, held_out)]
        lines.append([str(place * examined), *cells])
    return rows(["updates", f"training, mean of the last {every}", "held out"], lines)


def between(values):
    """Mean, and least and most of the seeds."""
    return f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"


def counted():
    """N-grams on the same plays."""
    losses = read_study("shakespeare")["n-grams"][0]
    header = ["held out", *(f"{n}-grams" for n in range(1, len(losses) + 1))]
    return rows(header, [["nats per character", *(f"{loss:.3f}" for loss in losses)]])


TABLES = (reached, single_clauses, passes, few_labels, readings, real_text)
CURVES = (reference_curve, counted)


if __name__ == "__main__":
    print_page(TABLES + CURVES)
