"""``runs``: what differs between runs, how they ended, their curves, and where these part."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.commands.run_pictures import FORMATS, curves_picture
from minillm.commands.run_report import in_numbers, report
from minillm.commands.run_search import find_runs
from minillm.commands.runs import require_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, and where to write a picture and the numbers."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a run's folder, its record, a folder of runs however deep, or a pattern",
    )
    parser.add_argument(
        "--out", type=picture_of, metavar="FILE", help="a .png or .svg of the curves"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")


def picture_of(text: str) -> Path:
    """A picture that can be written.

    Raises:
        argparse.ArgumentTypeError: it is a folder, of another kind, or there is no folder for it.
    """
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a file in a folder that exists, got {text!r}")
    if path.suffix.lower() not in FORMATS:
        raise argparse.ArgumentTypeError(f"must end in {' or '.join(FORMATS)}, got {text!r}")
    return path


def run(arguments: argparse.Namespace) -> None:
    """Compare runs.

    Raises:
        OSError, ValueError: no run is found, none of them can be read, or --json is another file.
    Guide: 7.2.2 (G57).
    """
    require_files(arguments, "json")
    found = find_runs(arguments.paths)
    for line in found.left_out:
        print(f"minillm runs: {line}", file=sys.stderr)
    print(report(found.runs))
    if arguments.json is not None:
        text = json.dumps(without_nan(in_numbers(found.runs)), indent=1, ensure_ascii=False)
        write_atomically(arguments.json, (text + "\n").encode())
    if arguments.out is not None:
        curves_picture(arguments.out, found.runs)
        print(f"\npicture: {arguments.out}")


def without_nan(value: Any) -> Any:
    """The same with ``null`` for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
