"""Copies and near copies, against a comparison of every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.text.duplicates import (
    jaccard,
    minhash,
    number_of,
    shingles,
    without_copies,
    without_near_copies,
)

words = st.lists(st.sampled_from("abcd"), min_size=1, max_size=7)


@pytest.mark.guide("G54")
def test_each_text_is_kept_once_whatever_its_case_and_blanks():
    texts = ["The code is 12.", "Hello", "the  code is 12.", "hello!", "HELLO"]
    assert without_copies(texts) == [0, 1, 3]
    assert without_copies([]) == []
    with pytest.raises(TypeError, match="expected a list of texts"):
        without_copies("one text")


@pytest.mark.guide("G54")
@settings(deadline=None, max_examples=50)
@given(st.lists(words, max_size=8), st.sampled_from([0.5, 0.8, 1.0]))
def test_the_bands_find_what_a_comparison_of_all_pairs_does(texts, alike):
    kept = []
    for i, text in enumerate(texts):
        runs = shingles(text, 2)
        if all(jaccard(runs, shingles(texts[j], 2)) < alike for j in kept):
            kept.append(i)
    # a pair at 0.5 is compared with 1 - 2**-9 at worst for 400 bands of 1
    assert without_near_copies(texts, n=2, alike=alike, bands=400, rows=1) == kept


def test_a_word_that_differs_does_not_save_a_copy_and_another_text_stays():
    a = ["well", "vera", "has", "the", "phone", "five", "five", "five", "one", "two"]
    b = ["look", "vera", "has", "the", "phone", "five", "five", "five", "one", "two"]
    c = ["mara", "of", "lund", "bought", "seven", "red", "lamps", "on", "monday"]
    assert without_near_copies([a, b, c, a]) == [0, 2]
    assert without_near_copies([a, b, c, a], alike=1.0) == [0, 1, 2]
    assert jaccard(shingles(a, 3), shingles(b, 3)) == pytest.approx(7 / 9)


@pytest.mark.guide("G54")
def test_equal_entries_of_signatures_are_as_many_as_sets_are_alike():
    a, b = set(range(60)), set(range(30, 90))
    one, other = minhash(a, 4000), minhash(b, 4000)
    assert (one == other).mean() == pytest.approx(jaccard(a, b), abs=0.03)
    assert (minhash(a, 50) == minhash(sorted(a, reverse=True), 50)).all()


def test_shingles_and_their_numbers():
    assert shingles("abca", 2) == {("a", "b"), ("b", "c"), ("c", "a")}
    assert shingles("ab", 3) == {("a", "b")} and shingles("", 3) == {()}
    assert jaccard(set(), set()) == 1.0 and jaccard({1}, {2}) == 0.0
    assert number_of(("a", "b")) == 642192393  # in every process


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: shingles("ab", 0), "n must be at least 1, got 0"),
        (lambda: minhash([], 3), "needs something to hash"),
        (lambda: minhash([1], 0), "k >= 1, got 1, k=0"),
        (lambda: without_near_copies([["a"]], alike=0.0), "alike must be above 0"),
        (lambda: without_near_copies([["a"]], alike=1.1), "alike must be above 0"),
        (lambda: without_near_copies([["a"]], bands=0), "bands and rows at least 1"),
        (lambda: without_near_copies([["a"]], rows=0), "bands and rows at least 1"),
    ],
)
def test_numbers_that_make_no_comparison_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_one_text_in_the_place_of_a_list_is_refused():
    with pytest.raises(TypeError, match="expected a list of texts"):
        without_near_copies("a b c")


def test_only_near_ones_are_compared():
    rng = np.random.default_rng(0)
    texts = rng.integers(1000, size=(60, 12)).tolist()
    assert without_near_copies(texts) == [*range(60)]
