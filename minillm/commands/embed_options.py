"""The options of ``embed train``, and what is refused of them before any work."""

from __future__ import annotations

import argparse
from pathlib import Path

from minillm.commands.arguments import add_encoding, add_resuming, folder_of
from minillm.commands.one_writer import hold_out
from minillm.commands.runs import require_out
from minillm.commands.sampling_options import number
from minillm.models.word_vectors import GloveSettings, Word2VecSettings
from minillm.models.word_vectors.settings import CBOW, SKIP_GRAM

VECTORS, NUMBERS, PICTURE = "vectors.txt", "vectors.json", "vectors.png"
CHECKPOINT = "checkpoint.safetensors"
GLOVE = "glove"
METHODS = (SKIP_GRAM, CBOW, GLOVE)
CBOW_RATE = 0.05  # that of word2vec.c


def add_training(parser: argparse.ArgumentParser) -> None:
    """The texts, the method and its sizes, and where to write."""
    whole = number(int, least=1)
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILE", help="texts; .jsonl files have their own")
    add(
        "--sentences",
        choices=("lines", "paragraphs", "whole"),
        default="lines",
        help="what no window reaches beyond (default: lines)",
    )
    add_encoding(parser)
    add("--method", choices=METHODS, default=SKIP_GRAM, help=f"default: {SKIP_GRAM}")
    add("--width", type=whole, default=100, metavar="N", help="of a vector (default: 100)")
    add_learning(parser)
    add("--min-count", type=whole, default=5, metavar="N", help="of a word (default: 5)")
    add("--max-words", type=whole, metavar="N", help="the most frequent alone (default: all)")
    add("--seed", type=number(int, least=0), default=0, metavar="N", help="default: 0")
    out = Path("runs/embed")
    add("--out", type=folder_of, default=out, metavar="DIR", help=f"default: {out}")
    add_resuming(parser)


def add_learning(parser: argparse.ArgumentParser) -> None:
    """How it is learned; each method has defaults of its own."""
    whole, add = number(int, least=1), parser.add_argument
    add("--window", type=whole, metavar="N", help=usual("words on either side", window=10))
    add("--epochs", type=whole, metavar="N", help=usual("passes", epochs=GloveSettings.epochs))
    add(
        "--rate",
        type=number(float, above=0),
        metavar="N",
        help=f"of learning (default: {Word2VecSettings.rate} for skip-gram, {CBOW_RATE} for cbow, "
        f"{GloveSettings.rate} for glove, for which 0.15 is better where the text is small)",
    )
    add(
        "--negatives",
        type=whole,
        metavar="N",
        help="drawn words for each true one; not for glove (default: "
        f"{Word2VecSettings.negatives})",
    )
    add(
        "--subsample",
        type=number(float, least=0),
        metavar="N",
        help="words of a larger share of the text are thinned out, 0: none; not for glove "
        f"(default: {Word2VecSettings.subsample:g})",
    )


def usual(meaning: str, **glove: int) -> str:
    """What an option means, and the defaults of the methods; of ``glove`` its own."""
    ((name, own),) = glove.items()
    return f"{meaning} (default: {getattr(Word2VecSettings, name)}, for glove {own})"


def refuse_replacing(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost, or before work that could not be kept.

    Raises:
        OSError: ``--out`` is not a folder, may not be written, or is written by another process.
        ValueError: it holds a run, and neither --resume nor --overwrite was given; an option that
            the method does not have.
    """
    require_out(arguments.out)
    hold_out(arguments)
    there = [name for name in (VECTORS, CHECKPOINT) if (arguments.out / name).exists()]
    for name in ("negatives", "subsample"):
        if arguments.method == GLOVE and getattr(arguments, name) is not None:
            raise ValueError(f"--{name} is for skip-gram and cbow: glove draws no words")
    if there and not (arguments.resume or arguments.overwrite):
        raise ValueError(
            f"--out {arguments.out} holds an earlier run ({there[0]}): give --resume, "
            "--overwrite, or another --out"
        )
