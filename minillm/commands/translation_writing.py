"""``translate write``: translations of texts, and a picture of what was looked at."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from minillm.commands.arguments import add_encoding, add_model
from minillm.commands.generate import picture_file
from minillm.commands.predict import read_texts
from minillm.commands.translation_files import (
    add_search,
    asked_as,
    load_translator,
    refuse_idle_penalty,
)
from minillm.commands.translation_long import add_long, places_to_translate
from minillm.commands.translation_pictures import alignment_picture
from minillm.tasks.translation import attention_of
from minillm.text.parallel_files import Pair
from minillm.text.terminal import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, texts, and how to search."""
    add_model(parser)
    add = parser.add_argument
    add("texts", nargs="*", metavar="TEXT", help="default: the lines of standard input")
    add("--file", type=Path, help="texts to translate, one a line; - is standard input")
    add_search(parser)
    add_long(parser, skipped="a blank line stands for it")
    add(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="jsonl has every token and its ln p (default: text, a line for each)",
    )
    add(
        "--picture",
        type=picture_file,
        metavar="FILE",
        help="a .png of what was looked at in the source while each token was written",
    )
    add("--layer", type=int, default=-1, metavar="N", help="of --picture (default: -1, the last)")
    add("--head", type=int, metavar="N", help="of --picture, from 0 (default: the mean of all)")
    add_encoding(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a translation for every text, in the order of the texts.

    Guide: 6.2 (G38).
    """
    texts = [*arguments.texts, *read_texts(arguments)]
    if not texts:
        raise ValueError("nothing to translate: give texts, or --file with one text a line")
    if arguments.picture is None and (arguments.layer != -1 or arguments.head is not None):
        raise ValueError("--layer and --head are for --picture: give that, too")
    if arguments.picture is not None and len(texts) > 1:
        raise ValueError(f"--picture is of one text, got {len(texts)}")
    refuse_idle_penalty(arguments)
    translator = load_translator(arguments.model, arguments.device)
    kept = {*places_to_translate(translator, texts, name_of(arguments), arguments.long)}
    asked = asked_as(translator, arguments)
    found = asked.search([text if i in kept else "" for i, text in enumerate(texts)])
    for text, one in zip(texts, found, strict=True):
        if arguments.format == "jsonl":
            print(json.dumps({"source": text, **one._asdict()}, ensure_ascii=False))
        else:
            print(visible(one.text))
    if arguments.picture is not None:
        (attention,) = attention_of(translator, [Pair(texts[0], found[0].text)], cut=True)
        try:
            weights = attention.of(arguments.layer, arguments.head)
        except ValueError as error:  # "attention: head must be ..."
            raise ValueError(str(error).replace("attention: ", "--")) from error
        alignment_picture(arguments.picture, attention, weights)
        print(f"picture: {arguments.picture}", file=sys.stderr)


def name_of(arguments: argparse.Namespace) -> Callable[[int], str]:
    """What a text is called by its place: the texts on the command line come first."""
    given, file = len(arguments.texts), arguments.file
    name = "standard input" if file is None or str(file) == "-" else file
    return lambda i: f"text {i + 1}" if i < given else f"{name}, line {i - given + 1}"
