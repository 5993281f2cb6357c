"""The study of cleaning, with models of which it is known what they see."""

import numpy as np
import pytest

from minillm.labs.data.cleaning import (
    CONDITIONS,
    LEAKED,
    audit,
    measure,
    measure_flaws,
    without_doubtful,
)
from minillm.labs.data.flaws import FLAWS, Item
from minillm.text import Example
from tests.labs.data.planted_models import reads, remembers, spy

FOUND = ["precision", *(flaw for flaw in FLAWS if flaw != "spelling"), "plain", "order"]


@pytest.fixture(scope="module")
def measured():
    fits = {"reads": reads, "remembers": remembers}
    return measure(0, n_train=200, n_test=100, leak_train=100, fits=fits)


def test_cleaning_finds_twins_and_useless_lines_and_no_wrong_label(measured):
    found = dict(zip(FOUND, measured["clean"], strict=True))
    assert found["twin"] == found["near twin"] == found["useless"] == 1
    assert found["wrong label"] == found["reworded twin"] == found["order"] == 0
    # of 10 twins and 10 near twins the innocent original goes too, and 10 lines are useless
    assert found["precision"] == pytest.approx(30 / 50)
    assert measured["repaired"] == 1


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
    others = [item for flaw in FLAWS[1:] for item in items(flaw, "plain", 1)]
    found = dict(zip(FOUND, audit([*all_items, *others], dropped), strict=True))
    assert found["precision"] == 3 / 4 and found["wrong label"] == 3 / 6
    assert (found["plain"], found["order"], found["twin"]) == (3 / 4, 0, 0)


def test_the_conditions_train_on_what_their_names_say():
    sets = []
    measure_flaws(0, {"spy": spy(sets)}, n_train=200, n_test=100)
    flawless, flawed, cleaned, _, ideal = sets[-5:]  # before them the folds of the filter
    truth = set(flawless)
    assert len(flawed) > len(flawless) == 200 > len(cleaned) > len(ideal)
    assert not truth.issuperset(cleaned) and truth.issuperset(ideal)


def test_the_filter_drops_below_its_threshold():
    def fit(examples):
        return lambda texts: np.tile([0.25, 0.75], (len(texts), 1))

    items = [Item(Example(f"{i}", "ab"[i % 2]), "", frozenset()) for i in range(20)]
    kept, doubtful = without_doubtful(items, fit, rng=np.random.default_rng(0))
    assert kept == items[1::2] and doubtful == items[::2]
