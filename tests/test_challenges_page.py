"""What the pages on challenges say is what the stored studies say."""

import re

import pytest

from minillm.labs.stored import read_settings
from tests.challenge_numbers import TABLES, single, told
from tests.told import INTERVAL, intervals, missing_rows, numbers, text_of

PAGES = ("challenges.md", "zh/challenges.md")
each_page = pytest.mark.parametrize("page", PAGES)
DECIMAL = re.compile(r"(?<![\d.:])\d+\.\d+(?!\.?\d)")
STUDIES = (
    *("fairness", "fairness_dials", "fairness_price", "word_association", "privacy", "scrubbing"),
    *("scaling", "planted_rule", "induction_head", "steering", "sparse_directions"),
)


def dials():
    """The strengths that the text names, as it writes them."""
    worlds, texts = read_settings("fairness_dials"), read_settings("word_association")
    values = {*worlds["penalties"], *worlds["second_good"], *texts["strengths"]}
    return {f"{value:g}" for value in values if value % 1}


@each_page
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_row_is_that_of_the_stored_study(table, page):
    assert not missing_rows(table, page), (
        "python -m tests.challenge_numbers prints what the page should say"
    )


@each_page
def test_every_interval_in_the_text_is_that_of_the_stored_studies(page):
    assert set(intervals(page)) == set(told().values())


@each_page
def test_every_other_number_with_a_point_is_that_of_the_stored_studies(page):
    alone = re.sub(r"arXiv:[\d.]+", "", INTERVAL.sub("", text_of(page)))
    found = set(DECIMAL.findall(alone))
    assert found - dials() == set(single().values()) - dials()


@each_page
def test_the_page_names_every_study(page):
    assert not [name for name in STUDIES if f"`labs run {name}`" not in text_of(page)]


def test_both_pages_have_the_same_whole_numbers():
    one, other = map(numbers, PAGES)
    assert one == other


@each_page
def test_the_sentences_that_the_page_begins_with_say_what_would_refute_them(page):
    heading, refutable = {
        "challenges.md": ("In four sentences", "Refuted by"),
        "zh/challenges.md": ("四句话", "怎样推翻它"),
    }[page]
    assert text_of(page, [heading]).count(refutable) == 4
