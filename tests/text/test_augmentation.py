"""Augmentation: what each change may touch, and what it must leave alone."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import (
    Example,
    Forms,
    augment,
    replace_synonyms,
    rewrite,
    swap_words,
    word_dropout,
)

TOKENS = st.lists(st.sampled_from(["a", "b", "c", "not", "。"]), max_size=8)
RATES = st.floats(0, 1)
SEEDS = st.integers(0, 2**32 - 1)
THESAURUS = {
    "dull": ("boring", "tedious"),
    "film": ("movie",),
    "好": ("棒",),
    "好看": ("精彩",),
    "看电影": ("观影",),
}
CONCESSION = Forms(
    ("although {side}, {main}.", "{side}, but {main}.", "{main}, although {side}."),
    {"side": "[^,]+", "main": "[^,]+"},
)


def rng(seed=0):
    return np.random.default_rng(seed)


def is_subsequence(short, long):
    rest = iter(long)
    return all(token in rest for token in short)


@given(TOKENS, RATES, SEEDS)
def test_word_dropout_keeps_order_and_at_least_one_token(tokens, rate, seed):
    kept = word_dropout(tokens, rate=rate, rng=rng(seed))
    assert is_subsequence(kept, tokens)
    assert bool(kept) == bool(tokens)


def test_word_dropout_at_its_ends():
    tokens = list("abcdefgh")
    assert word_dropout(tokens, rate=0, rng=rng()) == tokens
    survivors = {tuple(word_dropout(tokens, rate=1, rng=rng(seed))) for seed in range(200)}
    assert survivors == {(token,) for token in tokens}


@pytest.mark.guide("G6")
def test_word_dropout_drops_the_share_that_it_says():
    tokens = ["x"] * 20_000
    kept = len(word_dropout(tokens, rate=0.1, rng=rng()))
    assert kept / len(tokens) == pytest.approx(0.9, abs=4 * (0.1 * 0.9 / 20_000) ** 0.5)


@given(TOKENS, st.integers(0, 4), SEEDS)
def test_swapping_keeps_every_token(tokens, swaps, seed):
    moved = swap_words(tokens, swaps=swaps, rng=rng(seed))
    assert Counter(moved) == Counter(tokens)
    assert sum(a != b for a, b in zip(moved, tokens, strict=True)) <= 2 * swaps


@pytest.mark.guide("G6")
def test_one_swap_reaches_every_pair():
    tokens, pairs = list("abcd"), set()
    for seed in range(200):
        moved = swap_words(tokens, swaps=1, rng=rng(seed))
        pairs.add(tuple(i for i in range(4) if moved[i] != tokens[i]))
    assert pairs == {(i, j) for i in range(4) for j in range(i + 1, 4)}


@pytest.mark.parametrize("tokens", [[], ["a"]])
def test_where_there_are_no_two_tokens_nothing_is_swapped(tokens):
    assert swap_words(tokens, swaps=3, rng=rng()) == tokens


@pytest.mark.guide("G6")
@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("A film, a dullard.", "A movie, a dullard."),
        ("filmed film-maker", "filmed movie-maker"),
        ("Film and FILM", "Film and FILM"),
        ("很好看，好！", "很精彩，棒！"),
        ("很好看电影", "很精彩电影"),  # of two that overlap the first
        ("", ""),
    ],
)
def test_synonyms_by_example(text, replaced):
    assert replace_synonyms(text, THESAURUS, rate=1, rng=rng()) == replaced


def test_a_synonym_with_signs_of_regular_expressions_is_a_plain_word():
    assert replace_synonyms("a.b axb", {"a.b": ("c\\1",)}, rate=1, rng=rng()) == "c\\1 axb"


def test_all_synonyms_of_a_word_are_drawn_equally_often_at_the_rate_given():
    drawn = Counter(replace_synonyms("dull " * 30_000, THESAURUS, rate=0.5, rng=rng()).split())
    assert drawn["dull"] == pytest.approx(15_000, abs=4 * 30_000**0.5 / 2)
    assert drawn["boring"] == pytest.approx(7_500, abs=4 * 75)
    assert set(drawn) == {"dull", "boring", "tedious"}


@given(st.lists(st.sampled_from(["dull", "film", "was", "a"])), RATES, SEEDS)
def test_only_words_of_the_thesaurus_are_replaced_and_only_by_their_synonyms(words, rate, seed):
    new = replace_synonyms(" ".join(words), THESAURUS, rate=rate, rng=rng(seed)).split()
    assert len(new) == len(words)
    for old, now in zip(words, new, strict=True):
        assert now == old or now in THESAURUS.get(old, ())


@given(st.text(), SEEDS)
def test_without_rate_or_thesaurus_a_text_stays_as_it_is(text, seed):
    assert replace_synonyms(text, THESAURUS, rate=0, rng=rng(seed)) == text
    assert replace_synonyms(text, {}, rate=1, rng=rng(seed)) == text


def test_rewriting_reaches_every_other_form_and_never_the_same():
    text = "Although it rained, we went."
    found = {rewrite(text, [CONCESSION], rng=rng(seed)) for seed in range(50)}
    assert found == {"It rained, but we went.", "We went, although it rained."}


def test_rewriting_keeps_a_small_first_letter_small():
    assert rewrite("b, but c.", [CONCESSION], rng=rng()) in ("although b, c.", "c, although b.")


@pytest.mark.parametrize("text", ["", "We went.", "Although it rained, we went", "a, b, but c."])
def test_a_text_that_no_form_fits_comes_back_unchanged(text):
    assert rewrite(text, [CONCESSION], rng=rng()) == text
    assert rewrite(text, [], rng=rng()) == text


def test_the_first_family_that_fits_is_taken():
    shouted = Forms(("{main}!", "{main}."), {"main": ".*"})
    assert rewrite("b, but c.", [shouted, CONCESSION], rng=rng()) == "b, but c!"


@given(st.sampled_from(CONCESSION.templates), st.text("xyz ", min_size=1), SEEDS)
def test_rewriting_moves_what_is_in_the_slots_and_changes_nothing_in_it(template, side, seed):
    text = template.format(side=side, main="q")
    new = rewrite(text, [CONCESSION], rng=rng(seed))
    assert new in {t.format(side=side, main="q") for t in CONCESSION.templates} - {text}


@given(st.lists(st.builds(Example, st.text("ab", max_size=2), st.sampled_from("xy"))))
def test_copies_follow_the_examples_with_their_labels(examples):
    changed = augment(examples, lambda text, _: text + "!", copies=2, rng=rng())
    assert changed[: len(examples)] == examples
    assert changed[len(examples) :] == [Example(t + "!", label) for t, label in examples] * 2


def test_each_copy_draws_anew():
    def numbered(text, rng):
        return f"{text}{rng.integers(10**9)}"

    texts = [text for text, _ in augment([Example("a", "x")] * 3, numbered, copies=2, rng=rng())]
    assert len(set(texts)) == 1 + 6


@pytest.mark.parametrize(
    "change",
    [
        lambda r: word_dropout(list("abcdefgh"), rate=0.5, rng=r),
        lambda r: swap_words(list("abcdefgh"), swaps=2, rng=r),
        lambda r: replace_synonyms("dull dull dull dull", THESAURUS, rate=0.5, rng=r),
        lambda r: rewrite("b, but c.", [CONCESSION], rng=r),
    ],
)
def test_the_generator_alone_decides(change):
    """Equal generators give equal results, and different ones not always."""
    assert all(change(rng(seed)) == change(rng(seed)) for seed in range(5))
    assert len({str(change(rng(seed))) for seed in range(20)}) > 1


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(rate):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\], got"):
        word_dropout(["a"], rate=rate, rng=rng())
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\], got"):
        replace_synonyms("a", THESAURUS, rate=rate, rng=rng())


def test_other_wrong_arguments_are_refused_by_name():
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got the str 'not dull'"):
        word_dropout("not dull", rate=0.1, rng=rng())
    with pytest.raises(TypeError, match="tokens must be a list"):
        swap_words("not dull", swaps=1, rng=rng())
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got the NoneType None"):
        word_dropout(None, rate=0.1, rng=rng())
    with pytest.raises(TypeError, match="text must be a str, got NoneType"):
        replace_synonyms(None, THESAURUS, rate=0.1, rng=rng())
    with pytest.raises(TypeError, match="text must be a str, got NoneType"):
        rewrite(None, [CONCESSION], rng=rng())
    with pytest.raises(TypeError, match=r"swaps must be an integer, got 1\.5"):
        swap_words(["a", "b"], swaps=1.5, rng=rng())
    with pytest.raises(TypeError, match="copies must be an integer, got None"):
        augment([], lambda text, _: text, copies=None, rng=rng())
    with pytest.raises(ValueError, match="swaps must not be negative, got -1"):
        swap_words(["a", "b"], swaps=-1, rng=rng())
    with pytest.raises(ValueError, match="copies must not be negative, got -1"):
        augment([], lambda text, _: text, copies=-1, rng=rng())


@pytest.mark.parametrize("entry", [{"": ("a",)}, {"a": ()}, {"a": "boring"}, {"a": np.array([])}])
def test_a_thesaurus_without_a_word_or_a_list_of_synonyms_is_refused(entry):
    with pytest.raises(ValueError, match="needs a sequence of synonyms, got"):
        replace_synonyms("a", entry, rate=1, rng=rng())


def test_synonyms_may_be_an_array():
    for words in (["dull"], ["dull", "flat"]):
        listed = replace_synonyms("a film", {"film": words}, rate=1, rng=rng())
        assert replace_synonyms("a film", {"film": np.array(words)}, rate=1, rng=rng()) == listed


def test_forms_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="at least two templates"):
        Forms(("{a}.",), {"a": "x"})
    with pytest.raises(ValueError, match=r"'\{\} b' has the slots \[''\], must have \[\]"):
        Forms(("a b", "{} b"), {})
    with pytest.raises(ValueError, match=r"'\{a\}' has the slots \['a'\], must have \['a', 'b'\]"):
        Forms(("{a} {b}", "{a}"), {"a": "x", "b": "y"})
