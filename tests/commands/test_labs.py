"""``labs``: the experiments are listed, run, and kept from losing what lessons draw."""

import pytest

from minillm.labs import read_study
from minillm.labs.stored import STORED
from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import VARIABLE, missing_files

NAME = "planted_study"
FOUND = {**study_modules(), NAME: "tests.labs.planted_study"}


@pytest.fixture(autouse=True)
def planted(monkeypatch):
    """One more study is found."""
    for module in ("minillm.labs.study", "minillm.commands.labs"):
        monkeypatch.setattr(f"{module}.study_modules", lambda: FOUND)


def test_every_study_is_listed_with_its_question_and_number_of_seeds(call):
    result = call("labs", "list")
    assert result.code == 0
    names = [line.partition(": ")[0] for line in result.out.splitlines()]
    assert names == list(FOUND)
    assert f"{NAME}: Does it work? (3 seeds)\n" in result.out


def test_a_study_is_run_and_its_file_named(call, tmp_path):
    result = call("labs", "run", NAME, "--seeds", 4, 5, "--out", tmp_path, "--jobs", 2)
    assert result.code == 0 and result.out.endswith(f"\n\n{tmp_path / NAME}.json\n")
    assert "2 seeds: mean ± 95 % interval\nscore: 1.5 ± 2.1\n" in result.out  # t₁ = 12.706
    assert read_study(NAME, tmp_path)["curve"].tolist() == [[4, 4.5], [5, 5.5]]


@pytest.fixture
def run(monkeypatch):
    """The names of what is run, studies and labs alike; nothing is measured."""
    names = []
    for function in ("measure_study", "measure_lab"):
        monkeypatch.setattr(
            f"minillm.commands.labs.{function}", lambda study, *a, **b: names.append(study.name)
        )
    return names


def test_without_a_name_every_study_is_run(call, tmp_path, run):
    assert call("labs", "run", "--out", tmp_path).code == 0
    needing = {n for n in FOUND if list(missing_files(find_study(n).settings))}
    assert run == [name for name in FOUND if name not in needing]


def test_a_study_without_its_data_is_refused_by_name_and_else_left_out(
    call, tmp_path, monkeypatch, run
):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    result = call("labs", "run", "recall", "spam", "--out", tmp_path)
    assert (result.code, run) == (1, [])
    assert result.message.startswith(
        f"minillm labs: study spam: {tmp_path / 'sms-spam.tsv'} is missing: the SMS Spam Collection"
    )
    result = call("labs", "run", "--out", tmp_path)
    assert result.code == 0
    needing = (
        *("few_shot_sst2", "shakespeare", "spam", "spam_attack_sms", "sst2", "sst2_shortcut"),
        *("sst2_shortcut_sweeps", "uci_domains"),
    )
    assert run == [name for name in FOUND if name not in needing]
    assert "study spam is left out: " in result.err


def test_an_unknown_study_is_refused_before_anything_is_run(call, tmp_path):
    result = call("labs", "run", NAME, "planed", "--out", tmp_path)
    assert result.code == 1
    assert result.message.startswith("minillm labs: no study 'planed' (did you mean ")
    assert not list(tmp_path.iterdir())


def test_other_seeds_do_not_overwrite_what_lessons_draw(call):
    result = call("labs", "run", NAME, "--seeds", 4)
    assert result.code == 1
    assert f"lessons draw seeds [0, 1, 2] of {NAME}: --seeds needs --out" in result.message
    assert not (STORED / f"{NAME}.json").exists()


def test_numbers_of_other_seeds_are_not_lost_unasked(call, tmp_path):
    assert call("labs", "run", NAME, "--seeds", 4, "--out", tmp_path).code == 0
    result = call("labs", "run", NAME, "--seeds", 5, "--out", tmp_path)
    assert result.code == 1
    assert "has numbers of 4, which would not be measured again: give --ov" in result.message
    assert read_study(NAME, tmp_path)["score"].tolist() == [pytest.approx(4 / 3, rel=1e-5)]
    assert call("labs", "run", NAME, "--seeds", 4, 5, "--out", tmp_path).code == 0
    assert call("labs", "run", NAME, "--seeds", 5, "--out", tmp_path, "--overwrite").code == 0
    assert len(read_study(NAME, tmp_path)["score"]) == 1


@pytest.mark.parametrize("arguments", [["labs"], ["labs", "walk"], ["labs", "run", "--jobs", "x"]])
def test_wrong_usage_is_exit_code_two(arguments, call):
    assert call(*arguments).code == 2
