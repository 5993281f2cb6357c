"""A Python that is too old is told so in one line, before anything is downloaded or imported."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from minillm.course.places import PROJECT

TEXT = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
NEEDED = SpecifierSet(tomllib.loads(TEXT)["project"]["requires-python"])
FIRST = (PROJECT / "minillm" / "__init__.py").read_text(encoding="utf-8")
REQUIREMENTS = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
MESSAGE = "minillm needs Python 3.11 or newer; this is Python 3.10.13"


def on_an_older_python(program):
    """Run a program that takes itself to run on Python 3.10.13."""
    older = "import sys; sys.version_info, sys.version = (3, 10, 13), '3.10.13 (main)'; "
    return subprocess.run(
        [sys.executable, "-c", older + program], cwd=PROJECT, capture_output=True, text=True
    )


def test_as_a_command_it_ends_with_one_line():
    run = on_an_older_python("sys.argv = ['-m']; import minillm")
    assert (run.returncode, run.stdout, run.stderr) == (1, "", MESSAGE + "\n")


def test_imported_by_a_program_it_is_an_error_that_the_program_can_catch():
    run = on_an_older_python("\ntry: import minillm\nexcept ImportError as e: print(e)")
    assert (run.returncode, run.stdout, run.stderr) == (0, MESSAGE + "\n", "")
    assert on_an_older_python("import minillm").stderr.endswith(f"ImportError: {MESSAGE}\n")


def test_nothing_of_the_package_is_imported_before_the_check():
    body = [node for node in ast.parse(FIRST).body if not isinstance(node, ast.Expr)]
    assert ast.unparse(body[0]) == "import sys"
    assert isinstance(body[1], ast.If)


def test_an_old_python_can_read_as_far_as_the_check():
    """The whole file is parsed first: nothing in it may be newer than the oldest Python 3."""
    ast.parse(FIRST, feature_version=(3, 0))
    assert not [
        n for n in ast.walk(ast.parse(FIRST)) if isinstance(n, ast.JoinedStr | ast.AnnAssign)
    ]


def test_the_first_requirement_stops_pip_on_an_older_python_and_no_other():
    stop = Requirement(next(line for line in REQUIREMENTS if not line.startswith("#")))
    for version in ("3.8", "3.9", "3.10"):
        assert stop.marker.evaluate({"python_version": version})
    for version in ("3.11", "3.12", "3.13", "3.14", "3.20"):
        assert not stop.marker.evaluate({"python_version": version})
    assert stop.url.startswith("file:///")  # no index is asked
    assert stop.url.endswith("/minillm_needs_python-3.11+or.newer-py311-none-any.whl")


@pytest.mark.parametrize("text", [FIRST, "\n".join(REQUIREMENTS)], ids=["package", "requirements"])
def test_the_oldest_version_is_said_to_be_the_same_everywhere(text):
    named = {*re.findall(r"(?:python-|Python )(3\.\d+)", text)}
    assert {SpecifierSet(f">={version}") for version in named} == {NEEDED}
