"""What the lab of the shortcut found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.shortcut import CONTROLS, STUDY
from minillm.labs.mismatch.shortcut_remedies import REMEDIES
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HELPS

BLIND = (  # to the tag
    *("weight decay", "dropout", "without attention", "without residuals", "word dropout"),
    *("wider model", "more data"),
)
AIMED = ("tag masked", "counterfactual tags", "20 % counterfactual")
GROUPED = ("balanced groups", "balanced and dropout", "group DRO", "group DRO and dropout")


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """The verdict on each remedy in a word."""
    return {remedy: one.word for (remedy, _), one in stored_result()[1].verdicts().items()}


def mean_of(remedy, measure="worst group"):
    """The mean over the seeds."""
    return read_study(STUDY.name)[f"{remedy}: {measure}"].mean(axis=0)


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 20 and len(file["seeds"]) == 10


@pytest.mark.guide("G45")
def test_the_lab_says_that_accuracy_in_distribution_hides_two_groups_that_fail():
    assert mean_of("none", "accuracy, inside") > 0.93
    assert mean_of("none") < 0.1 and mean_of("none", "accuracy, flipped") < 0.25
    groups = mean_of("none", "by group")
    assert groups[[0, 3]].min() > 0.99 and groups[[1, 2]].max() < 0.25
    errors = [mean_of("none", f"calibration error, {name}") for name in ("inside", "flipped")]
    assert errors[0] < 0.1 and errors[1] > 0.5


@pytest.mark.guide("G46", "G47")
def test_the_lab_says_that_who_knows_nothing_of_the_tag_does_not_help():
    """The baseline's own luck leaves most undecided, but none of them is worth 0.15."""
    verdicts = stored_result()[1].verdicts()
    for remedy in BLIND:
        one = verdicts[remedy, "worst group"]
        assert one.word != HELPS and one.bound < 0.15 and mean_of(remedy) < 0.15, remedy


def test_the_lab_says_that_data_aimed_at_the_tag_help_most():
    words = words_of_the_lab()
    assert all(words[remedy] == HELPS for remedy in (*AIMED, *GROUPED))
    assert min(mean_of("tag masked"), mean_of("counterfactual tags")) > 0.9
    assert mean_of("20 % counterfactual") < mean_of("counterfactual tags") - 0.1


def test_the_lab_says_that_groups_help_more_with_dropout_which_alone_does_nothing():
    stored = read_study(STUDY.name)
    for alone in ("balanced groups", "group DRO"):
        both = "balanced and dropout" if alone == "balanced groups" else "group DRO and dropout"
        gains = stored[f"{both}: worst group"] - stored[f"{alone}: worst group"]
        assert gains.mean() > 0.05, alone


def test_the_lab_says_that_environments_alone_do_not_help():
    words = words_of_the_lab()
    assert HELPS not in (words["IRM"], words["V-REx"])
    assert max(mean_of("IRM"), mean_of("V-REx")) < 0.2


def test_the_lab_says_that_the_penalty_of_irm_which_the_rule_chose_leaves_nothing_learned():
    assert mean_of("IRM", "accuracy, inside") == pytest.approx(0.5, abs=0.05)


def test_the_lab_says_that_reviews_of_the_target_help_and_cost_accuracy():
    words = words_of_the_lab()
    for name in ("last layer", "64 of target", "256 of target"):
        assert words[name] == HELPS
        lost = mean_of("none", "accuracy, inside") - mean_of(name, "accuracy, inside")
        assert lost > 0.05, name  # and forget some of what the tag had told


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)


def test_the_groups_of_every_seed_are_stored():
    groups = read_study(STUDY.name)["none: by group"]
    assert groups.shape == (10, 4)
    worst = read_study(STUDY.name)["none: worst group"]
    np.testing.assert_allclose(groups.min(axis=1), worst, atol=1e-6)
