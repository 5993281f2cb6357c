"""BLEU: by hand, equal to the field's program, and what it must not depend on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import bleu, translation_tokens

ENGLISH = [
    "The cat sat on the mat.",
    "A man isn't here (yet), 3.5 km away.",
    "hello world",
]
WRITTEN = [
    ["The cat is on the mat.", "There is a cat on the mat."],
    ["A man is not here yet: 3.5 km off.", "The man isn't here."],
    ["Hello, world!", "hello there world"],
]
CHINESE = ["她昨天在市场买了三个红苹果。", "我在“家”—看3.5部电影"]
WRITTEN_CHINESE = ["她昨天在市场买了三个苹果。", "我在家看了3.5部电影。"]

words = st.lists(st.sampled_from(["a", "b", "c", "d", "."]), min_size=1, max_size=9).map(" ".join)
corpora = st.lists(st.tuples(words, words), min_size=1, max_size=5)


@pytest.mark.guide("G38")
def test_a_sentence_by_hand():
    # a b x d e against a b c d e: 4 of 5 words, ab and de of 4 pairs, none of 3 and of 2 runs
    found = bleu(["a b c d e"], ["a b x d e"], tokenize="none")
    assert found.precisions == pytest.approx((80, 50, 100 / 3 / 2, 100 / 2 / 4))
    assert found.score == pytest.approx((80 * 50 * (100 / 6) * 12.5) ** 0.25)
    assert bleu(["a b c d e"], ["a b x d e"], tokenize="none", smooth=False).score == 0.0


def test_a_short_translation_pays_for_it():
    found = bleu(["a b c d"], ["a b c d e f"], tokenize="none")
    assert found.precisions == (100, 100, 100, 100)
    assert found.score == pytest.approx(100 * math.exp(1 - 6 / 4))
    assert bleu(["a b c d e f g h"], ["a b c d"], tokenize="none").brevity_penalty == 1.0


def test_a_word_counts_as_often_as_in_one_reference():
    found = bleu(["the the the the"], [["the cat the", "the the the"]], tokenize="none")
    assert found.precisions[0] == 75.0
    assert found.reference_length == 3


@pytest.mark.guide("G38")
@pytest.mark.parametrize(
    ("tokenize", "score", "lengths"),
    [
        ("13a", 26.865888209419424, (21, 21)),
        ("none", 20.66971155697924, (16, 17)),
        ("char", 70.33729254546192, (57, 55)),
    ],
)
def test_english_as_sacrebleu_scores_it(tokenize, score, lengths):
    """The numbers are those of sacreBLEU 2.6.0."""
    found = bleu(ENGLISH, WRITTEN, tokenize=tokenize)
    assert found.score == pytest.approx(score, abs=1e-10)
    assert (found.length, found.reference_length) == lengths


@pytest.mark.guide("G38")
@pytest.mark.parametrize(
    ("tokenize", "score", "lengths"),
    [
        ("zh", 58.95737262472065, (25, 23)),
        ("char", 62.83726897511101, (27, 25)),
        ("13a", 0.0, (2, 2)),  # a sentence is one word there
    ],
)
def test_chinese_as_sacrebleu_scores_it(tokenize, score, lengths):
    """The numbers are those of sacreBLEU 2.6.0."""
    found = bleu(CHINESE, WRITTEN_CHINESE, tokenize=tokenize)
    assert found.score == pytest.approx(score, abs=1e-10)
    assert (found.length, found.reference_length) == lengths


@given(corpora)
def test_order_does_not_matter_and_more_references_never_match_less(pairs):
    own, others = zip(*pairs, strict=True)
    found = bleu(own, others, tokenize="none")
    assert bleu(own[::-1], others[::-1], tokenize="none") == found
    assert bleu(own, own, tokenize="none", smooth=False).precisions[0] == 100.0
    more = bleu(own, [[one, "a b"] for one in others], tokenize="none", smooth=False)
    fewer = bleu(own, others, tokenize="none", smooth=False)
    assert all(a >= b for a, b in zip(more.precisions, fewer.precisions, strict=True))
    assert 0 <= found.score <= 100 + 1e-9


def test_a_corpus_is_not_the_mean_of_its_sentences():
    own, others = ["a b c d", "x"], ["a b c d", "y"]
    together = bleu(own, others, tokenize="none", smooth=False)
    assert together.score == pytest.approx(100 * 0.8**0.25)


def test_nothing_written_is_worth_nothing():
    assert bleu([""], ["a b"], tokenize="none").score == 0.0
    assert bleu([""], [""]).score == 0.0


@pytest.mark.parametrize(
    ("own", "others", "said"),
    [
        ([], [], "there is no translation to score"),
        (["a"], ["a", "b"], "1 translations, but references for 2"),
        (["a", "b"], [["a"], []], r"references\[1\] is empty"),
    ],
)
def test_what_cannot_be_scored_is_refused(own, others, said):
    with pytest.raises(ValueError, match=said):
        bleu(own, others)


def test_one_string_is_not_a_list_of_translations():
    with pytest.raises(TypeError, match="got a string"):
        bleu("a", ["a"])
    with pytest.raises(TypeError, match="got a string"):
        bleu(["a"], "a")


def test_an_unknown_rule_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match="one of 13a, zh, char, none, got 'intl'"):
        bleu(["a"], ["a"], tokenize="intl")


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("13a", "Don't, he said: 3,000.5 co-ops!", "Don't , he said : 3,000.5 co-ops !"),
        ("13a", "10-12 a.m. &quot;x&quot; (y)", '10 - 12 a . m . " x " ( y )'),
        ("13a", "end-\nless line\nbreak", "endless line break"),
        ("zh", "我有3.5元，hello!", "我 有 3.5 元 ， hello !"),
        ("zh", "“家”—在", "“ 家 ” — 在"),
        ("char", "ab 你。", "a b 你 。"),
        ("none", "a-b, c.", "a-b, c."),
    ],
)
def test_tokens_by_hand(name, text, tokens):
    assert translation_tokens(name)(text) == tokens.split()
