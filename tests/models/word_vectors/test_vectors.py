"""Words and their vectors: neighbours against a loop over all words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.word_vectors import WordVectors, vectors
from minillm.models.word_vectors.vectors import highest

WORDS = ("king", "queen", "man", "woman", "apple")
TABLE = np.array([[3.0, 1, 0], [1, 3, 0], [3, 0, 1], [1, 2, 1], [0, 0, 5]])


def cosine(x, y):
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def test_neighbours_are_those_of_a_loop_over_all_words(rng, monkeypatch):
    monkeypatch.setattr(vectors, "CELLS", 33)  # three words at a time
    words = [f"w{i}" for i in range(11)]
    table = rng.standard_normal((11, 4))
    found = WordVectors(words, table).nearest(words, 4)
    for i, near in enumerate(found):
        others = [(cosine(table[i], table[j]), words[j]) for j in range(11) if j != i]
        best = sorted(others, reverse=True)[:4]
        assert [word for word, _ in near] == [word for _, word in best]
        np.testing.assert_allclose([c for _, c in near], [c for c, _ in best], atol=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_vectors_of_numbers_without_a_square_have_the_same_neighbours(size):
    found = WordVectors(WORDS, (TABLE * size).astype(np.float32)).nearest(WORDS, 2)
    plain = WordVectors(WORDS, TABLE).nearest(WORDS, 2)
    for one, other in zip(found, plain, strict=True):
        assert [near.word for near in one] == [near.word for near in other]
        np.testing.assert_allclose([n.cosine for n in one], [n.cosine for n in other], rtol=1e-6)


def test_a_word_is_not_its_own_neighbour_and_all_others_are():
    found = WordVectors(WORDS, TABLE)
    (near,) = found.nearest(["king"], 99)
    assert sorted(word for word, _ in near) == sorted(set(WORDS) - {"king"})
    assert near[0].word == "man" and near[0].cosine == pytest.approx(0.9)
    assert found.nearest([], 3) == []


def test_vectors_find_their_words_and_length_counts_nothing():
    found = WordVectors(WORDS, TABLE)
    ((one,), (two,)) = found.nearest_to([[0, 0, 1e-3], [200, 600, 0]], 1)
    assert one == ("apple", pytest.approx(1)) and two == ("queen", pytest.approx(1))
    assert np.array_equal(found["man"], TABLE[2]) and found.width == 3 and len(found) == 5
    assert "man" in found and "Man" not in found


def test_a_vector_of_zeros_is_near_nothing():
    found = WordVectors(["a", "b", "c"], [[0.0, 0], [1, 0], [-1, 0]])
    assert found.nearest(["a"], 2)[0] == [("b", 0.0), ("c", 0.0)]
    assert found.nearest(["b"], 2)[0] == [("a", 0.0), ("c", -1.0)]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(1, 8))
def test_of_equal_numbers_the_first_are_the_highest(row, count):
    count = min(count, len(row))
    places, numbers = highest(np.array([row, row[::-1]], dtype=float), count)
    for asked, found, values in zip((row, row[::-1]), places, numbers, strict=True):
        wanted = sorted(range(len(row)), key=lambda i: (-asked[i], i))[:count]
        assert found.tolist() == wanted
        assert values.tolist() == [asked[i] for i in wanted]


def test_an_unknown_word_is_told_with_words_that_are_spelled_nearly_like_it():
    found = WordVectors(WORDS, TABLE)
    with pytest.raises(ValueError, match=r"no vector for 'queem'; did you mean queen\?"):
        found.nearest(["king", "queem"])
    with pytest.raises(ValueError, match=r"no vector for 'xyzzyplugh'$"):
        found["xyzzyplugh"]


@pytest.mark.parametrize(
    ("words", "table", "error", "message"),
    [
        ([], np.zeros((0, 2)), ValueError, "at least one word"),
        (["a", "b"], [[1.0]], ValueError, "2 words but 1 rows"),
        (["a", "a"], [[1.0], [2.0]], ValueError, "word 1, 'a', is also word 0"),
        (["a", ""], [[1.0], [2.0]], ValueError, "word 1 is empty"),
        (["a", 7], [[1.0], [2.0]], TypeError, "word 1 must be a string, got 7"),
        ("ab", [[1.0], [2.0]], TypeError, "the text 'ab'"),
        (["a", "b"], [[1.0], [np.nan]], ValueError, "row 1 of the table .* not finite"),
        (["a"], [[]], ValueError, r"\(V, D\) numbers, got float64 \(1, 0\)"),
        (["a"], [1.0], ValueError, r"\(V, D\) numbers, got float64 \(1,\)"),
        (["a"], [["x"]], ValueError, "numbers, got <U1"),
    ],
)
def test_what_is_no_table_of_vectors_is_refused(words, table, error, message):
    with pytest.raises(error, match=message):
        WordVectors(words, table)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda v: v.nearest("king"), TypeError, "the text 'king'"),
        (lambda v: v.nearest(["king"], 0), ValueError, "count must be .* got 0"),
        (lambda v: v.nearest(["king"], 1.5), TypeError, "count must be .* got 1.5"),
        (lambda v: v.nearest_to(np.zeros((1, 2))), ValueError, r"\(N, 3\), got \(1, 2\)"),
    ],
)
def test_wrong_questions_are_refused(ask, error, message):
    with pytest.raises(error, match=message):
        ask(WordVectors(WORDS, TABLE))


def test_whole_numbers_become_floats():
    assert WordVectors(["a"], [[1, 2]]).table.dtype == np.float32
