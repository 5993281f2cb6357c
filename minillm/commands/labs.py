"""``labs``: the experiments; ``labs list`` names them, ``labs run`` measures them again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from minillm.labs.running import run_study
from minillm.labs.stored import STORED
from minillm.labs.study import Study, find_study, study_modules
from minillm.labs.worlds.public import missing_files, public_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two things to do, each with its options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="name every study, its question and number of seeds")
    measure = actions.add_parser("run", help="measure studies and write their numbers")
    measure.add_argument("names", nargs="*", metavar="NAME", help="as `list` names it; default all")
    measure.add_argument(
        "--seeds", type=int, nargs="+", metavar="N", help="default: those of the study"
    )
    measure.add_argument(
        "--out", type=Path, default=STORED, metavar="DIR", help="default: %(default)s"
    )
    measure.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="seeds at a time, each in its own process"
    )


def run(arguments: argparse.Namespace) -> None:
    """List the studies; or measure some, all refused before the first if one cannot be run.

    Raises:
        ValueError: a study is unknown; or other seeds would overwrite what lessons draw.
    """
    if arguments.action == "list":
        for name in study_modules():
            study = find_study(name)
            needs = ", public data" if public_files(study.settings) else ""
            print(f"{name}: {study.question} ({len(study.seeds)} seeds{needs})")
        return
    studies = those_that_can_be_run(arguments.names)
    seeds = {study.name: arguments.seeds or list(study.seeds) for study in studies}
    for study in studies:
        refuse_overwriting(study, seeds[study.name], arguments.out)
    for study in studies:
        print(run_study(study, seeds[study.name], arguments.out, jobs=arguments.jobs))


def those_that_can_be_run(names: list[str]) -> list[Study]:
    """The studies of these names; without names all, but for those whose data are not here.

    Raises:
        FileNotFoundError: a study that was named needs a public file that is not here.
    """
    found = []
    for study in map(find_study, names or study_modules()):
        missing = next(missing_files(study.settings), None)
        if missing is None:
            found.append(study)
        elif names:
            raise FileNotFoundError(f"study {study.name}: {missing}")
        else:
            print(f"study {study.name} is left out: {missing}", file=sys.stderr)
    return found


def refuse_overwriting(study: Study, seeds: list[int], out: Path) -> None:
    """Stop before numbers that lessons draw would be lost.

    Raises:
        ValueError: other seeds than those of the study, into the folder of the stored numbers.
    """
    if seeds != list(study.seeds) and out.resolve() == STORED.resolve():
        raise ValueError(
            f"lessons draw seeds {list(study.seeds)} of {study.name}: --seeds needs --out DIR too"
        )
