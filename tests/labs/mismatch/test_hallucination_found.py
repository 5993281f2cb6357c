"""What the lab of answers that nobody can know found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.hallucination import CONTROLS, STUDY
from minillm.labs.mismatch.hallucination_remedies import REMEDIES
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HARMS, HELPS, NOTHING

ERROR, KNOWN = "confident error", "right on known"


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict in a word."""
    return {key: one.word for key, one in stored_result()[1].verdicts().items()}


def mean(remedy, measure):
    """The mean of a measure over the seeds."""
    return float(read_study(STUDY.name)[f"{remedy}: {measure}"].mean())


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 30 and len(file["seeds"]) == 10


@pytest.mark.guide("G45")
def test_the_lab_says_that_a_model_is_sure_of_what_nobody_told_it():
    assert mean("none", KNOWN) > 0.9 and mean("none", ERROR) > 0.2
    assert mean("none", "abstained, unknown") == 0.0
    assert mean("none", "AUROC") > 0.9  # and yet its confidence tells them apart


@pytest.mark.guide("G46", "G47")
def test_the_lab_says_which_remedies_help_and_cost_no_knowledge():
    words = words_of_the_lab()
    for remedy in ("ensemble", "label smoothing", "tuned to say unknown", "weight decay"):
        assert words[remedy, ERROR] == HELPS and words[remedy, KNOWN] != HARMS, remedy


def test_the_lab_says_which_remedies_pay_with_what_is_known():
    words = words_of_the_lab()
    for remedy in ("dropout", "asked with dropout", "without attention"):
        assert words[remedy, ERROR] == HELPS and words[remedy, KNOWN] == HARMS, remedy


def test_the_lab_says_that_longer_wider_and_sharper_is_worse():
    words = words_of_the_lab()
    for remedy in ("longer training", "wider model", "temperature"):
        assert words[remedy, ERROR] == HARMS, remedy
    assert words["temperature", KNOWN] == NOTHING  # it changes no answer


def test_the_lab_says_that_a_threshold_that_keeps_what_is_known_is_too_low_for_sure_answers():
    assert words_of_the_lab()["abstention", ERROR] == NOTHING
    assert mean("abstention", "abstained, unknown") > 0.3


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)


def test_the_curve_ends_at_the_share_of_all_wrong_answers():
    """Of as many known as unknown questions."""
    curve = read_study(STUDY.name)["none: risk by coverage"].mean(axis=0)
    assert np.diff(curve).min() > -0.03 and curve[-1] == pytest.approx(
        1 - mean("none", KNOWN) / 2, abs=0.03
    )
