"""How the next token is chosen, as options of a command."""

from __future__ import annotations

import argparse
from typing import Any

from minillm.backend import stream
from minillm.models.decoding import filtering, greedy, sampling


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """One option for each filter, and the seed."""
    group = parser.add_argument_group("choice of a token, filters acting in this order")
    for name, kind, meaning in (
        ("--repetition-penalty", float, "above 1 makes tokens of the text so far less probable"),
        ("--temperature", float, "below 1 sharpens probabilities, above 1 levels them"),
        ("--top-k", int, "only so many most probable tokens"),
        ("--top-p", float, "only the most probable tokens that have this share together"),
        ("--min-p", float, "only tokens with this share of the probability of the best"),
    ):
        group.add_argument(name, type=kind, metavar="N", help=meaning)
    group.add_argument("--greedy", action="store_true", help="always the most probable token")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="of the draws (default: 0)")


def choice_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options ``choose`` and ``filtered`` of a generation.

    Raises:
        ValueError: a setting out of its range.
    """
    settings = {
        name: getattr(arguments, name)
        for name in ("repetition_penalty", "temperature", "top_k", "top_p", "min_p")
    }
    rng = stream(arguments.seed, "generate")
    return {
        "choose": greedy if arguments.greedy else sampling(rng),
        "filtered": filtering(**settings),
    }


def refuse_large_k(arguments: argparse.Namespace, vocabulary_size: int) -> None:
    """Refuse more tokens than there are before anything is written.

    Raises:
        ValueError: see above.
    """
    if arguments.top_k is not None and arguments.top_k > vocabulary_size:
        raise ValueError(
            f"--top-k {arguments.top_k} is more than the {vocabulary_size} tokens of this model"
        )
