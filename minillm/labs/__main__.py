"""The experiments' command line: ``python -m minillm.labs list | run NAME``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minillm.backend.threads import limit_threads
from minillm.labs.study import STORED, STUDIES, find_study, run_study


def parser() -> argparse.ArgumentParser:
    """The two commands and their options."""
    top = argparse.ArgumentParser(prog="python -m minillm.labs", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name every study and its question")
    run = commands.add_parser("run", help="measure a study and write its numbers")
    run.add_argument("name", help="as `list` names it")
    run.add_argument(
        "--seeds", type=int, nargs="+", metavar="N", help="default: those of the study"
    )
    run.add_argument("--out", type=Path, default=STORED, metavar="DIR", help="default: %(default)s")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused, 2 wrong options."""
    options = parser().parse_args(argv)
    if options.command == "list":
        for name in sorted(STUDIES):
            print(f"{name}: {find_study(name).question}")
        return 0
    limit_threads(1)
    try:
        study = find_study(options.name)
        seeds = options.seeds or list(study.seeds)
        if seeds != list(study.seeds) and options.out.resolve() == STORED.resolve():
            raise ValueError(f"lessons draw seeds {list(study.seeds)}: --seeds needs --out DIR too")
        print(run_study(study, seeds, options.out))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
