"""The README's tables are those of the stored studies, and what it says of them holds there."""

from pathlib import Path

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_settings, read_study
from tests.readme_numbers import TABLES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_of_a_table_is_that_of_the_stored_study(table):
    missing = [row for row in table() if row not in README]
    assert not missing, "python -m tests.readme_numbers prints what the README should say"


def difference(more, less):
    """Mean of the paired differences, and half of its 95 % interval."""
    return mean_and_interval(more - less)


def test_passes_help_order_in_english_and_more_of_them_are_undecided():
    accuracy, settings = read_study("passes"), read_settings("passes")
    none, six, twelve = (
        accuracy["en, accuracy"][:, place] for place in map(settings["passes"].index, (0, 6, 12))
    )
    order, whole = (settings["groups"].index(group) for group in ("order", "all"))
    gain, half = difference(six[:, order], none[:, order])
    assert gain > half
    change, half = difference(twelve[:, whole], six[:, whole])
    assert abs(change) < half
    assert accuracy["zh, accuracy"][:, 0, whole].min() > 0.999


def test_with_400_labels_the_passes_decide_what_pretraining_is_worth():
    found = read_study("few_labels")
    with_, without = found["BERT, pretrained"][..., 0], found["BERT"][..., 0]  # (seeds, R, P)
    gain, half = difference(with_, without)
    assert np.isclose(gain[0, 0], -0.09, atol=0.005) and -gain[0, 0] > half[0, 0]
    assert np.allclose(gain[:, 1:], 0.1, atol=0.02)
    assert (gain - half)[1, 1:].min() > 0
    pairs = found["bag of words and pairs"][:, 0]
    better, half = difference(without[:, :, 2], pairs[:, None])
    assert (better < half).all()
    for bert in (with_, without):
        change, half = difference(bert[:, 1], bert[:, 0])
        assert (np.abs(change) < half).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_single_clauses_are_no_help_with_the_six_new_sentences(language):
    found = read_study("single_clauses")

    def count(dial, what):
        return found[f"{language}, BERT {dial}, {what}"].sum(axis=1)

    change, half = difference(count("with", "samples"), count("without", "samples"))
    assert change < half
    for dial in ("with", "without"):
        assert count(dial, "known").mean() > 5.5


def test_on_real_text_bert_is_behind_or_level_with_pairs_and_pretraining_costs_two_points():
    sst2, spam = read_study("sst2"), read_study("spam")
    accuracy = {name: scores[:, 1, 0] for name, scores in sst2.items()}
    change, half = difference(accuracy["BERT"], accuracy["bag of words and pairs"])
    assert change < -half
    change, half = difference(accuracy["BERT, pretrained"], accuracy["BERT"])
    assert change < -half and np.isclose(change, -0.02, atol=0.005)
    change, half = difference(spam["BERT"], spam["bag of words and pairs"])
    assert (np.abs(change) < half).all()
