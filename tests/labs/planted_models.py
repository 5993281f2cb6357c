"""Models for tests of the studies: they learn in no time, and it is known what."""

from functools import cache

import numpy as np

from minillm.labs.worlds.reader import reader
from minillm.tasks import MaskedScores
from minillm.text import Labels, text_key
from minillm.text.corpora.corpus import cells_of

CLASSES = ("negative", "positive")


def certain(labels):
    """Probabilities of 0 and 1; half each where the label is not known."""
    rows = [
        [0.5, 0.5] if label is None else [float(label == c) for c in CLASSES] for label in labels
    ]
    return np.array(rows).reshape(-1, 2)


def reads(examples):
    """Knows the language, whatever it is trained on."""
    return lambda texts: certain([reader("en").label(text) for text in texts])


def remembers(examples):
    """Knows the sentences of its training by heart; of others it says the first class, at 0.5."""
    known = {text_key(text): label for text, label in examples}
    return lambda texts: certain([known.get(text_key(text)) for text in texts])


def spy(sets):
    """Writes down what it is trained on, and learns nothing."""

    def fit(examples):
        sets.append(list(examples))
        return lambda texts: certain([None] * len(texts))

    return fit


def counts(examples):
    """Calls everything positive from 100 training examples on."""
    answer = "positive" if len(examples) >= 100 else "negative"
    return lambda texts: certain([answer] * len(texts))


@cache
def grammar(language):
    """The label of every review that the grammar can write."""
    cells = cells_of("sentiment", language, 0, single_clauses=True)
    return {text: label for label, row in cells.items() for cell in row for text in cell.sentences}


class Says:
    """A classifier that says of a text what a function says; half each where that is None."""

    def __init__(self, label_of):
        self.labels, self.label_of = Labels(CLASSES), label_of

    def predict_probabilities(self, texts):
        return certain([self.label_of(text) for text in texts])


class PlantedStages:
    """Stands for ``TwoStages``: notes what it is given, and fine-tunes in no time.

    ``says(changes)`` is what a copy says of a text after ``finetuned(**changes)``.
    """

    def __init__(self, says, noted):
        self.says, self.noted = says, noted

    def __call__(self, examples, extra, recipe, *, seed):
        self.noted.append({"train": examples, "extra": extra, "recipe": recipe, "seed": seed})
        self.training = "pretrained"
        return self

    def finetuned(self, **changes):
        self.noted.append({"finetuned": changes})
        return Says(self.says(changes))

    def baselines(self, dev, labels=None):
        self.noted.append({"tuned on": dev, "labels": labels})
        names = ("majority", "bag of words", "bag of words and pairs")
        return {name: Says(lambda text: CLASSES[0]) for name in names}

    def masked_scores(self, held_out):
        self.noted.append({"hidden in": held_out})
        return MaskedScores(model=1.0, neighbours=2.0, unigram=3.0, uniform=4.0, n_hidden=5)
