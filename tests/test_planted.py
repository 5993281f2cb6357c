"""Tests of the tests: each planted mistake turns red what is to notice it."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minillm.course.errata import read_errata
from minillm.course.guide_map import read_map
from minillm.course.markers import marks
from tests.planted import PLANTS
from tests.planted_device import DEVICE_PLANTS
from tests.planted_errata import ERRATA_PLANTS
from tests.planted_guide import GUIDE_PLANTS
from tests.planted_memory import MEMORY_PLANTS
from tests.planted_ranks import RANK_PLANTS
from tests.sampled import chosen

ROOT = Path(__file__).parents[1]
ADDOPTS = "addopts=--import-mode=importlib --strict-markers"
TOLD = ERRATA_PLANTS + GUIDE_PLANTS  # of which a row of the errata or the map says something
ALL = PLANTS + DEVICE_PLANTS + RANK_PLANTS + MEMORY_PLANTS + TOLD


@pytest.fixture(scope="module")
def nursery():
    """A process that runs pytest in forks of its own: most of a short run is its imports."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than most tests
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "nursery.py")],
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


def run(tests, folder, nursery):
    """Exit status and output of tests of a copy of the project; of one until its first failure."""
    options = ["-q", "-o", ADDOPTS, "-m", "not slow", "-p", "no:cacheprovider", *tests]
    output = folder / "output.txt"
    order = {
        "folder": str(folder),
        "arguments": [*options, *(["-x"] if len(tests) == 1 else [])],
        "output": str(output),
    }
    print(json.dumps(order), file=nursery.stdin, flush=True)
    status = int(nursery.stdout.readline())
    return status, output.read_text(encoding="utf-8")


def green(tests, output):
    """Tests of which pytest reports no failure; of a file or of all parameters, no single one."""
    failed = re.findall(r"^FAILED (\S+)", output, re.MULTILINE)
    return [
        test
        for test in tests
        if not any(re.match(re.escape(test) + r"(::|\[|$)", name) for name in failed)
    ]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project to plant in, with what Python has compiled of it."""
    folder = tmp_path_factory.mktemp("copy")
    for part in ("minillm", "tests"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@contextlib.contextmanager
def with_mistake(plant, folder):
    """The mistake in the file, and afterwards the file as it was, also to the second."""
    file = folder / "minillm" / plant.file
    source, kept = file.read_text(encoding="utf-8"), file.with_suffix(".kept")
    assert source.count(plant.old) == 1, f"{plant.file} has changed: plant it anew"
    file.rename(kept)
    file.write_text(source.replace(plant.old, plant.new), encoding="utf-8")
    try:
        yield
    finally:
        kept.replace(file)


@pytest.mark.parametrize("plant", ALL, ids=[plant.name.replace(" ", "-") for plant in ALL])
def test_a_mistake_has_one_place_to_be_planted_in(plant):
    source = (ROOT / "minillm" / plant.file).read_text(encoding="utf-8")
    assert source.count(plant.old) == 1, f"{plant.file} has changed: plant it anew"


def in_every_run(plant):
    """Each third of the errata and the map by name, and of the others each sixth: all of them take
    minutes, which the slow run has.
    """
    return chosen(plant.name, 3 if plant in TOLD else 6)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks of one process")
@pytest.mark.parametrize(
    "plant",
    [pytest.param(p, marks=[] if in_every_run(p) else [pytest.mark.slow]) for p in ALL],
    ids=[plant.name.replace(" ", "-") for plant in ALL],
)
def test_a_planted_mistake_turns_its_tests_red(plant, copy, nursery):
    tests = plant.tests.split()
    with with_mistake(plant, copy):
        status, output = run(tests, copy, nursery)
    assert status == 1, output[-4000:]  # any other: they did not run
    assert green(tests, output) == []


def test_a_test_that_stays_green_is_named():
    output = "FAILED tests/a.py::test_b[0] - assert 1\nFAILED tests/a.py::test_cd - x\n2 failed"
    tests = ["tests/a.py::test_b", "tests/a.py::test_c", "tests/a.py::test_cd", "tests/a.py"]
    assert green(tests, output) == ["tests/a.py::test_c"]


def planted(kind):
    """What the tests that a plant names stand for, as far as the default run runs them."""
    named = {test for plant in ALL for test in plant.tests.split()}
    return {
        mark.value
        for mark in marks()
        if mark.kind == kind and mark.always and mark.test.replace(": ", "::") in named
    }


def test_of_every_tested_erratum_a_test_is_named_by_a_plant():
    watched = planted("errata")
    assert [row.number for row in read_errata() if not row.why and row.number not in watched] == []


def test_of_every_row_of_the_guide_that_is_done_a_test_is_named_by_a_plant():
    watched = planted("guide")
    assert [e.feature for e in read_map() if not e.open and e.feature not in watched] == []


def test_no_name_of_a_plant_is_given_twice():
    names = [plant.name for plant in ALL]
    assert sorted(names) == sorted(set(names))
