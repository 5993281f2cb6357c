"""What the pages say of real texts is what the runs wrote."""

import pytest

from tests.real_text_numbers import TABLES, read
from tests.told import missing_rows

each_page = pytest.mark.parametrize("page", ["own_text.md", "zh/own_text.md"])


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_run(table, page):
    assert not missing_rows(table, page), "python -m tests.real_text_numbers prints them"


def test_what_is_said_beside_the_tables_holds():
    systems = read("translation")["systems"]
    assert systems["word for word"]["chrf"] > 0.9 * max(one["chrf"] for one in systems.values())
    found = read("entities")["scores"]
    by_seed = zip(*(found[name]["test"]["all"] for name in list(found)[1:]), strict=True)
    assert all(field > head for field, head in by_seed)
    assert found["dictionary"]["test"]["unseen"] == [0.0, 0.0, 0.0]
