"""Every item of the catalogue of faults is tested, or says why it is not."""

import numpy as np
import pytest

from minillm.course.markers import Mark, marks
from tests.catalogue import CATALOGUE
from tests.marked import complaints
from tests.ops.samples import OPS

REFUSED = [
    Mark("fault", call.fault, f"refused by {name}: {call.message}", always=True)
    for name, row in OPS.items()
    for call in row.refused
    if call.fault is not None
]


def test_items_are_numbered_from_1_without_a_gap():
    assert list(CATALOGUE) == list(range(1, len(CATALOGUE) + 1))
    assert all(one.expected for one in CATALOGUE.values())


def test_every_item_is_tested_or_says_why_not():
    rows = {number: not one.open for number, one in CATALOGUE.items()}
    assert complaints("fault", rows, [*marks(), *REFUSED]) == []


def test_a_row_without_a_test_and_a_marker_without_a_row_are_noticed():
    planted = [
        Mark("fault", 1, "tests/a.py: test_b", always=True),
        Mark("fault", 2, "tests/a.py: test_slow", always=False),
        Mark("guide", 3, "tests/a.py: test_of_the_guide", always=True),
        Mark("fault", 9, "tests/a.py: test_of_nothing", always=True),
    ]
    found = complaints("fault", {1: True, 2: True, 3: True, 4: False}, planted)
    assert found == [
        "fault 2: no test",
        "fault 3: no test",
        "fault 9: no row, tests/a.py: test_of_nothing",
    ]


@pytest.mark.fault(32)
def test_warnings_are_errors():
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        np.ones(1) / np.zeros(1)
