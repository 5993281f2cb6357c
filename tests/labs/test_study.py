"""Studies: what one is made of, and that they are found."""

import pickle
from dataclasses import dataclass

import pytest

from minillm.labs.study import Study, find_study, study_modules
from tests.labs import planted_study


@dataclass
class Changeable:
    steps: int = 7


@pytest.mark.parametrize("settings", [{"steps": 7}, Changeable(), planted_study.Settings, None])
def test_settings_that_are_not_a_frozen_dataclass_are_refused(settings):
    with pytest.raises(TypeError, match="study x: settings must be an instance of a frozen data"):
        Study("x", "", settings, planted_study.measure, [0])


def test_a_file_with_a_study_is_found_wherever_it_lies_and_other_files_are_not(tmp_path):
    (tmp_path / "topic").mkdir()
    (tmp_path / "topic" / "waves.py").write_text("STUDY = 1\n", encoding="utf-8")
    (tmp_path / "topic" / "tides.py").write_text("    STUDY = 1\n", encoding="utf-8")
    assert study_modules(tmp_path) == {"waves": "minillm.labs.topic.waves"}
    (tmp_path / "waves.py").write_text("STUDY = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="two studies are named waves: "):
        study_modules(tmp_path)


@pytest.mark.parametrize("name", study_modules())
def test_a_study_is_named_like_its_file(name):
    assert find_study(name).name == name


@pytest.mark.parametrize("name", study_modules())
def test_a_study_can_be_sent_to_another_process(name):
    found = find_study(name)
    assert pickle.loads(pickle.dumps(found)).settings == found.settings


def test_an_unknown_study_is_told_which_there_are():
    with pytest.raises(
        ValueError,
        match=r"no study 'dept' \(did you mean 'depth'\?\); there are adversarial, .* depth, ",
    ):
        find_study("dept")
