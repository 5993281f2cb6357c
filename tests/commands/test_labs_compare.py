"""``labs`` with a lab: its table, its picture, some remedies, and a remedy of one's own."""

import json

import pytest

from minillm.labs.stored import STORED
from minillm.labs.study import study_modules
from tests.commands.test_labs import NAME as PLAIN
from tests.labs.planted_lab import TEMPLATE, TRIED

NAME = "planted_lab"
FOUND = {
    NAME: "tests.labs.planted_lab",
    PLAIN: "tests.labs.planted_study",
    "recall": study_modules()["recall"],
}


@pytest.fixture(autouse=True)
def planted(monkeypatch):
    """A lab, a study, and one that is no lab are found."""
    TRIED.clear()
    for module in ("minillm.labs.study", "minillm.commands.labs"):
        monkeypatch.setattr(f"{module}.study_modules", lambda: FOUND)


@pytest.fixture
def mine(tmp_path):
    """The file of a remedy, as the template has it."""
    path = tmp_path / "mine.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_a_lab_is_listed_with_its_remedies(call):
    lines = call("labs", "list").out.splitlines()
    assert lines[0] == f"{NAME}: Which one works? (3 seeds); remedies: strong; idle"


def test_a_lab_is_run_like_a_study_and_prints_its_table(call, tmp_path):
    result = call("labs", "run", NAME, "--seeds", 0, 1, 2, "--out", tmp_path)
    assert result.code == 0
    for line in (
        "3 seeds, paired differences from 'nothing'; 2 comparisons, intervals at 97.50 %; so few",
        "How settings were chosen: nothing was chosen",
        "share (more is better)  mean    difference",
    ):
        assert line in result.out
    rows = {line.split("  ")[0]: line for line in result.out.splitlines()}
    assert "+0.50 ± 0.03" in result.out and "helps (all equal: half-width one item)" in result.out
    assert rows["never"].split() == ["never", "+0.000", "0.025", "0.05", "passes"]
    assert result.out.endswith(f"{tmp_path / NAME}.json\n{tmp_path / NAME}.png\n")
    assert (tmp_path / f"{NAME}.png").read_bytes()[:4] == b"\x89PNG"


def test_some_remedies_are_run(call, tmp_path):
    result = call("labs", "run", NAME, "--remedies", "idle", "--out", tmp_path)
    assert result.code == 0 and {name for name, _ in TRIED} == {"nothing", "idle", "control"}
    result = call("labs", "run", NAME, "--remedies", "strong", "--out", tmp_path)
    assert result.code == 1 and "has numbers of idle, which would not be meas" in result.message
    both = call("labs", "run", NAME, "--remedies", "idle", "strong", "--out", tmp_path)
    assert both.code == 0 and [name for name, _ in TRIED].count("idle") == 3  # kept, not again


def test_a_remedy_of_ones_own_stands_in_the_table(call, tmp_path, mine):
    result = call("labs", "run", NAME, "--remedy", mine, "--out", tmp_path)
    assert result.code == 0 and "3 comparisons" in result.out
    stored = json.loads((tmp_path / f"{NAME}.json").read_text(encoding="utf-8"))
    assert stored["results"]["own: mine: share"] == [0.9, 0.9, 0.9]
    assert "own: mine" in {verdict["remedy"] for verdict in stored["verdicts"]}


def test_the_template_of_a_lab_is_printed(call):
    assert call("labs", "template", NAME).out == TEMPLATE


def test_help_says_where_the_file_of_a_remedy_is_run(call):
    assert "run in this process" in " ".join(call("labs", "run", "--help").out.split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["planned", "--remedies", "idle"],
            "no study 'planned' (did you mean 'planted_lab'?); there are",
        ),
        ([NAME, "--remedies", "idel"], "no remedy 'idel'; there are strong; idle"),
        ([PLAIN, "--remedies", "idle"], f"needs one lab, got {PLAIN}; there are {NAME}"),
        ([NAME, PLAIN, "--remedies", "idle"], "needs one lab, got 2 studies"),
        ([NAME, "--seeds", "4"], "over at least 2 seeds, got [4]"),
        ([NAME, "--seeds", "1", "1"], "seeds must be different"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_run(call, tmp_path, words, says):
    result = call("labs", "run", *words, "--out", tmp_path)
    assert result.code == 1 and says in result.message and TRIED == []


def test_a_remedy_needs_a_folder_one_process_and_its_own_lab(call, tmp_path, mine):
    result = call("labs", "run", NAME, "--remedy", mine)
    assert result.code == 1 and "with --remedies or --remedy give --out DIR" in result.message
    result = call("labs", "run", NAME, "--remedy", mine, "--out", tmp_path, "--jobs", 2)
    assert result.code == 1 and "runs its file in this process" in result.message
    mine.write_text(TEMPLATE.replace(NAME, "other"), encoding="utf-8")
    result = call("labs", "run", NAME, "--remedy", mine, "--out", tmp_path)
    assert result.code == 1 and f"does not apply to '{NAME}'" in result.message
    assert TRIED == [] and not (STORED / f"{NAME}.json").exists()


def test_no_template_of_what_is_no_lab(call):
    result = call("labs", "template", PLAIN)
    assert result.code == 1 and f"template needs one lab, got {PLAIN}" in result.message


def test_the_matrix_is_not_drawn_where_a_file_stands(call, tmp_path):
    (tmp_path / "taken").write_text("")
    result = call("labs", "matrix", "--out", tmp_path / "taken")
    assert result.code == 1 and "Not a directory" in result.message
