import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import distinct, repetition

texts = st.lists(st.lists(st.integers(0, 3), max_size=8), max_size=4)


@pytest.mark.guide("G40")
def test_shares_by_hand():
    assert distinct(["abab", "ab"], 1) == 2 / 6
    assert distinct(["abab", "ab"], 2) == 2 / 4  # ab ba ab ab
    assert repetition("abab", 2) == pytest.approx(1 / 3)
    assert repetition("aaaa", 1) == 3 / 4
    assert repetition("abcd", 1) == repetition("a", 2) == repetition("", 1) == 0


@pytest.mark.guide("G40")
@given(texts, st.integers(1, 3))
def test_shares_lie_between_nothing_and_all(texts, n):
    share = distinct(texts, n)
    grams = [tuple(t[i : i + n]) for t in texts for i in range(len(t) - n + 1)]
    assert share * len(grams) == pytest.approx(len(set(grams)))
    assert distinct(texts * 2, n) == pytest.approx(share / 2)
    for text in texts:
        assert 0 <= repetition(text, n) < 1
        assert repetition(text * 2, n) >= repetition(text, n) - 1e-12


@pytest.mark.parametrize("measure", [lambda n: distinct(["ab"], n), lambda n: repetition("ab", n)])
def test_ngrams_of_nothing_are_refused(measure):
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        measure(0)
