"""What a study found is printed: what numbers are called, means and intervals."""

import numpy as np

from minillm.commands.study_report import MANY, found
from minillm.labs.study import find_study
from tests.labs.planted_study import STUDY


def test_means_stand_with_their_intervals_and_rows_with_their_places():
    table = np.array([[[1.0, 10.0], [5.0, 7.0]], [[3.0, 10.0], [5.0, 8.0]]])
    lines = found(STUDY, {"one": np.array([0.5, 0.5]), "table": table}).splitlines()
    # two seeds: 12.706 s / sqrt(2), s = sqrt(2) and sqrt(1/2)
    assert lines[-3:] == ["one: 0.5 ± 0", "table[0]: 2 ± 13  10 ± 0", "table[1]: 5 ± 0  7.5 ± 6.4"]


def test_one_seed_has_no_interval_and_more_than_ten_have_one():
    assert found(STUDY, {"one": np.array([0.25])}).endswith("one seed\none: 0.25")
    values = np.arange(16.0)  # t₁₅ = 2.1314, s² = 16 · 17 / 12
    half = 2.1314 * (16 * 17 / 12) ** 0.5 / 4
    assert found(STUDY, {"one": values}).endswith(f"one: 7.5 ± {half:.2g}")


def test_of_many_numbers_the_least_and_the_largest_are_told():
    values = np.linspace(0, 1, MANY + 1)[None]
    assert found(STUDY, {"all": values}).endswith(f"all ({MANY + 1},): 0 to 1")


def test_what_the_numbers_are_called_is_told_by_the_study_itself():
    study = find_study("retrieval")
    text = found(study, {"recall": np.zeros((2, 1))})
    assert study.question in text and "chance is K of ``tested``" in text and "Guide:" not in text
