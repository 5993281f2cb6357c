"""Encodings can be undone, and leave nothing as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.encodings import encoded

LETTERS = st.text(st.sampled_from("abcxyz一丁乙龤龥 ?") | st.characters(codec="ascii"))


def test_the_example():
    assert encoded("bread", 7) == "iylhk" and encoded("面包", 7) == "革匌"


@given(LETTERS, st.integers(-50_000, 50_000))
def test_an_encoding_is_undone_by_its_opposite(word, places):
    assert encoded(encoded(word, places), -places) == word


@given(st.text("abcxyz", min_size=1), st.integers(1, 25))
def test_no_letter_stays_and_every_other_sign_does(word, places):
    code = encoded(word + " ?9.", places)
    assert code.endswith(" ?9.")
    assert all(
        a != b and b in "abcdefghijklmnopqrstuvwxyz" for a, b in zip(word, code, strict=False)
    )


@pytest.mark.parametrize(("letter", "after"), [("z", "a"), ("龥", "一")])
def test_behind_the_last_letter_comes_the_first(letter, after):
    assert encoded(letter, 1) == after
