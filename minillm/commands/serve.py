"""``serve``: a page on which a trained model is asked, and the same as JSON."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import fields
from pathlib import Path

from minillm.backend import load_arrays
from minillm.commands.arguments import add_model
from minillm.commands.evaluate import load_classifier
from minillm.commands.generate import load_language_model
from minillm.commands.runs import model_file
from minillm.commands.sampling_options import number
from minillm.nn.quantization import STORED
from minillm.serving import Limits, Served, served
from minillm.serving.addresses import is_address
from minillm.tasks import TextClassifier
from minillm.tasks.generation import LanguageModel
from minillm.tasks.published import is_published, open_published

MEANINGS = {
    "batch": "requests that are answered together, at most",
    "queue": "requests that may wait; beyond that the answer is 503",
    "max_bytes": "of a request",
    "max_tokens": "of a text, and new ones behind it",
    "timeout": "seconds for a request to arrive, and as many to answer it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, where it is reached, and how much is taken on."""
    add_model(parser)
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen at (default: 127.0.0.1, this machine)",
    )
    port = number(int, least=0, most=65_535)
    add("--port", type=port, default=8000, metavar="N", help="0 is any free one (default: 8000)")
    add(
        "--allow-host",
        type=name_of_host,
        action="append",
        default=[],
        metavar="NAME",
        help="another name under which the page is opened; may be repeated",
    )
    add(
        "--stored",
        choices=("float32", *STORED),
        default="float32",
        help="how the weights of linear layers are kept in memory (default: float32)",
    )
    for entry in fields(Limits):
        add(
            "--" + entry.name.replace("_", "-"),
            type=float if entry.name == "timeout" else int,
            default=entry.default,
            metavar="N",
            help=f"{MEANINGS[entry.name]} (default: {entry.default})",
        )


def name_of_host(text: str) -> str:
    """A name as a browser's ``Host`` has it; a port may be any, and is not compared.

    Raises:
        argparse.ArgumentTypeError: it is an address with more to it, which no ``Host`` is.
    """
    name = text.strip("[]")
    if not (re.fullmatch(r"[A-Za-z0-9_.-]+", name) or is_address(name)):
        raise argparse.ArgumentTypeError(
            f"must be a name alone, such as lab.local, without http://, port or path, got {text!r}"
        )
    return name


def run(arguments: argparse.Namespace) -> None:
    """Listen, say where, load the model, and answer until Ctrl-C."""
    from minillm.serving.server import is_loopback, listening, serve  # needs the extra

    limits = limits_of(arguments)
    if not arguments.model.exists():
        raise FileNotFoundError(f"{arguments.model}: there is no such file or folder")
    host = arguments.host.strip("[]")
    at = listening(host, arguments.port)
    if not is_loopback(host):
        print(
            f"minillm serve: --host {host}: everybody who reaches this address can ask the model; "
            "there is no password and nothing is encrypted",
            file=sys.stderr,
        )
    shown = f"[{host}]" if ":" in host else host
    print(f"http://{shown}:{at.getsockname()[1]}/  (Ctrl-C ends)", flush=True)
    try:
        serve(lambda: load(arguments, limits), limits, at, host=host, names=arguments.allow_host)
    finally:
        at.close()


def limits_of(arguments: argparse.Namespace) -> Limits:
    """The limits that the options say.

    Raises:
        ValueError: as ``Limits``, with the option's name.
    """
    names = [entry.name for entry in fields(Limits)]
    try:
        return Limits(**{name: getattr(arguments, name) for name in names})
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        raise ValueError(f"--{name.replace('_', '-')} {rest}") from error


def load(arguments: argparse.Namespace, limits: Limits) -> Served:
    """The model of a folder, ready to be asked."""
    model = open_served(arguments.model, arguments.device)
    name = arguments.model.resolve().name
    return served(model, limits, name=name, stored=arguments.stored)


def open_served(path: Path, device: str) -> TextClassifier | LanguageModel:
    """What ``predict``, ``generate`` and ``chat`` open.

    Raises:
        OSError, ValueError: as they; the model is of another kind.
    """
    if is_published(path):
        found = open_published(path)
        if isinstance(found, TextClassifier | LanguageModel):
            found.model.to_device(device)
            return found
        kind = type(found).__name__
    else:
        kind = load_arrays(model_file(path))[1].get("kind", "model of another kind")
    if kind == "text classifier":
        return load_classifier(path, device)
    if kind == "language model":
        return load_language_model(path, device)
    raise ValueError(f"{path}: not a text classifier or a language model but a {kind}")
