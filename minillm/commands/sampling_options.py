"""How the next token is chosen, as options of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from minillm.backend import stream
from minillm.models.decoding import filtering, greedy, sampling

DRAWING = ("repetition_penalty", "temperature", "top_k", "top_p", "min_p")


def number(
    kind: type[int] | type[float],
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
) -> Callable[[str], Any]:
    """The type of an option that takes a number within bounds."""
    bounds = [f"at least {least}"] if least is not None else []
    bounds += [f"above {above}"] if above is not None else []
    bounds += [f"at most {most}"] if most is not None else []

    def checked(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError as error:
            name = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"must be {name}, got {text!r}") from error
        within = (least is None or value >= least) and (above is None or value > above)
        if not (within and (most is None or value <= most) and value - value == 0):
            raise argparse.ArgumentTypeError(f"must be {' and '.join(bounds)}, got {text}")
        return value

    return checked


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """One option for each filter, and the seed."""
    group = parser.add_argument_group(
        "choice of a token, by filters in this order (without any: a draw by the probabilities)"
    )
    positive = number(float, above=0)
    for name, kind, meaning in (
        (
            "--repetition-penalty",
            number(float, least=1),
            "above 1 makes tokens of the text so far less probable",
        ),
        ("--temperature", positive, "below 1 sharpens probabilities, above 1 levels them"),
        ("--top-k", number(int, least=1), "only so many most probable tokens"),
        (
            "--top-p",
            number(float, above=0, most=1),
            "only the most probable tokens that have this share together",
        ),
        (
            "--min-p",
            number(float, least=0, most=1),
            "only tokens with this share of the probability of the best",
        ),
    ):
        group.add_argument(name, type=kind, metavar="N", help=meaning)
    group.add_argument("--greedy", action="store_true", help="always the most probable token")
    group.add_argument(
        "--seed",
        type=number(int, least=0),
        default=0,
        metavar="N",
        help="of the draws (default: 0)",
    )


def choice_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options ``choose`` and ``filtered`` of a generation.

    Raises:
        ValueError: --greedy, which draws nothing, beside an option of a draw.
    """
    if arguments.greedy:
        refuse_beside("--greedy takes the most probable token", arguments, DRAWING[1:])
    rng = stream(arguments.seed, "generate")
    return {
        "choose": greedy if arguments.greedy else sampling(rng),
        "filtered": filtering(**{name: getattr(arguments, name) for name in DRAWING}),
    }


def refuse_beside(reason: str, arguments: argparse.Namespace, names: tuple[str, ...]) -> None:
    """Refuse options that would have no effect.

    Raises:
        ValueError: names the first of them.
    """
    for name in names:
        if getattr(arguments, name):
            raise ValueError(f"{reason}: leave out --{name.replace('_', '-')}")


def refuse_large_k(arguments: argparse.Namespace, vocabulary_size: int) -> None:
    """Refuse more tokens, or beams, than there are tokens, before anything is written.

    Raises:
        ValueError: see above.
    """
    for name in ("top_k", "beam"):
        given = getattr(arguments, name, None)
        if given is not None and given > vocabulary_size:
            raise ValueError(
                f"--{name.replace('_', '-')} {given} is more than the {vocabulary_size} tokens of "
                "this model"
            )
