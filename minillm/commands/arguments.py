"""Every command with its options."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from minillm.backend import DEVICES
from minillm.commands import course
from minillm.tasks import Recipe
from minillm.text import TOKENIZERS


def build_parser() -> argparse.ArgumentParser:
    """The parser; each command's function is imported when that command is chosen."""
    parser = argparse.ArgumentParser(prog="minillm", description="Language models from scratch.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_pipeline(commands)
    add_train(commands)
    add_evaluate(commands)
    add_predict(commands)
    add_command(commands, "info", "what is installed and in force on this machine")
    course.add_arguments(
        add_command(commands, "course", "what is made for the lessons, and what students hand in")
    )
    return parser


def add_command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    """A command with the options that all share."""
    parser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="of BLAS; 1 is best for small models"
    )
    parser.set_defaults(run=lambda arguments: command(name)(arguments))
    return parser


def command(name: str) -> Any:
    """The function ``run`` of ``minillm.commands.<name>``."""
    import importlib

    return importlib.import_module(f"minillm.commands.{name}").run


def add_pipeline(commands: Any) -> None:
    """``pipeline``: the whole guide on built-in data."""
    parser = add_command(
        commands, "pipeline", "the guide's pipeline on built-in data, from text to prediction"
    )
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--corpus", choices=("sentiment", "topics"), default="sentiment")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    add_run_options(parser, default_out=None)


def add_train(commands: Any) -> None:
    """``train``: pretrain and fine-tune on the user's files."""
    parser = add_command(commands, "train", "pretrain and fine-tune a classifier on your own file")
    parser.add_argument("train", type=Path, metavar="FILE", help="labelled texts, one a line")
    parser.add_argument("--dev", type=Path, help="held-out file; default: a tenth of FILE")
    parser.add_argument("--test", type=Path, help="test file; default: a tenth of FILE if no --dev")
    parser.add_argument("--unlabelled", type=Path, help="more texts to pretrain on, one a line")
    add_columns(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier run in --out")
    add_run_options(parser, default_out=Path("runs/train"))
    add_recipe(parser)


def add_evaluate(commands: Any) -> None:
    """``evaluate``: a trained model on a labelled file."""
    parser = add_command(commands, "evaluate", "score a trained model on a labelled file")
    add_model(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="labelled texts, one a line")
    add_columns(parser)


def add_predict(commands: Any) -> None:
    """``predict``: labels for new texts."""
    parser = add_command(commands, "predict", "label new texts with a trained model")
    add_model(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    parser.add_argument("--file", type=Path, help="texts to label, one a line")


def add_model(parser: argparse.ArgumentParser) -> None:
    """A trained model, and where to run it."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="a run's folder or model file")
    parser.add_argument("--device", choices=DEVICES, default="cpu")


def add_columns(parser: argparse.ArgumentParser) -> None:
    """How a labelled file is laid out, and which class is the one to find."""
    parser.add_argument(
        "--columns",
        type=lambda text: tuple(text.split(",")),
        default=("label", "text"),
        metavar="NAMES",
        help="columns in their order; 'label' and 'text' count, others are skipped "
        "(default: label,text)",
    )
    parser.add_argument("--positive", metavar="LABEL", help="the class to find; default: the rarer")


def add_run_options(parser: argparse.ArgumentParser, *, default_out: Path | None) -> None:
    """Where to compute, where to write, whether to go on."""
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    parser.add_argument("--out", type=Path, default=default_out, metavar="DIR")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """One option for each setting of a recipe."""
    group = parser.add_argument_group("recipe")
    for entry in fields(Recipe):
        name = "--" + entry.name.replace("_", "-")
        meaning = f"{entry.metadata['meaning']} (default: {entry.default})"
        if isinstance(entry.default, bool):
            group.add_argument(name, action="store_true", help=entry.metadata["meaning"])
        elif entry.name == "tokenizer":
            group.add_argument(name, choices=tuple(TOKENIZERS), default="word", help=meaning)
        else:
            kind = type(entry.default)
            group.add_argument(name, type=kind, default=entry.default, metavar="N", help=meaning)


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe that the options describe."""
    return Recipe(**{entry.name: getattr(arguments, entry.name) for entry in fields(Recipe)})
