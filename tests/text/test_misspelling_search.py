"""Misspellings aimed at a filter: it is asked, and the words that it goes by are changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.misspelling import MISSPELLINGS, pieces_of
from minillm.text.misspelling_search import misspelled_against

WEIGHTS = {"free": 3.0, "prize": 2.0, "claim": 1.0, "thanks": -2.0}
TEXTS = st.lists(st.sampled_from([*WEIGHTS, "phone", "ok", "77"]), max_size=8).map(" ".join)
SEEDS = st.integers(0, 2**32 - 1)
SOME = st.lists(st.sampled_from(list(MISSPELLINGS)), min_size=1, max_size=4, unique=True)


def rng(seed=0):
    return np.random.default_rng(seed)


def by_words(texts):
    """A filter that knows four words, as they are spelled."""
    scores = [sum(WEIGHTS.get(word, 0.0) for word in text.split()) for text in texts]
    return 1 / (1 + np.exp(-np.array(scores)))


@pytest.mark.guide("G36")
def test_the_words_that_matter_most_are_misspelled_first():
    def attacked(words):
        kinds = ("swap", "blanks")
        (new,) = misspelled_against(
            by_words, ["thanks claim free phone prize"], rng(), kinds=kinds, words=words
        )
        return {word for word in WEIGHTS if word not in new.split()}

    assert [attacked(n) for n in range(5)] == [
        set(), {"free"}, {"free", "prize"}, {"free", "prize", "claim"}, {"free", "prize", "claim"},
    ]  # fmt: skip


@given(st.lists(TEXTS, max_size=4), SOME, st.integers(0, 4), SEEDS)
def test_no_probability_rises_and_the_budget_is_kept(texts, kinds, words, seed):
    new = misspelled_against(by_words, texts, rng(seed), kinds=kinds, words=words)
    assert len(new) == len(texts)
    assert (by_words(new) <= by_words(texts)).all()
    for text, attacked, fell in zip(texts, new, by_words(new) < by_words(texts), strict=True):
        lost = sum(w in text.split() for w in WEIGHTS) - sum(w in attacked.split() for w in WEIGHTS)
        assert (attacked != text) == fell and lost <= words


@given(st.lists(TEXTS, min_size=1, max_size=4), SEEDS)
def test_an_aimed_attack_is_never_weaker_than_any_change_of_one_word(texts, seed):
    """Each kind here makes any word unknown, so that the best change of one word is known."""
    new = misspelled_against(by_words, texts, rng(seed), kinds=("blanks",), words=1)
    for text, attacked in zip(texts, new, strict=True):
        pieces = pieces_of(text)
        tried = [
            "".join([*pieces[:i], " ".join(pieces[i]), *pieces[i + 1 :]])
            for i in range(1, len(pieces), 2)
        ]
        assert by_words([attacked])[0] == pytest.approx(by_words([text, *tried]).min())


def test_what_is_not_a_word_is_left_and_nothing_is_asked_about_no_texts():
    assert misspelled_against(by_words, ["77 ok", ""], rng(), kinds=("swap",), words=2) == [
        "77 ok",
        "",
    ]
    assert misspelled_against(None, [], rng(), kinds=("swap",), words=2) == []
    with pytest.raises(ValueError, match="kinds must be some of"):
        misspelled_against(by_words, ["a"], rng(), kinds=("bend",), words=2)


def test_the_filter_is_asked_about_all_texts_at_once():
    asked = []

    def noting(texts):
        asked.append(len(texts))
        return by_words(texts)

    texts = ["free prize claim now", "thanks for the phone"]
    misspelled_against(noting, texts, rng(), kinds=("swap", "dot", "twin"), words=2)
    assert asked == [2, 8, 6, 6]  # as they are, without each word, three kinds of a word each
