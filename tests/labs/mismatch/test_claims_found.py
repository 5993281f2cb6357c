"""What the study of claims and evidence found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.mismatch.claims import STUDY, TESTS
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.labs.worlds.claims import LABELS, claim_accuracy

FOUND = read_study(STUDY.name)
LEAKS = STUDY.settings.leaks
SAME, NONE, TURNED, NEAR = range(len(TESTS))
WHOLE, BAG = "claim and evidence", "bag of words"


def accuracies(reader, leak, test):
    """Of each seed, (seeds,)."""
    return FOUND[reader][:, LEAKS.index(leak), test]


def wordings(leak, label):
    """Accuracy of who sees all, of claims that affirm and that deny, (seeds, 2)."""
    found = FOUND[f"{WHOLE}, wordings"]
    return found[:, LEAKS.index(leak), LABELS.index(label)]


@pytest.mark.guide("G41")
@pytest.mark.parametrize("reader", ["claim only", "bag of words, apart"])
@pytest.mark.parametrize("leak", LEAKS)
def test_the_claim_alone_tells_what_the_closed_form_says(reader, leak):
    for test, wanted in (
        (SAME, claim_accuracy(leak)),
        (NONE, 1 / 3),
        (TURNED, claim_accuracy(leak, turned=True)),
        (NEAR, 1 / 3),
    ):
        mean, half = mean_and_interval(accuracies(reader, leak, test))
        assert mean == pytest.approx(wanted, abs=0.03) and half < 0.04


@pytest.mark.guide("G41")
@pytest.mark.parametrize("reader", ["evidence only", "majority"])
def test_evidence_without_its_claim_tells_nothing(reader):
    np.testing.assert_allclose(FOUND[reader].mean(axis=0), 1 / 3, atol=0.03)


def test_who_sees_both_loses_what_the_wording_told():
    """Between its leak and the leak turned round: 0.00 at 0, 0.14 at 0.5, 0.61 at 0.9."""
    for leak, wanted in zip(LEAKS, (0.0, 0.143, 0.607), strict=True):
        assert accuracies(WHOLE, leak, SAME).mean() > 0.92
        lost = accuracies(WHOLE, leak, SAME) - accuracies(WHOLE, leak, TURNED)
        mean, half = mean_and_interval(lost)
        assert mean == pytest.approx(wanted, abs=0.002)
        assert half < 0.02 if leak == 0 else mean - half > 0.05


def test_at_the_strongest_leak_the_rare_wordings_are_what_is_wrong():
    """No supported denial is read, of refuted claims that affirm 0.12 ± 0.22, of all else most."""
    assert wordings(0.9, "supported")[:, 1].max() == 0.0
    mean, half = mean_and_interval(wordings(0.9, "refuted")[:, 0])
    assert mean + half < 0.4
    frequent = [("supported", 0), ("refuted", 1), ("undecided", 0)]
    for label, wording in frequent:
        assert wordings(0.9, label)[:, wording].mean() > 0.9


def test_the_evidence_is_read_all_the_same_to_find_what_is_undecided():
    """With the leak turned round it is 0.29 ± 0.08 above who reads the claim alone."""
    gain = accuracies(WHOLE, 0.9, TURNED) - accuracies("claim only", 0.9, TURNED)
    mean, half = mean_and_interval(gain)
    assert mean - half > 0.2


def test_a_bag_of_words_counts_what_both_share_and_the_leak_harms_it_less():
    """It is no worse at 0.9, and with the leak turned round 0.37 ± 0.07 better."""
    mean, half = mean_and_interval(accuracies(BAG, 0.9, TURNED) - accuracies(WHOLE, 0.9, TURNED))
    assert mean - half > 0.25
    mean, half = mean_and_interval(accuracies(BAG, 0.9, SAME) - accuracies(WHOLE, 0.9, SAME))
    assert mean > 0 and mean - half < 0  # undecided
    # without a leak it is right but on denials of what is told, d 2/3 of all
    told = 1 - STUDY.settings.world.denied * 2 / 3
    assert accuracies(BAG, 0.0, SAME).mean() == pytest.approx(told, abs=0.02)


@pytest.mark.parametrize("reader", [WHOLE, BAG])
def test_nobody_reads_a_fact_as_a_whole(reader):
    """Where all words of the claims are in the evidence, every reader guesses."""
    for leak in LEAKS:
        mean, half = mean_and_interval(accuracies(reader, leak, NEAR))
        assert mean == pytest.approx(1 / 3, abs=0.02) and half < 0.04
