"""``labs``: the experiments; ``labs list`` names them, ``labs run`` measures them again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from minillm.commands.lab_matrix import write_matrix
from minillm.commands.lab_pictures import comparison_picture
from minillm.commands.lab_report import shown
from minillm.commands.study_report import found
from minillm.labs.compare import Lab
from minillm.labs.comparing import run_lab
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.running import run_study
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.study import Study, find_study, study_modules
from minillm.labs.worlds.public import missing_files, public_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, each with its options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="name every study, its question and number of seeds")
    measure = actions.add_parser(
        "run",
        help="measure studies and write their numbers; after Ctrl-C the same command goes on",
    )
    measure.add_argument("names", nargs="*", metavar="NAME", help="as `list` names it; default all")
    measure.add_argument(
        "--seeds", type=int, nargs="+", metavar="N", help="default: those of the study"
    )
    measure.add_argument(
        "--out", type=Path, default=STORED, metavar="DIR", help="default: %(default)s"
    )
    measure.add_argument(
        "--overwrite", action="store_true", help="numbers in DIR that are not measured again go"
    )
    measure.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="seeds at a time, each in its own process"
    )
    measure.add_argument(
        "--remedies", nargs="+", metavar="NAME", help="of a lab: these beside its baseline alone"
    )
    measure.add_argument(
        "--remedy",
        type=Path,
        metavar="FILE",
        help="of a lab: a remedy of your own beside them, as `template` shows one; "
        "the file is run in this process and may do whatever you may",
    )
    template = actions.add_parser("template", help="print the file of a remedy of one's own")
    template.add_argument("name", metavar="NAME", help="a lab")
    beside = actions.add_parser("matrix", help="draw all remedies beside all labs, as measured")
    beside.add_argument(
        "--out", type=Path, default=STORED.parent, metavar="DIR", help="default: %(default)s"
    )


def run(arguments: argparse.Namespace) -> None:
    """List the studies; or measure some, all refused before the first if one cannot be run.

    Raises:
        ValueError: a study is unknown; or other seeds would overwrite what lessons draw.
    """
    if arguments.action == "list":
        for name in study_modules():
            print(listed(find_study(name)))
    elif arguments.action == "template":
        print(the_lab([find_study(arguments.name)], "template").template, end="")
    elif arguments.action == "matrix":
        print(write_matrix(arguments.out))
    else:
        measure(arguments)


def listed(study: Study) -> str:
    """A study in one line; of a lab its remedies, too."""
    needs = ", public data" if public_files(study.settings) else ""
    line = f"{study.name}: {study.question} ({len(study.seeds)} seeds{needs})"
    if isinstance(study, Lab):
        line += f"; remedies: {'; '.join([*study.remedies][1:])}"
    return line


def measure(arguments: argparse.Namespace) -> None:
    """Measure studies and labs, or some remedies of one lab.

    Raises:
        ValueError: as ``run``; one lab is needed where remedies are chosen.
    """
    studies = those_that_can_be_run(arguments.names)
    seeds = {s.name: s.seeds if arguments.seeds is None else arguments.seeds for s in studies}
    if arguments.remedies is not None or arguments.remedy is not None:
        lab = the_lab(studies, "--remedies or --remedy")
        measure_some(lab, [*seeds[lab.name]], arguments)
        return
    for study in studies:
        refuse_overwriting(study, [*seeds[study.name]], arguments)
    for study in studies:
        if isinstance(study, Lab):
            measure_lab(study, [*seeds[study.name]], arguments)
        else:
            measure_study(study, [*seeds[study.name]], arguments)


def measure_study(study: Study, seeds: list[int], arguments: argparse.Namespace) -> None:
    """Measure a study and print what it found."""
    with telling_what_is_kept():
        path = run_study(study, seeds, arguments.out, jobs=arguments.jobs)
    print(found(study, read_study(study.name, path.parent)), path, sep="\n\n")


def the_lab(studies: Sequence[Study], what: str) -> Lab:
    """The one lab among the studies that were named.

    Raises:
        ValueError: there are several studies, or it is no lab; the message lists the labs.
    """
    if len(studies) == 1 and isinstance(studies[0], Lab):
        return studies[0]
    labs = [name for name in study_modules() if isinstance(find_study(name), Lab)]
    got = studies[0].name if len(studies) == 1 else f"{len(studies)} studies"
    raise ValueError(f"{what} needs one lab, got {got}; there are {', '.join(labs)}")


def measure_some(lab: Lab, seeds: list[int], arguments: argparse.Namespace) -> None:
    """A lab with the remedies that were chosen, and one of a file.

    Raises:
        ValueError: a remedy is unknown; several processes for a file; no folder of its own.
    """
    if arguments.out.resolve() == STORED.resolve():
        raise ValueError(
            "lessons draw all remedies: with --remedies or --remedy give --out DIR too"
        )
    arms = lab.arms if arguments.remedies is None else lab.chosen(arguments.remedies)
    if arguments.remedy is not None:
        if arguments.jobs != 1:
            raise ValueError(f"--remedy runs its file in this process: got --jobs {arguments.jobs}")
        lab, own = with_own_remedy(lab, arguments.remedy)
        arms = [*arms, own]  # last, so that it cannot change what others are given
    refuse_overwriting(lab, seeds, arguments, arms)
    measure_lab(lab, seeds, arguments, arms, keep=True)


def measure_lab(
    lab: Lab,
    seeds: list[int],
    arguments: argparse.Namespace,
    arms: list[str] | None = None,
    *,
    keep: bool = False,
) -> None:
    """Measure a lab, print its table, and draw its picture beside its file."""
    with telling_what_is_kept():
        path, result = run_lab(lab, seeds, arguments.out, arms=arms, jobs=arguments.jobs, keep=keep)
    print(shown(result), path, sep="\n")
    picture = path.with_suffix(".png")
    comparison_picture(picture, result)
    print(picture)


@contextmanager
def telling_what_is_kept() -> Iterator[None]:
    """Say after Ctrl-C that what is measured is not lost."""
    try:
        yield
    except KeyboardInterrupt:
        print("\nwhat is measured is kept: the same command goes on from there", file=sys.stderr)
        raise


def those_that_can_be_run(names: list[str]) -> list[Study]:
    """The studies of these names; without names all, but for those whose data are not here.

    Raises:
        FileNotFoundError: a study that was named needs a public file that is not here.
    """
    there = []
    for study in map(find_study, names or study_modules()):
        missing = next(missing_files(study.settings), None)
        if missing is None:
            there.append(study)
        elif names:
            raise FileNotFoundError(f"study {study.name}: {missing}")
        else:
            print(f"study {study.name} is left out: {missing}", file=sys.stderr)
    return there


def refuse_overwriting(
    study: Study, seeds: list[int], arguments: argparse.Namespace, arms: list[str] | None = None
) -> None:
    """Stop before numbers would be lost: those that lessons draw, or others of the same folder.

    Raises:
        ValueError: other seeds than those of the study, into the folder of the stored numbers;
            or, without --overwrite, a file there has seeds or remedies that would not be measured.
    """
    out: Path = arguments.out
    if out.resolve() == STORED.resolve():
        if seeds != list(study.seeds):
            raise ValueError(
                f"lessons draw seeds {list(study.seeds)} of {study.name}: --seeds needs --out DIR "
                "too"
            )
        return
    there = held(study.name, out)
    if arms is None:
        arms = study.arms if isinstance(study, Lab) else []
    lost = [one for one in there if one not in [*seeds, *arms]]
    if lost and not arguments.overwrite:
        raise ValueError(
            f"{out / study.name}.json has numbers of {', '.join(map(str, lost))}, which would not "
            "be measured again: give --overwrite, or another --out"
        )


def held(name: str, out: Path) -> list[int | str]:
    """The seeds and the remedies of the numbers that are in a folder."""
    try:
        stored = read_file(name, out)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [*stored["seeds"], *stored.get("cpu_seconds", {})]
