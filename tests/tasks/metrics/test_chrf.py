"""chrF: by hand, equal to the field's program, and what it must not depend on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import chrf
from minillm.tasks.metrics.chrf import words_of
from tests.tasks.metrics.test_bleu import CHINESE, ENGLISH, WRITTEN, WRITTEN_CHINESE

texts = st.text("ab 你。.", max_size=8)
corpora = st.lists(st.tuples(texts, texts), min_size=1, max_size=4)


@pytest.mark.guide("G38")
def test_a_word_by_hand():
    # abc against abd: 2 of 3 characters, ab of 2 pairs, no run of 3
    p = (2 / 3 + 1 / 2 + 0) / 3
    assert chrf(["abc"], ["abd"], characters=3) == pytest.approx(100 * p)
    # abcd against ab: precision 2/4 and 1/3, recall 1 and 1
    p, r = (2 / 4 + 1 / 3) / 2, 1.0
    assert chrf(["abcd"], ["ab"], characters=2) == pytest.approx(100 * 5 * p * r / (4 * p + r))
    assert chrf(["abcd"], ["ab"], characters=2, beta=1) == pytest.approx(200 * p * r / (p + r))


@pytest.mark.guide("G38")
@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [(0, 58.64849968763931, 60.0746313360601), (2, 58.33053077030329, 51.49254114519436)],
)
def test_scores_are_those_of_sacrebleu(words, english, chinese):
    """The numbers are those of sacreBLEU 2.6.0."""
    assert chrf(ENGLISH, WRITTEN, words=words) == pytest.approx(english, abs=1e-10)
    assert chrf(CHINESE, WRITTEN_CHINESE, words=words) == pytest.approx(chinese, abs=1e-10)


@given(corpora)
def test_order_and_blanks_do_not_matter(pairs):
    own, others = zip(*pairs, strict=True)
    found = chrf(own, others)
    assert 0 <= found <= 100
    assert chrf(own[::-1], others[::-1]) == pytest.approx(found)
    assert chrf([f" {text}  " for text in own], others) == found
    assert chrf(own, own) in (0.0, pytest.approx(100.0))


def test_the_best_reference_of_each_sentence_counts():
    assert chrf(["abc", "xyz"], [["q", "abc"], ["xyz", "q"]]) == pytest.approx(100)


def test_words_have_their_last_sign_apart_or_else_their_first():
    assert words_of("(yet), it's. . a (b") == ["(yet)", ",", "it's", ".", ".", "a", "(", "b"]


@pytest.mark.parametrize("wrong", [{"characters": 0}, {"words": -1}, {"beta": 0.0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="characters must be at least 1, words at least 0"):
        chrf(["a"], ["a"], **wrong)


def test_bad_corpora_are_refused_as_by_bleu():
    with pytest.raises(ValueError, match="chrf: there is no translation"):
        chrf([], [])
