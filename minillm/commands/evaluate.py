"""``evaluate``: a trained model on a labelled file."""

from __future__ import annotations

import argparse
from pathlib import Path

from minillm.commands.arguments import add_labelled, add_model
from minillm.commands.baselines import load_baselines
from minillm.commands.labelled import print_cut, print_empty, read
from minillm.commands.runs import opened
from minillm.commands.scores import (
    how_labels_are_said,
    name_of,
    positive_class,
    score_table,
    show_confusion,
)
from minillm.tasks import TextClassifier, as_classifiers, evaluate
from minillm.tasks.published import text_classifier
from minillm.text import class_counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, and a labelled file."""
    add_model(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="labelled texts, one a line")
    add_labelled(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the scores beside those of the baselines of the run, and the confusion matrix."""
    classifier = load_classifier(arguments.model, arguments.device)
    examples = read(arguments.file, arguments)
    counts = class_counts(examples)
    unknown = sorted(set(counts) - set(classifier.labels.names))
    if unknown:
        raise ValueError(
            f"{arguments.file}: label {unknown[0]!r} is not one of the model's: "
            + ", ".join(classifier.labels.names)
        )
    wanted = classifier.positive if arguments.positive is None else arguments.positive
    positive = positive_class(wanted, dict.fromkeys(classifier.labels.names, 0) | counts)
    print_empty(arguments.file, examples)
    print_cut(classifier.encoder, **{str(arguments.file): examples})
    print(f"{len(examples)} texts, classes {counts} ({how_labels_are_said(classifier)})")
    baselines = as_classifiers(load_baselines(arguments.model), classifier.encoder.tokenizer)
    name = name_of(classifier)
    scores = {
        kind: evaluate(one, examples) for kind, one in {**baselines, name: classifier}.items()
    }
    print(score_table(scores, positive))
    print(show_confusion(scores[name]))


def load_classifier(path: Path, device: str) -> TextClassifier:
    """The classifier in a file, in a run's folder, or in a published one."""
    classifier = opened(path, TextClassifier, text_classifier)
    classifier.model.to_device(device)
    return classifier
