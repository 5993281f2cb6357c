"""``guide``: from a section of the guide, or a word in it, to our code, lessons and tests."""

from __future__ import annotations

import argparse
import os
import re
import sys

from minillm.backend.clone import in_a_clone
from minillm.commands.words import LANGUAGES, Told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, and in which language to answer."""
    parser.add_argument(
        "query",
        nargs="*",
        metavar="QUERY",
        help="a section (4.1.2), a row of the map (G16), a statement (A47), or a word in English "
        "or Chinese; default: the list of sections, their open rows in brackets",
    )
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        help="of the answer; default: that of the word, or of your environment (LANG)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print what there is.

    Raises:
        Told: there is no such section, row, statement or word; the nearest are named.
    """
    from minillm.course.guide_search import Unknown
    from minillm.course.guide_sections import WORDS, read_guide
    from minillm.course.guide_text import Lines

    query = " ".join(arguments.query)
    arguments.language = arguments.language or language_of(query)
    lines = Lines(read_guide(), arguments.language)
    try:
        print("\n".join(lines.answer(query) if query else lines.contents()))
    except Unknown as error:
        raise Told(str(error)) from error
    if not in_a_clone():
        print(WORDS["no clone"][arguments.language], file=sys.stderr)


def language_of(query: str) -> str:
    """The language of a word; of a number that of the environment."""
    if re.search("[一-鿿]", query):
        return "zh"
    if re.search("[A-Za-z]{2}", query):
        return "en"
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, named), "").startswith("zh") else "en"
