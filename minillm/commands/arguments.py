"""The commands, and the options that several of them have.

A command is a module of this package with ``add_arguments(parser)`` and ``run(arguments)``; it is
imported when it is chosen.  The module has the command's name, or the one in ``MODULES``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import minillm
from minillm.backend import DEVICES
from minillm.commands.option_kinds import KINDS

R = TypeVar("R", bound=Any)
THREADS = "that share a batch in training, and of BLAS elsewhere; 1 is best for small models"
COMMANDS = {  # name -> what it does
    "pipeline": "the guide's pipeline on built-in data, from text to prediction",
    "train": "pretrain and fine-tune a classifier on your own file",
    "finetune": "teach a pretrained model your labels, and see what it forgets",
    "evaluate": "score a trained model on a labelled file",
    "predict": "label new texts with a trained model",
    "tag": "find names in texts: learn from CoNLL files, tag, and evaluate",
    "tokenizer": "learn the tokens of your texts, or show those of a text",
    "embed": "learn word vectors from your texts, and ask them for neighbours and analogies",
    "pretrain": "train a language model on your own texts, from left to right",
    "instruct": "teach a language model to answer, from your conversations",
    "prefer": "teach it which of two answers is preferred, from your pairs (DPO)",
    "convert": "from a published model to a run's, and back",
    "generate": "write on with a trained language model",
    "chat": "talk to a trained language model",
    "serve": "a page in the browser on which a trained model is asked, and the same as JSON",
    "translate": "learn from pairs of sentences, translate, and score translations",
    "runs": "compare runs: settings that differ, losses, curves, where these part",
    "guide": "from a section of the guide to our code, lessons and tests",
    "labs": "list the experiments, or measure one again",
    "course": "what is made for the lessons, and what students hand in",
    "profile": "where a training step spends time, operations and memory, layer by layer",
    "bench": "how fast training is on this machine",
    "info": "what is installed and in force on this machine",
}
MODULES = {"runs": "run_comparison"}  # ``commands/runs.py`` is about the folder of one run


def build_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line: every command by name, and the chosen one's options."""
    parser = argparse.ArgumentParser(prog="minillm", description="Language models from scratch.")
    parser.add_argument("--version", action="version", version=f"minillm {minillm.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in argv if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        own = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        if name == chosen:
            module = importlib.import_module(f"minillm.commands.{MODULES.get(name, name)}")
            module.add_arguments(own)
            add_shared(own)
            own.set_defaults(run=module.run)
    return parser


def add_shared(parser: argparse.ArgumentParser) -> None:
    """What every command has."""
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help=THREADS,
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """A trained model, and where to run it."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="a run's folder or model file, or a published folder with config.json",
    )
    parser.add_argument("--device", choices=DEVICES, default="cpu")


def add_labelled(parser: argparse.ArgumentParser) -> None:
    """How a labelled file is laid out, and which class is the one to find."""
    parser.add_argument(
        "--columns",
        type=columns_of,
        metavar="NAMES",
        help="by a header or JSON keys: label=sentiment,text=review; or by place: "
        "id,label,text (default: a header if there is one, else label,text)",
    )
    parser.add_argument(
        "--delimiter",
        type=lambda text: {"tab": "\t", "\\t": "\t"}.get(text, text),
        metavar="C",
        help="between the columns: ';' or tab (default: a comma in .csv files, else a tab)",
    )
    add_encoding(parser)
    parser.add_argument(
        "--positive", metavar="LABEL", help="the class to find; default: the rarest in training"
    )


def add_labelled_training(parser: argparse.ArgumentParser) -> None:
    """A labelled file to learn from, those to measure on, and how they are laid out."""
    parser.add_argument("train", type=Path, metavar="FILE", help="labelled texts, one a line")
    parser.add_argument("--dev", type=Path, help="held-out file; default: a tenth of FILE")
    parser.add_argument("--test", type=Path, help="test file; default: a tenth of FILE if no --dev")
    add_labelled(parser)
    parser.add_argument(
        "--max-characters",
        type=int,
        default=10_000,
        metavar="N",
        help="longer texts of FILE are dropped, and counted (default: 10000)",
    )


def add_encoding(parser: argparse.ArgumentParser) -> None:
    """How the characters of a file are written."""
    parser.add_argument(
        "--encoding", default="utf-8", metavar="NAME", help="of the files: utf-8, utf-16, gbk, ..."
    )


def columns_of(text: str) -> dict[str, str] | tuple[str, ...]:
    """``label=a,text=b`` as a dictionary, ``label,text`` as a tuple."""
    parts = [part.partition("=") for part in text.split(",")]
    if not any(equals for _, equals, _ in parts):
        return tuple(name for name, _, _ in parts)
    if not all(equals for _, equals, _ in parts):
        raise argparse.ArgumentTypeError(f"{text!r} mixes names and places; give one or the other")
    return {name: column for name, _, column in parts}


def folder_of(text: str) -> Path:
    """A folder's path; an empty one is a forgotten variable, not the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("needs a folder, got an empty text")
    return Path(text)


def add_run_options(parser: argparse.ArgumentParser, *, default_out: Path | None) -> None:
    """Where to compute, and where to write."""
    where = "where to write the run" + (f" (default: {default_out})" if default_out else "")
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    parser.add_argument("--out", type=folder_of, default=default_out, metavar="DIR", help=where)
    parser.set_defaults(shares_batches=True)


def add_resuming(parser: argparse.ArgumentParser) -> None:
    """Whether to go on with the run in --out, or to replace it; not both."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    either.add_argument("--overwrite", action="store_true", help="replace an earlier run in --out")


def add_training_options(parser: argparse.ArgumentParser, *, default_out: Path, kept: str) -> None:
    """``add_run_options``, and what may be done with an earlier run, which keeps its ``kept``."""
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="RUN",
        help=f"folder of an earlier run to train on from, with its {kept}",
    )
    add_overwriting(parser, default_out=default_out)


def add_overwriting(parser: argparse.ArgumentParser, *, default_out: Path) -> None:
    """``add_run_options``, and that an earlier run may be gone on with, or replaced."""
    add_resuming(parser)
    add_run_options(parser, default_out=default_out)
    parser.add_argument(
        "--watch",
        action="store_true",
        help="stop at a fault (NaN, explosion, dead units, ...) and name what began it; slower",
    )


def add_recipe(parser: argparse.ArgumentParser, recipe: type[Any]) -> None:
    """One option for each setting of a kind of recipes."""
    group = parser.add_argument_group("recipe")
    for entry in fields(recipe):
        name = "--" + entry.name.replace("_", "-")
        meaning = f"{entry.metadata['meaning']} (default: {entry.default})"
        if isinstance(entry.default, bool):
            group.add_argument(name, action="store_true", help=entry.metadata["meaning"])
        elif choices := entry.metadata["choices"]:
            group.add_argument(name, choices=choices, default=entry.default, help=meaning)
        else:
            kind = KINDS.get(entry.name, type(entry.default))
            shown = None if entry.name == "tokenizer" else "N"
            group.add_argument(name, type=kind, default=entry.default, metavar=shown, help=meaning)


def recipe_of(arguments: argparse.Namespace, recipe: type[R]) -> R:
    """The recipe that the options describe.

    Raises:
        ValueError: as the recipe, with the option's name.
    """
    names = [entry.name for entry in fields(recipe)]
    try:
        return recipe(**{name: getattr(arguments, name) for name in names})
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        if name not in names:
            raise
        raise ValueError(f"--{name.replace('_', '-')} {rest}") from error
