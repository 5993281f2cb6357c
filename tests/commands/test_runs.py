"""``runs``: any runs are compared, whatever state they are in, and what is missing is told."""

import itertools
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from minillm.backend import kernels, kernels_in_force
from minillm.commands.run_pictures import COLORS
from minillm.commands.run_report import shown
from tests.training.toys import run_of

RUNS = {"a": ("translation", 0, None), "b": ("translation", 0, None)}
RUNS |= {"deep/c": ("translation", 1, None), "short": ("translation", 0, 9)}
RUNS |= {"two": ("early stop", 0, None)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Five small runs in one folder: four of one task, of which one was left; one of another."""
    folder = tmp_path_factory.mktemp("runs")
    for name, (kind, seed, updates) in RUNS.items():
        list(itertools.islice(run_of(kind, seed, out=folder / name).all(), updates))
    return folder


def rows(text, first):
    """The table that has this head: cells by the first of each line."""
    block = next(part for part in text.split("\n\n") if part.startswith(first))
    head, *lines = (re.split(r"\s{2,}", line.strip()) for line in block.splitlines())
    return {line[0]: dict(zip(head, line, strict=False)) for line in lines}


@pytest.mark.guide("G57")
def test_the_settings_that_differ_come_first_then_endings_losses_and_where_curves_part(call, made):
    result = call("runs", made / "a", made / "b", made / "deep", made / "short")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("4 runs; the settings that differ\n\nof translate  ")
    assert rows(result.out, "of translate") == {
        "seed": {"of translate": "seed", "a": "0", "b": "0", "deep/c": "1", "short": "0"}
    }
    runs = rows(result.out, "run ")
    assert {name: row["ended"] for name, row in runs.items()} == {
        "a": "finished", "b": "finished", "deep/c": "finished", "short": "cut off"
    }  # fmt: skip
    assert runs["short"]["updates"] == "9/15" and runs["a"]["numpy"] == np.__version__
    assert "a and b: the same to the bit, all 15 updates\n" in result.out
    assert re.search(r"a and deep/c: part at step 0 of translate: loss \d\S+ and \d", result.out)
    assert "a and short: the same to the bit as far as both go, 9 updates" in result.out
    assert "\neach run beside the first, a, and not beside the others:\na and b: " in result.out
    assert "beside the first" not in call("runs", made / "a", made / "b").out
    assert "different tasks" not in result.out


def test_a_folder_of_runs_is_searched_and_tasks_are_told_apart(call, made):
    result = call("runs", made)
    assert result.code == 0
    told = "  translate: a, b, deep/c, short\n  pretrain+finetune: two"
    assert "these have different tasks, between which losses say nothing:\n" in result.out
    assert rows(result.out, "of all")["seed"]["two"] == "0"
    assert [*rows(result.out, "of all")] == [*rows(result.out, "of translate")] == ["seed"]
    assert told in result.out
    assert "losses of translate; " in result.out and "losses of pretrain+finetune; " in result.out
    assert rows(result.out, "run ")["two"]["ended"] == "ended early"
    assert "a and two" not in result.out
    held_out = result.out[result.out.index("losses of pretrain") :].splitlines()[-1].split()
    assert held_out[:2] == ["two", "finetune"] and "-" not in held_out


@pytest.mark.guide("G57")
def test_the_numbers_are_those_of_the_records(call, made, tmp_path):
    path = tmp_path / "found.json"
    assert call("runs", made, "--json", path).code == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    lines = (made / "a" / "record.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    losses = [[i, json.loads(line)["loss"]] for i, line in enumerate(lines)]
    assert found["runs"]["a"]["stages"]["translate"]["loss"] == losses
    assert found["runs"]["a"]["versions"]["numpy"] == np.__version__
    assert found["runs"]["a"]["processor"]["name"]
    assert found["differences"]["translate"]["seed"]["deep/c"] == 1
    partings = {tuple(one["runs"]): one["first"] for one in found["partings"]}
    assert partings["a", "b"] is None and partings["a", "deep/c"]["what"] == "loss"
    assert [*partings] == [("a", "b"), ("a", "deep/c"), ("a", "short")]


@pytest.mark.guide("G57")
def test_other_kernels_are_a_setting_that_differs(call, made, tmp_path):
    with kernels("off"):
        list(run_of("translation", 0, out=tmp_path / "off").all())
    path = tmp_path / "found.json"
    result = call("runs", made / "a", tmp_path / "off", "--json", path)
    differs = [*rows(result.out, "of translate")["kernels"].values()]
    assert differs == ["kernels", kernels_in_force(), "off"]
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [one["kernels"] for one in found["runs"].values()] == differs[1:]


def test_a_run_given_twice_or_by_a_pattern_is_there_once(call, made):
    result = call("runs", made / "a", made / "a" / "record.jsonl", f"{made}/[ab]")
    assert result.code == 0 and result.out.startswith(
        "2 runs; the settings that differ\n\nof translate: none\n"
    )
    assert result.err.count("given twice, shown once") == 2


def test_damaged_and_empty_records_are_left_out_and_told(call, made, tmp_path):
    for name in ("a", "cut", "empty", "damaged"):
        shutil.copytree(made / "a", tmp_path / name)
    record = (made / "a" / "record.jsonl").read_bytes()
    (tmp_path / "cut" / "record.jsonl").write_bytes(record[:-20])
    (tmp_path / "empty" / "record.jsonl").write_bytes(b"")
    lines = record.split(b"\n")
    (tmp_path / "damaged" / "record.jsonl").write_bytes(b"\n".join([*lines[:3], b"{", *lines[3:]]))
    result = call("runs", tmp_path)
    assert result.code == 0
    assert "a and cut: the same to the bit as far as both go, 14 updates" in result.out
    assert re.search(r"left out: \S+damaged\S+, line 4: not JSON", result.err)
    assert re.search(r"left out: \S+empty\S+: an empty record", result.err)
    alone = call("runs", tmp_path / "damaged")
    assert alone.code == 1 and "record.jsonl, line 4: not JSON" in alone.message


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("nowhere", "nowhere: it does not exist"),
        ("no*", "no*: no file or folder has a name of that pattern"),
        (".", "no run is there: no record.jsonl in this folder or below it"),
    ],
)
def test_where_no_run_is_that_is_said(word, told, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call("runs", word)
    assert result.code == 1 and result.message.endswith(told)
    assert call("runs").code == 2


def test_a_file_that_is_no_record_is_named(call, made, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("hello\n", encoding="utf-8")
    assert "notes.txt, line 1: not JSON" in call("runs", other).message
    assert "record.jsonl" not in call("runs", other, made / "a").out


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_picture_has_a_line_for_every_run(kind, call, made, tmp_path):
    path = tmp_path / f"curves.{kind}"
    assert call("runs", made, "--out", path).code == 0
    if kind == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
        return
    words = {e.text for e in ElementTree.parse(path).iter() if e.tag.endswith("}text")}
    assert {"a", "b", "deep/c", "short", "two", "translate", "step"} <= words
    before = path.read_bytes()
    assert call("runs", made, "--out", path).code == 0
    assert path.read_bytes() == before


def changed(made, folder, losses):
    """Run a, with some losses of its record replaced by their steps; one of them a fault."""
    shutil.copytree(made / "a", folder)
    path = folder / "record.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for step, loss in losses.items():
        lines[step + 1] |= loss
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_every_step_is_told_as_the_record_counts_it(call, made, tmp_path):
    """The least loss, where curves part and the curves themselves: from 0."""
    folder = changed(made, tmp_path / "b", {7: {"loss": 0.5, "held_out_loss": 0.25}})
    result = call("runs", made / "a", folder, "--json", tmp_path / "found.json")
    assert "steps count from 0, as in the record" in result.out
    (row,) = [line.split() for line in result.out.splitlines() if re.match(r"\S*b +\d\.", line)]
    assert row[2:] == ["0.5000", "7", "0.2500", "0.2500", "7"]
    assert "part at step 7 of translate: loss " in result.out
    runs = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["runs"]
    stages = [one["stages"]["translate"] for one in runs.values()]
    assert stages[1]["loss"][7] == [7, 0.5] and stages[1]["held_out_loss"] == [[7, 0.25]]


def test_losses_that_are_not_finite_are_counted_and_the_first_is_told(call, made, tmp_path):
    nan, endless = {"loss": float("nan")}, {"loss": float("-inf")}
    bad = {3: nan, 5: endless, 8: {"held_out_loss": float("inf")}}
    out = call("runs", changed(made, tmp_path / "bad", bad)).out
    assert "finished, 3 losses not finite" in out
    assert "bad: 2 losses of translate not finite, the first at step 3\n" in out
    assert "bad: 1 held-out loss of translate not finite, the first at step 8\n" in out + "\n"
    assert "-inf" not in out and "not finite" not in call("runs", made).out


def test_steps_that_go_back_or_are_missing_are_told_beside_the_ending(call, made, tmp_path):
    head, *lines = (made / "a" / "record.jsonl").read_text().splitlines(keepends=True)
    mixed = [*lines[:7], *lines[4:6], *lines[9:]]  # as many as two processes may leave
    for name, some in (("twice", [*mixed, *lines[-1:]]), ("gap", [*lines[:7], *lines[9:]])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "record.jsonl").write_text("".join([head, *some]))
    out = call("runs", tmp_path, "--json", tmp_path / "found.json").out
    told = "steps of translate: go back 2 times, first to 4, 2 missing"
    assert f"finished, {told}\n" in out
    assert "cut off, steps of translate: 2 missing\n" in out
    runs = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["runs"]
    assert runs["twice"]["stages"]["translate"]["disorder"] == told
    assert "steps of" not in call("runs", made).out


def test_the_colours_differ_in_grey():
    def grey(color):
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    levels = [grey(color) for color in COLORS]
    assert levels == sorted(levels) and min(np.diff(levels)) > 20


@pytest.mark.parametrize("name", ["curves.pdf", "nowhere/curves.png", "."])
def test_a_picture_that_cannot_be_written_is_refused_before_the_work(name, call, made, tmp_path):
    result = call("runs", made, "--out", tmp_path / name)
    assert (result.code, result.out) == (2, "") and "--out" in result.err


def test_runs_of_other_data_are_said_to_be_so(call, made, tmp_path):
    for name, digest in (("a", "0" * 64), ("b", "f" * 64)):
        shutil.copytree(made / "a", tmp_path / name)
        path = tmp_path / name / "record.jsonl"
        head, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
        changed = json.loads(head)
        changed["configuration"]["held_out"] = digest
        path.write_text(json.dumps(changed) + "\n" + "".join(rest), encoding="utf-8")
    result = call("runs", tmp_path)
    assert "not the same in these runs: held_out; losses of other data" in result.out
    assert rows(result.out, "of translate")["held_out"]["a"] == "#0000000"


def test_one_run_is_shown_by_itself(call, made):
    result = call("runs", made / "short")
    assert result.code == 0 and result.out.startswith("one run, short\n\nrun ")
    assert "settings that differ" not in result.out


def test_settings_are_shown_on_one_line():
    assert [shown(value) for value in (None, 0.1, "a\nb", "x" * 99)] == [
        "-", "0.1", "a b", "x" * 40
    ]  # fmt: skip
