"""``predict``: labels for new texts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from minillm.commands.arguments import add_encoding, add_model
from minillm.commands.evaluate import load_classifier
from minillm.commands.tables import percent, table
from minillm.tasks import TextClassifier
from minillm.tasks.decision import decide
from minillm.text import read_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, and texts."""
    add_model(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    parser.add_argument("--file", type=Path, help="texts to label, one a line")
    add_encoding(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print label, probability and text, in the order of the texts."""
    texts = list(arguments.texts)
    if arguments.file is not None:
        texts += read_lines(arguments.file, encoding=arguments.encoding)
    if not texts:
        raise ValueError("nothing to label: give texts, or --file with one text a line")
    classifier = load_classifier(arguments.model, arguments.device)
    print(prediction_table(classifier, texts))


def prediction_table(
    classifier: TextClassifier, texts: Sequence[str], expected: Sequence[str] = ()
) -> str:
    """Text, label, probability of the label, how many tokens were unknown, what was expected."""
    probabilities = classifier.predict_probabilities(texts)
    said = decide(classifier.decision, probabilities, classifier.labels)
    vocabulary = classifier.encoder.vocabulary
    rows = []
    for i, tokens in enumerate(classifier.encoder.tokenize(texts)):
        best = int(said[i])
        unknown = round(vocabulary.unknown_rate([tokens]) * len(tokens))
        row = [texts[i], classifier.labels.names[best], percent(probabilities[i, best])]
        rows.append([*row, f"{unknown} of {len(tokens)}", *expected[i : i + 1]])
    header = ["text", "label", "probability", "unknown tokens"]
    return table([*header, "expected"] if expected else header, rows)
