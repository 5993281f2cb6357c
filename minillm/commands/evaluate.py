"""``evaluate``: a trained model on a labelled file."""

from __future__ import annotations

import argparse
from pathlib import Path

from minillm.commands.scores import score_line, show_confusion
from minillm.tasks import TextClassifier
from minillm.text import class_counts, read_examples


def run(arguments: argparse.Namespace) -> None:
    """Print accuracy, precision, recall, F1, average precision and the confusion matrix."""
    classifier = load_classifier(arguments.model, arguments.device)
    examples = read_examples(arguments.file, columns=arguments.columns)
    counts = class_counts(examples)
    unknown = sorted(set(counts) - set(classifier.labels.names))
    if unknown:
        raise ValueError(
            f"{arguments.file}: label {unknown[0]!r} is not one of the model's: "
            + ", ".join(classifier.labels.names)
        )
    positive = arguments.positive or min(classifier.labels.names, key=lambda n: counts.get(n, 0))
    probabilities = classifier.predict_probabilities([example.text for example in examples])
    print(f"{len(examples)} texts, classes {counts}")
    print(score_line(classifier.labels, examples, probabilities, positive))
    print(show_confusion(classifier.labels, examples, probabilities))


def load_classifier(path: Path, device: str) -> TextClassifier:
    """The classifier in a file, or in a run's folder."""
    file = path / "model.safetensors" if path.is_dir() else path
    classifier = TextClassifier.load(file)
    classifier.model.to_device(device)
    return classifier
