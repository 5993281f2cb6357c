import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.merging import apply_merges, learn_merges, merge, tally
from minillm.text.merging_fast import apply_merges_fast, learn_merges_fast

WORDS = st.lists(st.tuples(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4)), max_size=8)
both = pytest.mark.parametrize("learn", [learn_merges, learn_merges_fast])


def test_pairs_are_counted_at_every_place_and_times_their_word():
    assert tally([([0, 0, 0], 2), ([0, 1], 5), ([2], 9)]) == {(0, 0): 4, (0, 1): 5}


def test_pairs_are_merged_from_the_left():
    assert merge([0, 0, 0, 1], (0, 0), 9) == [9, 0, 1]
    assert merge("aXaX", ("a", "X"), "aX") == ["aX", "aX"]
    assert merge([1], (1, 1), 9) == [1] and merge([], (1, 1), 9) == []


@both
def test_merges_by_hand(learn):
    """tea 3 times, team 2, steam 2: e·a before t·e, which is as frequent."""
    words = [([ord(c) for c in word], n) for word, n in (("tea", 3), ("team", 2), ("steam", 2))]
    a, e, m, s, t = (ord(c) for c in "aemst")
    expected = [(e, a), (t, 256), (257, m), (s, 258)]
    assert learn(words, n_merges=9, first_new=256) == expected
    assert learn(words, n_merges=2, first_new=256) == expected[:2]
    assert learn(words, n_merges=9, first_new=256, min_count=4) == expected[:3]
    assert learn(words, n_merges=9, first_new=256, min_count=8) == []
    assert learn(words, n_merges=0, first_new=256) == []


@both
def test_ties_go_to_the_smaller_pair(learn):
    assert learn([([3, 1, 2, 0], 1)], n_merges=1, first_new=4) == [(1, 2)]
    assert learn([([1, 3], 1), ([1, 2], 1), ([0, 9], 1)], n_merges=3, first_new=10) == [
        (0, 9), (1, 2), (1, 3),
    ]  # fmt: skip


@both
def test_nothing_gives_no_merges(learn):
    assert learn([], n_merges=3, first_new=4) == learn([([1], 5)], n_merges=3, first_new=4) == []


@given(WORDS, st.integers(0, 12), st.integers(1, 3))
def test_the_fast_way_learns_the_same(words, n_merges, min_count):
    settings = {"n_merges": n_merges, "first_new": 4, "min_count": min_count}
    assert learn_merges_fast(words, **settings) == learn_merges(words, **settings)


@given(WORDS)
def test_no_symbol_is_built_twice(words):
    """All whole occurrences of a string are cut alike, so that its last merge takes them all."""
    built = list("abcd")
    for first, second in learn_merges(words, n_merges=20, first_new=4):
        built.append(built[first] + built[second])
    assert len(set(built)) == len(built)


def learned(words, n_merges):
    """Ranks of the pairs as strings."""
    built = list("abcd")
    for first, second in learn_merges(words, n_merges=n_merges, first_new=4):
        built.append(built[first] + built[second])
    merges = learn_merges(words, n_merges=n_merges, first_new=4)
    return {(built[a], built[b]): rank for rank, (a, b) in enumerate(merges)}


@given(WORDS, st.integers(0, 12), st.text("abcd", max_size=40))
def test_the_fast_way_joins_the_same(words, n_merges, word):
    ranks = learned(words, n_merges)
    assert apply_merges_fast(word, ranks) == apply_merges(word, ranks)
    assert "".join(apply_merges(word, ranks)) == word


@given(WORDS, st.integers(0, 12))
def test_training_words_are_joined_as_in_training(words, n_merges):
    merges = learn_merges(words, n_merges=n_merges, first_new=4)
    built = list("abcd")
    for first, second in merges:
        built.append(built[first] + built[second])
    ranks = {(built[a], built[b]): rank for rank, (a, b) in enumerate(merges)}
    for ids, _ in words:
        symbols = list(ids)
        for rank, pair in enumerate(merges):
            symbols = merge(symbols, pair, 4 + rank)
        assert apply_merges([built[i] for i in ids], ranks) == [built[i] for i in symbols]


def test_the_pair_that_was_learned_first_is_joined_first():
    ranks = {("e", "a"): 0, ("t", "ea"): 1, ("a", "m"): 2}
    for join in (apply_merges, apply_merges_fast):
        assert join("teams", ranks) == ["tea", "m", "s"]
        assert join("ams", ranks) == ["am", "s"]
        assert join("", ranks) == [] and join("x", ranks) == ["x"]


def test_a_word_of_a_hundred_thousand_letters_is_joined():
    ranks = {("a", "b"): 0, ("ab", "a"): 1, ("c", "ab"): 2}
    assert apply_merges_fast("cab" * 30_000, ranks) == ["cab"] * 30_000
