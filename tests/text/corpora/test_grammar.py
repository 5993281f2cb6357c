"""Numbered sentences: every number gives one sentence, every sentence has one number."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.corpora.grammar import Pattern, Sentences

NOUNS, ADJECTIVES = ("soup", "bread", "tea"), ("hot", "cold")
MEAL = Pattern("the {noun} was {adjective}.", {"noun": NOUNS, "adjective": ADJECTIVES})


def test_a_pattern_counts_the_product_of_its_choices():
    assert MEAL.size == 6
    assert Pattern("nothing to choose", {}).size == 1
    assert Pattern("{noun}", {"noun": ()}).size == 0


def test_the_last_digit_of_a_number_chooses_for_the_first_slot():
    assert MEAL.sentence(0) == "The soup was hot."
    assert MEAL.sentence(1) == "The bread was hot."
    assert MEAL.sentence(5) == "The tea was cold."


def test_the_sentences_of_a_pattern_are_all_combinations():
    written = {f"The {noun} was {adjective}." for noun, adjective in product(NOUNS, ADJECTIVES)}
    assert {MEAL.sentence(number) for number in range(6)} == written


def test_chinese_has_no_capitals():
    assert Pattern("{what}很好。", {"what": ("茶",)}).sentence(0) == "茶很好。"


@given(st.lists(st.integers(0, 4), max_size=6))
def test_a_union_numbers_its_patterns_one_after_the_other(sizes):
    patterns = [
        Pattern(f"{place} {{n}}", {"n": [str(n) for n in range(size)]})
        for place, size in enumerate(sizes)
    ]
    expected = [f"{place} {n}" for place, size in enumerate(sizes) for n in range(size)]
    union = Sentences(patterns)
    assert len(union) == len(expected)
    assert list(union) == expected
    assert [union[number] for number in range(len(union))] == expected
    assert union[1:3] == expected[1:3]


@pytest.mark.parametrize("number", [-1, 6])
def test_a_number_outside_the_grammar_is_refused(number):
    with pytest.raises(IndexError, match=rf"sentence {number} of a grammar with 6 sentences"):
        Sentences([MEAL])[number]
