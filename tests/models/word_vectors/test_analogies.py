"""Analogies: planted ones with exact scores, and the answers of a loop."""

import numpy as np
import pytest

from minillm.models.word_vectors import WordVectors, analogy_scores, read_questions, total
from minillm.models.word_vectors.analogies import answers

CAPITALS = {"Athens": (1, 0), "Greece": (1, 1), "Oslo": (2, 0), "Norway": (2, 1)}
PLACES = WordVectors(
    [*CAPITALS, "Rome", "Italy", "noise"],
    np.array([[*np.eye(4)[i], side] for i, side in [*CAPITALS.values(), (3, 0), (3, 1), (0, 0)]]),
)
FILE = """: capitals
Athens Greece Oslo Norway
Athens Greece Rome Italy

Athens Greece Paris France
: turned
Oslo Norway Athens Italy
"""


def test_answers_are_those_of_a_loop(rng):
    vectors = WordVectors([f"w{i}" for i in range(9)], rng.standard_normal((9, 3)))
    u = vectors.table / np.linalg.norm(vectors.table, axis=1, keepdims=True)
    asked = np.array([rng.permutation(9)[:3] for _ in range(20)])
    for (a, b, c), found in zip(asked, answers(vectors, asked), strict=True):
        wanted = u[b] - u[a] + u[c]
        assert found == max(set(range(9)) - {a, b, c}, key=lambda d: float(u[d] @ wanted))


def test_the_words_of_a_question_are_no_answers():
    """b - a + c is nearest to c itself where a and b are all but the same."""
    vectors = WordVectors([*"abcd"], [[1.0, 0], [1, 0.01], [0, 1], [-1, 0]])
    assert answers(vectors, np.array([[0, 1, 2]])).tolist() == [3]
    assert vectors.nearest_to([[0, 1.01]], 1)[0][0].word == "c"


def test_sections_have_their_scores_and_what_could_not_be_asked_is_told(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(FILE, encoding="utf-8")
    sections = read_questions(path)
    assert list(sections) == ["capitals", "turned"]
    scores = analogy_scores(PLACES, sections)
    assert scores["capitals"] == (3, 2, 2) and scores["turned"] == (1, 1, 0)
    assert scores["capitals"].coverage == pytest.approx(2 / 3)
    assert scores["capitals"].accuracy == 1 and scores["turned"].accuracy == 0
    assert total(scores) == (4, 3, 2) and total(scores).accuracy == pytest.approx(2 / 3)


def test_capital_letters_count_only_if_asked_for():
    sections = {"all": [("ATHENS", "greece", "Oslo", "norway")]}
    assert analogy_scores(PLACES, sections)["all"] == (1, 1, 1)
    assert analogy_scores(PLACES, sections, fold=False)["all"] == (1, 0, 0)
    assert analogy_scores(PLACES, sections, fold=False)["all"].accuracy == 0


def test_of_words_that_differ_in_capitals_alone_the_first_is_taken():
    twins = WordVectors([*PLACES.words, "norway"], np.vstack([PLACES.table, -PLACES.table[3:4]]))
    sections = {"all": [("Athens", "Greece", "Oslo", "Norway")]}
    assert analogy_scores(twins, sections)["all"].right == 1
    turned = WordVectors(["norway", *PLACES.words], np.vstack([-PLACES.table[3], PLACES.table]))
    assert analogy_scores(turned, sections)["all"].right == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c d\n", "line 1: a line ': section' before the first question needed"),
        (": s\na b c\n", "line 2: four words needed, got 'a b c'"),
        (":  \na b c d\n", "line 1: a section needs a name of its own, got ''"),
        (": s\na b c d\n: s\n", "line 3: a section needs a name of its own, got 's'"),
        (": s\n", "no question"),
        ("", "no question"),
    ],
)
def test_what_is_no_file_of_questions_is_refused_with_its_line(text, message, tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_questions(path)


def test_three_words_have_no_answer():
    with pytest.raises(ValueError, match="at least 4 words with vectors, got 3"):
        answers(WordVectors([*"abc"], np.eye(3)), np.array([[0, 1, 2]]))


def test_a_file_of_no_known_word_is_asked_nothing():
    scores = analogy_scores(PLACES, {"s": [("x", "y", "z", "w")]})
    assert scores["s"] == (1, 0, 0) and total({}) == (0, 0, 0) and total({}).coverage == 0
