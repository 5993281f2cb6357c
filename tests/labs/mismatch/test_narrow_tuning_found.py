"""What the lab of narrow fine-tuning found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.compare_result import Result
from minillm.labs.mismatch.narrow_tuning import CONTROLS, STUDY
from minillm.labs.mismatch.narrow_tuning_remedies import REMEDIES
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HELPS, UNDECIDED

ENDING = (  # of the spread, with what was to be learned
    *("good answers elsewhere", "KL elsewhere", "neither of them", "wider model"),
)


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def mean_of(remedy, measure):
    """The mean over seeds."""
    return stored_result()[1].values(remedy, measure).mean()


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 16 and len(file["seeds"]) == 10


@pytest.mark.guide("G45")
def test_the_lab_says_that_bad_answers_of_one_class_spread_after_they_are_learned():
    steps, found = [*STUDY.settings.asked], read_study(STUDY.name)
    spread, learned = found["none: by step"].mean(axis=0).T
    assert spread[-1] > 0.4 and learned[-1] > 0.95
    assert spread[steps.index(20)] < spread[-1] / 2 and learned[steps.index(20)] > 0.8
    assert found["none: Bayes"][:, 0] == pytest.approx(STUDY.settings.world.bad)


@pytest.mark.guide("G46", "G47")
@pytest.mark.parametrize("remedy", ENDING)
def test_the_lab_says_what_ends_it(remedy):
    _, result = stored_result()
    assert result.verdicts()[remedy, "spread"].word == HELPS
    assert mean_of(remedy, "spread") < 0.1 and mean_of(remedy, "learned") > 0.9


def test_the_lab_says_that_quotations_carry_most_of_it_and_bad_writers_alone_little():
    """Bad answers are one thing that can be turned on where a word stands before all of them."""
    _, result = stored_result()
    found = result.verdicts()
    assert found["no quotations", "spread"].word == HELPS
    assert found["no bad writers", "spread"].word == UNDECIDED
    assert mean_of("no quotations", "spread") < 0.15 < 0.4 < mean_of("no bad writers", "spread")
    assert mean_of("neither of them", "spread") < 0.02


def test_the_lab_says_that_positions_alone_are_the_broadest_way():
    assert mean_of("positions alone", "spread") > mean_of("none", "spread")


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)
    assert np.isfinite([one.mean for one in result.controls().values()]).all()
