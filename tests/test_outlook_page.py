"""What the pages on the guide's outlook say is what the stored studies say."""

import re

import pytest

from tests.outlook_numbers import TABLES, single, told
from tests.told import INTERVAL, intervals, missing_rows, numbers, text_of

PAGES = ("outlook.md", "zh/outlook.md")
each_page = pytest.mark.parametrize("page", PAGES)
DECIMAL = re.compile(r"(?<![\d.:])\d+\.\d+(?!\.?\d)")
STUDIES = (
    *("adversarial", "adversarial_directions", "fusion", "retrieval"),
    *("mixture_of_experts", "mixture_of_experts_longer", "segment_recurrence"),
)


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.outlook_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert set(intervals(page)) == set(told().values())


@each_page
def test_every_other_number_with_a_point_is_that_of_the_stored_studies(page):
    alone = re.sub(r"arXiv:[\d.]+", "", INTERVAL.sub("", text_of(page)))
    assert set(DECIMAL.findall(alone)) == set(single().values())


@each_page
def test_the_page_names_every_study(page):
    assert not [name for name in STUDIES if f"`labs run {name}`" not in text_of(page)]


def test_both_pages_have_the_same_whole_numbers():
    one, other = map(numbers, PAGES)
    assert one == other


@each_page
def test_the_sentences_that_the_page_begins_with_say_what_would_refute_them(page):
    heading, refutable = {
        "outlook.md": ("In four sentences", "Would be refuted by"),
        "zh/outlook.md": ("四句话", "怎样推翻它"),
    }[page]
    assert text_of(page, [heading]).count(refutable) == 4
