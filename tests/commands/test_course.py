"""``minillm course``: what its actions write, print and refuse."""

import subprocess
import sys

import pytest

from minillm.course import assets
from minillm.course import build as whole
from minillm.course.places import LESSONS, PROJECT

ACTIONS = ("build", "solutions", "assets", "run", "mark")


def test_its_help_names_all_actions_and_each_explains_itself(call):
    assert all(action in call("course", "--help").out for action in ACTIONS)
    for action in ACTIONS:
        assert call("course", action, "--help").out.startswith(f"usage: minillm course {action}")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run"], ["build", "now"], ["solutions"]])
def test_wrong_usage_is_exit_code_two(arguments, call):
    result = call("course", *arguments)
    assert result.code == 2 and result.out == ""


def test_check_lists_what_is_out_of_date_and_writes_nothing(call, monkeypatch, tmp_path):
    wrong = [tmp_path / "a.md", tmp_path / "b.ipynb"]
    monkeypatch.setattr(whole, "out_of_date", lambda: wrong)
    monkeypatch.setattr(whole, "build", lambda: pytest.fail("it writes"))
    result = call("course", "build", "--check")
    assert (result.code, result.out) == (1, f"{wrong[0]}\n{wrong[1]}\n")
    assert result.err.startswith("minillm course: out of date: 2 of")
    wrong.clear()
    result = call("course", "build", "--check")
    assert (result.code, result.err) == (0, "")
    assert result.out == "everything that is generated is up to date\n"


def test_build_prints_what_it_wrote_and_names_notebooks_without_a_source(
    call, monkeypatch, tmp_path
):
    monkeypatch.setattr(whole, "build", lambda: [tmp_path / "a.md"])
    monkeypatch.setattr(whole, "without_source", lambda: [tmp_path / "copy.ipynb"])
    result = call("course", "build")
    assert (result.code, result.out) == (0, f"{tmp_path / 'a.md'}\n")
    assert result.err == f"{tmp_path / 'copy.ipynb'} has no source and is left alone\n"


def test_solutions_are_written_for_every_lesson_in_both_languages(call, tmp_path):
    result = call("course", "solutions", str(tmp_path))
    stems = sorted(path.stem for path in (LESSONS / "src").glob("*.py"))
    wanted = {tmp_path / folder / f"{stem}.ipynb" for stem in stems for folder in ("", "zh")}
    assert result.code == 0 and result.out.split() == [str(p) for p in sorted(wanted, key=order)]
    assert all('"solution"' in path.read_text(encoding="utf-8") for path in wanted)


def order(path):
    return path.stem, path.parent.name == "zh"


def test_the_command_line_loads_neither_jupyter_nor_matplotlib():
    late = ["jupytext", "nbformat", "nbclient", "matplotlib", "hypothesis"]
    program = (
        "import sys, minillm.course; from minillm.commands.arguments import build_parser; "
        f"build_parser(['course']); print([m for m in {late} if m in sys.modules])"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_assets_makes_those_that_are_named_or_all_and_prints_their_losses(
    call, monkeypatch, tmp_path
):
    made = []
    monkeypatch.setattr(assets, "MAKERS", {"bert": None, "other": None})
    monkeypatch.setattr(assets, "make", lambda name: made.append(name) or tmp_path / name)
    monkeypatch.setattr(assets, "stored_loss", lambda name: 0.25)
    result = call("course", "assets", "other")
    assert (result.code, made) == (0, ["other"])
    assert result.out == f"{tmp_path / 'other'}  held-out loss 0.2500 nats\n"
    made.clear()
    assert call("course", "assets").code == 0 and made == ["bert", "other"]


def test_assets_refuses_an_unknown_name_before_it_trains_anything(call, monkeypatch):
    monkeypatch.setattr(assets, "make", lambda name: pytest.fail("it trains"))
    result = call("course", "assets", "bert", "bart")
    assert result.code == 1 and "no trained model 'bart'" in result.err
