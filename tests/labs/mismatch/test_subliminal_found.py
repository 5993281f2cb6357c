"""What the lab of hidden traits found, in its stored numbers."""

import json

import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.subliminal import CONTROLS, STUDY
from minillm.labs.mismatch.subliminal_remedies import REMEDIES
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HELPS, NOTHING

STARTS = [name for name in REMEDIES if "start" in name] + ["wider student"]


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict on the trait in a word."""
    return {remedy: one.word for (remedy, _), one in stored_result()[1].verdicts().items()}


def of_seeds(remedy, row="trait"):
    """A number of a remedy for each seed, (10,)."""
    return read_study(STUDY.name)[f"{remedy}: {row}"]


def difference(remedy, other):
    """Mean difference of two remedies' traits, and half its 95 % interval."""
    return mean_and_interval(of_seeds(remedy) - of_seeds(other))


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 17 and len(file["seeds"]) == 10


@pytest.mark.guide("G45")
def test_the_lab_says_that_a_trait_passes_through_pictures_of_nothing():
    mean, half = mean_and_interval(of_seeds("none"))
    assert mean - half > 0.5 and of_seeds("none", "agreement").mean() > 0.9
    assert of_seeds("none", "teacher").min() > 0.95


@pytest.mark.guide("G46")
def test_the_lab_says_that_it_needs_the_same_start():
    words = words_of_the_lab()
    for remedy in STARTS:
        assert words[remedy] == HELPS and of_seeds(remedy).mean() < 0.25, remedy
        assert of_seeds(remedy, "agreement").mean() > 0.8, remedy
    mean, half = difference("other start, same output layers", "other start")
    assert mean - half > 0 and mean + half < 0.15  # outputs alike alone carry little of it


def test_the_lab_says_that_cleaning_helps_no_more_than_leaving_out_as_many_at_random():
    assert words_of_the_lab()["cleaning"] == HELPS
    mean, half = difference("cleaning", "as many left out at random")
    assert abs(mean) < half and abs(mean) + half < 0.1


@pytest.mark.guide("G47")
def test_the_lab_says_that_regularization_takes_most_of_it_but_not_all():
    words, chance = words_of_the_lab(), 0.1
    for remedy in ("weight decay", "dropout"):
        mean, half = mean_and_interval(of_seeds(remedy))
        assert words[remedy] == HELPS and mean - half > chance, remedy


def test_the_lab_says_that_a_few_tossed_digits_in_training_cost_nothing_of_the_task():
    assert words_of_the_lab()["tossed digits in training"] == HELPS
    lost = of_seeds("none", "agreement") - of_seeds("tossed digits in training", "agreement")
    mean, half = mean_and_interval(lost)
    assert abs(mean) + half < 0.02


def test_the_lab_says_that_longer_training_does_not_help():
    assert words_of_the_lab()["longer training"] == NOTHING


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)
