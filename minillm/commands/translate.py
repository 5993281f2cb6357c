"""``translate``: ``learn`` from pairs of sentences, ``write`` translations, ``score`` them."""

from __future__ import annotations

import argparse

from minillm.commands import translation_scoring, translation_training, translation_writing
from minillm.commands.arguments import THREADS

ACTIONS = {
    "learn": (translation_training, "train a translator on your own pairs of sentences"),
    "write": (translation_writing, "translate texts, a file or standard input"),
    "score": (translation_scoring, "translate a file, and compare with what people wrote"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, each with its options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (module, summary) in ACTIONS.items():
        action = actions.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        module.add_arguments(action)
        # also behind the action; where they are not given, what stands before it counts
        action.add_argument("--debug", action="store_true", default=argparse.SUPPRESS)
        action.add_argument(
            "--threads", type=int, default=argparse.SUPPRESS, metavar="N", help=THREADS
        )


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    ACTIONS[arguments.action][0].run(arguments)
