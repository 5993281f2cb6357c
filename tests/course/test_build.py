"""All that is generated: up to date in this project, and made anew in a small one."""

import subprocess
import sys

import pytest

from minillm.course.build import build, generated, out_of_date
from minillm.course.places import PROJECT, read, write
from tests.course.test_notebooks import SOURCE

MADE = [
    *(
        "README.md",
        "README.zh.md",
        "figures/phases.svg",
        "lessons/01_one.ipynb",
        "lessons/errata.md",
    ),
    *("lessons/glossary.md", "lessons/guide_map.md", "lessons/reading.md", "lessons/syllabus.md"),
    *(
        "lessons/zh/01_one.ipynb",
        "lessons/zh/errata.md",
        "lessons/zh/guide_map.md",
        "lessons/zh/reading.md",
    ),
    "lessons/zh/syllabus.md",
]


@pytest.fixture
def project(tmp_path):
    """A project with one lesson, one test and a README."""
    write(tmp_path / "lessons" / "src" / "01_one.py", SOURCE)
    lessons = "<!-- lessons: begin -->\n<!-- lessons: end -->\n"
    for page in ("README.md", "README.zh.md", "lessons/syllabus.md", "lessons/zh/syllabus.md"):
        write(tmp_path / page, f"a\n{lessons}b\n")
    marker = '@pytest.mark.guide("G25")\n@pytest.mark.errata("A59")\n'
    write(tmp_path / "tests" / "test_one.py", f"import pytest\n\n{marker}def test_a():\n    pass\n")
    return tmp_path


def names(project, paths):
    return sorted(path.relative_to(project).as_posix() for path in paths)


def test_what_is_committed_is_what_it_is_made_from():
    assert out_of_date() == [], "run python -m minillm course build"


def test_everything_is_written_once_and_a_second_time_nothing(project):
    assert names(project, out_of_date(project)) == MADE
    assert not (project / "figures").exists()
    assert names(project, build(project)) == MADE
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert build(project) == [] and out_of_date(project) == []
    assert before == {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_pages_and_map_show_the_tests_that_are_marked(project):
    build(project)
    for path, up in (("lessons/errata.md", "../"), ("lessons/zh/errata.md", "../../")):
        assert f"[tests/test_one]({up}tests/test_one.py)" in read(project / path)
        path = path.replace("errata", "guide_map")
        assert f"[test_one]({up}tests/test_one.py) 1" in read(project / path)
    test = project / "tests" / "test_one.py"
    write(test, read(test).replace("G25", "G26"))
    pages = ["lessons/guide_map.md", "lessons/zh/guide_map.md"]
    assert names(project, out_of_date(project)) == pages


def test_every_file_that_was_changed_by_hand_is_noticed_and_made_anew(project):
    build(project)
    right = {name: read(project / name) for name in MADE}
    for name, text in right.items():
        by_hand = name.startswith("README") or name.endswith("syllabus.md")  # but for their table
        inside = {"figures/phases.svg": "Pretrain"}
        old = "[" if by_hand else inside.get(name, text[-9:])
        write(project / name, text.replace(old, "changed"))
        assert read(project / name) != text
    assert names(project, out_of_date(project)) == MADE
    assert names(project, build(project)) == MADE
    assert {name: read(project / name) for name in MADE} == right


def test_only_the_file_that_was_changed_is_made_anew(project):
    build(project)
    write(project / "lessons" / "errata.md", "changed")
    assert names(project, out_of_date(project)) == ["lessons/errata.md"]
    assert names(project, build(project)) == ["lessons/errata.md"]


def test_another_process_makes_the_same_bytes(project):
    expected = {path.relative_to(project): text for path, text in generated(project)}
    program = "import sys; from minillm.course.build import *; build(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(project)], cwd=PROJECT, check=True)
    assert all((project / path).read_bytes() == text.encode() for path, text in expected.items())


def test_a_notebook_without_a_source_is_named_and_left_alone(project):
    build(project)
    copy = project / "lessons" / "zh" / "01_one-Copy1.ipynb"
    write(copy, "{}")
    assert out_of_date(project) == [copy]
    assert build(project) == [] and read(copy) == "{}"


@pytest.mark.parametrize(
    "missing", ["lessons/src/01_one.py", "README.md", "lessons/zh/syllabus.md"]
)
def test_where_something_is_missing_nothing_is_written(missing, project):
    (project / missing).unlink()
    before = sorted(project.rglob("*"))
    with pytest.raises(FileNotFoundError):
        build(project)
    assert sorted(project.rglob("*")) == before


def test_a_file_of_damaged_bytes_is_noticed_and_made_anew(project):
    build(project)
    page = project / "lessons" / "errata.md"
    whole = page.read_bytes()
    page.write_bytes(b"\xff" + whole)
    assert names(project, out_of_date(project)) == ["lessons/errata.md"]
    assert names(project, build(project)) == ["lessons/errata.md"]
    assert page.read_bytes() == whole
