"""``predict``: labels for new texts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from minillm.commands.arguments import add_encoding, add_model
from minillm.commands.evaluate import load_classifier
from minillm.commands.predictions import Predictions, terminal_columns
from minillm.commands.standard_input import is_piped, piped_lines
from minillm.text import read_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, and texts."""
    add_model(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="default: from standard input")
    parser.add_argument("--file", type=Path, help="texts to label, one a line; - is standard input")
    parser.add_argument(
        "--format",
        choices=("table", "tsv", "jsonl"),
        default="table",
        help="tsv and jsonl have the probability of every label (default: table)",
    )
    add_encoding(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print label, probability and text, in the order of the texts."""
    texts = [*arguments.texts, *read_texts(arguments)]
    if not texts:
        raise ValueError("nothing to label: give texts, or --file with one text a line")
    classifier = load_classifier(arguments.model, arguments.device)
    found = Predictions.of(classifier, texts)
    for remark in found.remarks():
        print(f"minillm predict: {remark}", file=sys.stderr)
    if arguments.format == "tsv":
        print(found.as_tsv())
    elif arguments.format == "jsonl":
        print(found.as_json_lines())
    else:
        print(found.as_table(columns=terminal_columns()))


def read_texts(arguments: argparse.Namespace) -> list[str]:
    """The lines of --file; of standard input, if it is named or nothing else is given.

    Nobody is kept waiting at a keyboard for what was forgotten.
    """
    piped = not arguments.texts and is_piped()
    if arguments.file is not None and str(arguments.file) != "-":
        return read_lines(arguments.file, encoding=arguments.encoding)
    if arguments.file is None and not piped:
        return []
    return piped_lines(arguments.encoding)
