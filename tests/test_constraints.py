"""The versions that were tried: one of each package that the default tests need."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from minillm.backend.clone import PROJECT

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (PROJECT / "tests" / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINNED = dict(line.split("==") for line in LINES if not line.startswith("#"))
EXTRAS = DECLARED["optional-dependencies"]
NEEDED = [*DECLARED["dependencies"], *EXTRAS["course"], *EXTRAS["test"], *EXTRAS["dev"]]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("text", [*dict.fromkeys(NEEDED), *EXTRAS["cuda12x"]])
def test_every_requirement_is_pinned_to_a_version_that_it_allows(text):
    requirement = Requirement(text)
    assert requirement.specifier.contains(PINNED[canonical(requirement.name)])


def test_every_requirement_of_the_requirements_file_is_pinned():
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [Requirement(line) for line in lines if not line.startswith(("#", "-"))]
    wanted = [requirement for requirement in named if requirement.url is None]
    assert len(wanted) >= 6
    for requirement in wanted:
        assert requirement.specifier.contains(PINNED[canonical(requirement.name)])


def test_each_package_is_there_once_with_an_exact_version_in_order():
    pins = [line for line in LINES if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in pins)
    assert [line.split("==")[0] for line in pins] == sorted(PINNED)
