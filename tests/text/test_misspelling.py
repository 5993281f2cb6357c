"""Misspelled words: what each kind may change, and what must stay so that people still read it."""

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.misspelling import (
    CYRILLIC,
    DIGITS_AND_SIGNS,
    MISSPELLINGS,
    SIMPLIFIED,
    TRADITIONAL,
    TWINS,
    misspelled,
    misspelled_word,
    pieces_of,
)
from minillm.text.tokenizers import is_ideograph

WORDS = st.text("abcdeilopsxyzABEO", min_size=3, max_size=9)
CHINESE = st.text("您已获得免费手机请点击链接领取", min_size=1, max_size=2)
SEEDS = st.integers(0, 2**32 - 1)
KINDS = tuple(MISSPELLINGS)
SOME = st.lists(st.sampled_from(KINDS), min_size=1, max_size=4, unique=True)
TEXTS = st.lists(
    st.sampled_from(
        ["Win", "a", "free", "prize", "don't", "09098", ",", "!", "免费", "领取", "请"]
    ),
    max_size=9,
).map(" ".join)


def rng(seed=0):
    return np.random.default_rng(seed)


def distance(a, b):
    """How many letters must be put in, taken out or replaced to make one word of the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row, above = [i], row
        for j, y in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
    return row[-1]


@given(WORDS, SEEDS)
def test_swapped_letters_are_the_same_ones_and_the_first_stays(word, seed):
    new = MISSPELLINGS["swap"](word, rng(seed))
    assert Counter(new) == Counter(word) and new[0] == word[0]
    differ = [i for i in range(len(word)) if new[i] != word[i]]
    assert differ in ([], [i for i in differ[:1] for i in (i, i + 1)])
    assert bool(differ) == (len(set(word[1:])) > 1)


@given(WORDS, SEEDS)
def test_one_letter_inside_is_dropped_or_any_one_is_doubled(word, seed):
    shorter, longer = (MISSPELLINGS[kind](word, rng(seed)) for kind in ("drop", "double"))
    assert shorter in [word[:i] + word[i + 1 :] for i in range(1, len(word) - 1)]
    assert longer in [word[:i] + word[i] + word[i:] for i in range(len(word))]


@given(WORDS, SEEDS)
def test_one_letter_is_replaced_by_what_looks_like_it(word, seed):
    for kind, others in (("look-alike", DIGITS_AND_SIGNS), ("twin", CYRILLIC)):
        new = MISSPELLINGS[kind](word, rng(seed))
        there = [c for c in word if c.lower() in others]
        assert len(new) == len(word) and distance(new, word) == bool(there)
        for old, c in zip(word, new, strict=True):
            assert c in (old, others.get(old.lower()))


@given(WORDS | CHINESE, SEEDS)
def test_blanks_and_a_dot_only_part_the_word(word, seed):
    assert MISSPELLINGS["blanks"](word, rng(seed)) == " ".join(word)
    dotted = MISSPELLINGS["dot"](word, rng(seed))
    assert dotted.replace(".", "") == word and dotted.count(".") == (len(word) > 1)
    assert not dotted.startswith(".") and not dotted.endswith(".")


@given(CHINESE, SEEDS)
def test_chinese_words_lose_and_exchange_nothing(word, seed):
    for kind in ("swap", "drop", "double", "look-alike"):
        assert MISSPELLINGS[kind](word, rng(seed)) == word
    new = MISSPELLINGS["twin"](word, rng(seed))
    pairs = [(a, b) for a, b in zip(word, new, strict=True) if a != b]
    assert all(TWINS[a] == b for a, b in pairs)
    assert len(pairs) == any(c in TWINS for c in word)


def test_each_twin_is_another_character_of_the_same_script_or_shape():
    assert len(set(SIMPLIFIED)) == len(SIMPLIFIED) == len(set(TRADITIONAL))
    for simple, full in zip(SIMPLIFIED, TRADITIONAL, strict=True):
        assert is_ideograph(simple) and is_ideograph(full) and simple != full
    for latin, other in CYRILLIC.items():
        assert latin.isascii() and unicodedata.name(other).startswith("CYRILLIC SMALL LETTER")


@given(TEXTS, SOME, st.integers(0, 5), SEEDS)
def test_no_more_words_change_than_are_asked_for_and_nothing_else_does(text, kinds, words, seed):
    new = misspelled(text, rng(seed), kinds=kinds, words=words)
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    can = sum(misspelled_word(word, rng(), kinds=kinds) != word for word in pieces[1::2])
    # what stands between the words is found again, in order, around old words or new ones
    changed, rest = 0, new
    for between, word in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        assert rest.startswith(between)
        rest = rest[len(between) :]
        if rest.startswith(word) and (not word or rest[len(word) :][:1] in ("", " ")):
            rest = rest[len(word) :]
            continue
        variants = {MISSPELLINGS[k](word, rng(s)) for k in kinds for s in range(60)} - {word}
        (found,) = [v for v in variants if (rest + " ").startswith(v + " ")]
        changed, rest = changed + 1, rest[len(found) :]
    assert rest == "" and changed == min(words, can)


@given(TEXTS, SOME, SEEDS)
def test_a_seed_misspells_always_alike(text, kinds, seed):
    a, b = (misspelled(text, rng(seed), kinds=kinds, words=2) for _ in range(2))
    assert a == b


def test_numbers_signs_and_short_words_are_no_words_to_misspell():
    assert pieces_of("Go to 09098, 5 km!") == ["Go to 09098, 5 km!"]
    assert pieces_of("Don't pay £900.")[1::2] == ["Don't", "pay"]
    assert pieces_of("您已获得，请")[1::2] == ["您已", "获得", "请"]
    for text in ("", "09098 12", "ok !!"):
        assert misspelled(text, rng(), kinds=KINDS, words=3) == text


def test_blind_misspelling_reaches_every_word_and_every_kind():
    found = {
        misspelled("free prize", rng(s), kinds=("blanks", "drop"), words=1) for s in range(200)
    }
    assert {
        "f r e e prize",
        "fre prize",
        "fee prize",
        "free p r i z e",
        "free pize",
        "free prze",
        "free prie",
    } == found


def test_what_is_no_attack_is_refused():
    with pytest.raises(ValueError, match=r"kinds must be some of swap, .*, got \('swop',\)"):
        misspelled("a", rng(), kinds=("swop",), words=1)
    with pytest.raises(ValueError, match=r"kinds must be some of .*, got \(\)"):
        misspelled("a", rng(), kinds=(), words=1)
    with pytest.raises(ValueError, match=r"kinds must be some of .*, got 'swap'"):
        misspelled("a", rng(), kinds="swap", words=1)
    with pytest.raises(ValueError, match="words must not be negative, got -1"):
        misspelled("a", rng(), kinds=("swap",), words=-1)
    with pytest.raises(TypeError, match="text must be a str, got int"):
        misspelled(3, rng(), kinds=("swap",), words=1)
    with pytest.raises(TypeError, match="rng must be"):
        misspelled("a", 3, kinds=("swap",), words=1)
