"""The parallel corpus: one right translation both ways, true links, disjoint splits."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import WordTokenizer
from minillm.text.corpora import load_parallel
from minillm.text.corpora.number_words import number_phrase
from minillm.text.corpora.parallel import SHARES, grammar
from minillm.text.corpora.phrases import in_order, phrase

GRAMMAR = grammar()
PLACES = {"千": 1000, "百": 100, "十": 10}
VALUES = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
ENGLISH = {word: n for n in range(100) for word in number_phrase(n).en}


@st.composite
def sentences(draw):
    """A sentence of any kind."""
    pairs = GRAMMAR[draw(st.sampled_from(sorted(GRAMMAR)))]
    return pairs[draw(st.integers(0, len(pairs) - 1))]


def value_of_chinese(text):
    """What a Chinese number is worth, read digit by digit."""
    total, digit = 0, None
    for character in text:
        if character in PLACES:
            total += (1 if digit is None else digit) * PLACES[character]
            digit = None
        else:
            digit = VALUES[character]
    return total + (digit or 0)


def value_of_english(words):
    """What an English number is worth, read word by word."""
    total, last = 0, 0
    for word in words:
        if word in ("thousand", "hundred"):
            total, last = total + last * {"thousand": 1000, "hundred": 100}[word], 0
        elif word != "and":
            last = ENGLISH[word]
    return total + last


@pytest.mark.guide("G38")
@given(st.integers(0, 9999))
def test_numbers_say_what_they_are_worth_in_both_languages(n):
    made = number_phrase(n)
    assert value_of_chinese("".join(made.zh)) == n
    assert value_of_english(made.en) == n
    assert "零零" not in "".join(made.zh)
    for i, j in made.links:
        word, character = made.en[i], made.zh[j]
        if word in ("thousand", "hundred"):
            assert character == {"thousand": "千", "hundred": "百"}[word]
        elif word == "and":
            assert character == "零"
        else:
            assert character in PLACES or ENGLISH[word] % 10 == VALUES[character] or n >= 20


@pytest.mark.parametrize(
    ("n", "en", "zh"),
    [
        (0, "zero", "零"),
        (12, "twelve", "十二"),
        (212, "two hundred and twelve", "二百一十二"),
        (2005, "two thousand and five", "两千零五"),
        (3042, "three thousand and forty-two", "三千零四十二"),
        (3400, "three thousand four hundred", "三千四百"),
        (9999, "nine thousand nine hundred and ninety-nine", "九千九百九十九"),
    ],
)
def test_numbers_by_hand(n, en, zh):
    made = number_phrase(n)
    assert (" ".join(made.en), "".join(made.zh)) == (en, zh)


@pytest.mark.parametrize("n", [-1, 10_000])
def test_numbers_out_of_range_are_refused(n):
    with pytest.raises(ValueError, match="from 0 to 9999 is needed"):
        number_phrase(n)


@pytest.mark.guide("G38")
@given(sentences())
def test_tokens_are_those_of_the_text_and_links_stay_inside(pair):
    words = WordTokenizer().tokenize
    assert tuple(words(pair.en)) == pair.en_tokens
    assert tuple(words(pair.zh)) == tuple(pair.zh) == pair.zh_tokens
    assert all(0 <= i < len(pair.en_tokens) and 0 <= j < len(pair.zh_tokens) for i, j in pair.links)
    unlinked = {pair.en_tokens[i] for i in range(len(pair.en_tokens))} - {
        pair.en_tokens[i] for i, _ in pair.links
    }
    assert unlinked <= {"the", "did", "and"}


@given(sentences())
def test_what_is_linked_means_the_same(pair):
    known = {
        "apple": "苹果",
        "sister": "我姐姐",
        "yesterday": "昨天",
        "not": "没有",
        "why": "为什么",
    }
    for word, characters in known.items():
        for i, token in enumerate(pair.en_tokens):
            if token == word:
                linked = [pair.zh_tokens[j] for a, j in sorted(pair.links) if a == i]
                assert "".join(linked) == characters


def test_a_sentence_of_every_kind_by_hand():
    found = {(pair.en, pair.zh) for pairs in GRAMMAR.values() for pair in pairs[:1]}
    assert ("Why did I buy that apple?", "我为什么买了那个苹果？") in found
    assert ("I did not buy that apple yesterday.", "我昨天没有买那个苹果。") in found
    assert ("The apple that I bought yesterday is red.", "我昨天买的苹果很红。") in found
    assert (
        "I bought one red apple at the market yesterday.",
        "我昨天在市场买了一个红苹果。",
    ) in found
    assert ("This apple costs two yuan.", "这个苹果要两元。") in found


def test_a_time_moves_from_the_end_to_the_second_place():
    pair = GRAMMAR["deed"][0]
    linked = {(pair.en_tokens[i], pair.zh_tokens[j]) for i, j in pair.links}
    assert {("yesterday", "昨"), ("at", "在"), ("bought", "了"), (".", "。")} <= linked
    assert "个" not in {zh for _, zh in linked}  # a measure word stands for nothing


@pytest.mark.guide("G38")
def test_no_sentence_is_in_two_splits_and_translation_is_one_to_one():
    corpus = load_parallel(sizes=(3000, 300, 600))
    pairs = [pair for split in corpus for pair in split]
    assert [len(split) for split in corpus] == [3000, 300, 600]
    assert len({p.en for p in pairs}) == len({p.zh for p in pairs}) == len(pairs)
    kinds = Counter(pair.kind for pair in corpus.train)
    assert {kind: n / 3000 for kind, n in kinds.items()} == pytest.approx(SHARES)


def test_a_split_does_not_depend_on_the_others_and_a_seed_matters():
    small, large = load_parallel(sizes=(50, 5, 20)), load_parallel(sizes=(90, 9, 20))
    assert small.test == large.test
    assert load_parallel(seed=1, sizes=(0, 0, 20)).test != small.test


@pytest.mark.parametrize("sizes", [(1, 2), (1, -1, 2)])
def test_sizes_are_three_and_not_negative(sizes):
    with pytest.raises(ValueError, match="sizes must be three"):
        load_parallel(sizes=sizes)


def test_more_sentences_than_there_are_is_refused():
    with pytest.raises(ValueError, match=r"too many for train: .* of the kind 'why', .* are 952"):
        load_parallel(sizes=(20_000, 0, 0))


def test_phrases_one_behind_the_other_keep_their_links():
    both = in_order([phrase("the cat", "猫"), phrase("", "啊"), phrase("sat", "坐")])
    assert both.en == ("the", "cat", "sat")
    assert both.zh == ("猫", "啊", "坐")
    assert both.links == {(1, 0), (2, 2)}


def test_a_sentence_beyond_the_grammar_is_an_error():
    with pytest.raises(IndexError, match="sentence 1360 of a grammar with 1360"):
        GRAMMAR["why"][1360]
    assert GRAMMAR["why"][1:3] == [GRAMMAR["why"][1], GRAMMAR["why"][2]]
