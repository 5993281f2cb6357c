"""What the lab of canaries found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs.challenges.privacy import CONTROLS, STUDY
from minillm.labs.challenges.privacy_remedies import REMEDIES
from minillm.labs.compare_result import Result
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HARMS, HELPS
from minillm.tasks.metrics import expected_exposure

EXPOSURE, AUC, LOSS = STUDY.headlines
LUCK = expected_exposure(10**STUDY.settings.world.digits)


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict in a word."""
    return {key: one.word for key, one in stored_result()[1].verdicts().items()}


def mean(remedy, measure):
    """The mean of a measure over the seeds."""
    return read_study(STUDY.name)[f"{remedy}: {measure}"].mean(axis=0)


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 36 and len(file["seeds"]) == 6


@pytest.mark.guide("G54")
def test_the_lab_says_that_what_is_told_more_often_is_exposed_more():
    never, once, four, sixteen = mean("none", "exposure by times")
    assert never == pytest.approx(LUCK, abs=0.8)
    assert once > 6.0 and once < four < sixteen and sixteen > 9.8
    assert mean("none", AUC) > 0.6 and mean("none", "AUC, calibrated") > 0.7


@pytest.mark.guide("G54")
def test_the_lab_says_that_low_rates_show_what_the_area_hides():
    """At 1 % of false positives a calibrated attack finds more than twice what the plain one does.

    Where nothing is learned by heart it would find 1 %.
    """
    assert mean("none", "found at 1 %") > 0.1
    assert mean("none", "found at 1 %") > 2 * mean("none", "found at 1 %, not calibrated")
    for private in ("epsilon 8", "epsilon 2", "epsilon 2 behind public texts"):
        assert mean(private, "found at 1 %") < 0.03


@pytest.mark.guide("G54")
def test_the_lab_says_that_exact_copies_are_not_all_and_near_ones_not_enough():
    """Copies begin with another word; and what is told once is learned by heart, too."""
    exact, near = (
        mean(f"{which} copies removed", "exposure by times") for which in ("exact", "near")
    )
    assert exact[-1] > 9.0 and near[-1] < exact[-1] - 1.0
    assert near[1] > LUCK + 3.0
    assert words_of_the_lab()["exact copies removed", AUC] != HELPS


@pytest.mark.guide("G54")
def test_the_lab_says_that_a_scrubber_keeps_what_it_knows_the_form_of():
    assert mean("scrubbed", "phones") == pytest.approx(LUCK, abs=0.8)
    assert mean("scrubbed", "codes") > 6.0


@pytest.mark.guide("G54")
def test_the_lab_says_that_noise_keeps_secrets_and_costs_loss_unless_public_texts_came_before():
    words = words_of_the_lab()
    for private in ("epsilon 8", "epsilon 2", "epsilon 2 behind public texts"):
        assert words[private, EXPOSURE] == words[private, AUC] == HELPS
    assert words["epsilon 2", LOSS] == HARMS
    assert words["epsilon 2 behind public texts", LOSS] == HELPS
    assert mean("epsilon 2", EXPOSURE) < mean("epsilon 8", EXPOSURE)
    # a promise for one text: what 16 texts tell together is less safe
    assert (
        mean("epsilon 8", "exposure by times")[-1] > mean("epsilon 8", "exposure by times")[1] + 2
    )


@pytest.mark.guide("G47", "G54")
def test_the_lab_says_that_regularisation_hides_members_and_not_what_is_told_16_times():
    for remedy in ("weight decay", "dropout", "early stop"):
        assert words_of_the_lab()[remedy, AUC] == HELPS
        assert mean(remedy, "exposure by times")[-1] > 6.0
    assert words_of_the_lab()["wider model", AUC] == HARMS


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)
    assert np.isfinite(mean("none", LOSS))
