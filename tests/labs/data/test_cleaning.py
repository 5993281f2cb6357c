"""The study of cleaning, with models of which it is known what they see."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.data.cleaning import (
    STUDY,
    Leak,
    audit,
    measure,
    measure_flaws,
    without_doubtful,
)
from minillm.labs.worlds.flaws import FLAWS, Item
from minillm.text import Example
from tests.labs.planted_models import reads, remembers, spy

SETTINGS = STUDY.settings
FOUND, LEAKED = SETTINGS.found, SETTINGS.leak.share
CONDITIONS = ("flawless", "flawed", "cleaned", "cleaned, filter of reads", "all bad dropped")
SMALL = replace(SETTINGS, train=200, test=100, leak=Leak(train=100), conditions=CONDITIONS)


@pytest.fixture(scope="module")
def measured():
    fits = {"reads": reads, "remembers": remembers}
    return measure(SMALL, 0, fits=fits)


def test_cleaning_finds_twins_and_useless_lines_and_no_wrong_label(measured):
    found = dict(zip(FOUND, measured["clean"], strict=True))
    assert found["twin"] == found["near twin"] == found["useless"] == 1
    assert found["wrong label"] == found["reworded twin"] == found["wrong label, order"] == 0
    # of 10 twins and 10 near twins the innocent original goes too, and 10 lines are useless
    assert found["precision"] == pytest.approx(30 / 50)
    assert measured["repaired"] == 1


def test_chinese_flaws_are_found_or_not_as_the_english_ones(measured):
    chinese = replace(SMALL, language="zh", conditions=("cleaned",))
    found = measure(chinese, 0, fits={"remembers": remembers})
    for row in ("clean", "repaired", "shared"):
        assert np.array_equal(found[row], measured[row]), row


def test_a_filter_that_can_read_finds_every_wrong_label(measured):
    assert measured["filter_reads"].tolist() == [1, 1, 1, 1, 1]


def test_the_accuracies_are_those_of_the_conditions(measured):
    assert measured["reads"].shape == (len(CONDITIONS), 4) and (measured["reads"] == 1).all()
    assert (measured["remembers"][:, 0] == 0.5).all()


@pytest.mark.guide("G5", "G42")
def test_leaked_sentences_flatter_a_model_that_remembers_and_their_removal_ends_it(measured):
    everywhere, leaked, others = measured["leaked_remembers"]
    assert leaked == 1 and others < 0.7
    assert everywhere == pytest.approx(LEAKED * leaked + (1 - LEAKED) * others)
    assert measured["honest_remembers"][0] == 0.5
    assert measured["shared"].tolist() == [LEAKED, 0]
    assert (measured["leaked_reads"] == 1).all()


def test_an_audit_by_hand_counts_wrong_labels_by_kind():
    def items(flaw, kind, number):
        return [Item(Example("a", "negative"), flaw, frozenset({kind}))] * number

    dropped = [*items("wrong label", "plain", 3), *items("", "plain", 1)]
    all_items = [*dropped, *items("wrong label", "plain", 1), *items("wrong label", "order", 2)]
    others = [item for flaw in list(FLAWS)[1:] for item in items(flaw, "plain", 1)]
    found = dict(zip(FOUND, audit([*all_items, *others], dropped, FOUND), strict=True))
    assert found["precision"] == 3 / 4 and found["wrong label"] == 3 / 6
    assert found["wrong label, plain"] == 3 / 4
    assert found["wrong label, order"] == found["twin"] == 0


def test_the_conditions_train_on_what_their_names_say():
    sets = []
    names = ("flawless", "flawed", "cleaned", "cleaned, filter of spy", "all bad dropped")
    measure_flaws(replace(SMALL, conditions=names), 0, {"spy": spy(sets)})
    *folds, flawless, flawed, cleaned, _, ideal = sets  # the first are those of the filter
    assert len(folds) == SMALL.folds
    assert sorted(set().union(*folds)) == sorted(set(cleaned)) and len(set(cleaned)) < len(flawed)
    truth = set(flawless)
    assert len(flawed) > len(flawless) == 200 > len(cleaned) > len(ideal)
    assert not truth.issuperset(cleaned) and truth.issuperset(ideal)


def test_the_filter_drops_below_its_threshold(rng):
    def fit(examples):
        return lambda texts: np.tile([0.25, 0.75], (len(texts), 1))

    items = [Item(Example(f"{i}", "ab"[i % 2]), "", frozenset()) for i in range(20)]
    kept, doubtful = without_doubtful(items, fit, folds=5, threshold=0.3, rng=rng)
    assert kept == items[1::2] and doubtful == items[::2]
    assert without_doubtful(items, fit, folds=5, threshold=0.25, rng=rng) == (items, [])


@pytest.mark.parametrize(("threshold", "found"), [(0.4, 0), (0.41, 1)])
def test_the_filter_of_the_study_has_the_threshold_of_the_settings(threshold, found):
    """A wrong label has a probability of 0.4, a right one of 0.6."""

    def doubts(examples):
        truth = reads(examples)
        return lambda texts: 0.4 + 0.2 * truth(texts)

    settings = replace(SMALL, threshold=threshold, conditions=("cleaned, filter of doubts",))
    numbers = measure_flaws(settings, 0, {"doubts": doubts})
    wrong = SETTINGS.filtered.index("wrong label")
    assert numbers["filter_doubts"][wrong] == found


def test_an_unknown_condition_is_refused():
    with pytest.raises(ValueError, match=r"among flawless, .*, all bad dropped, got 'washed'"):
        measure_flaws(replace(SMALL, conditions=("washed",)), 0, {"reads": reads})
