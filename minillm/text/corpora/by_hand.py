"""Texts small enough to be worked through on paper, the same task in English and in Chinese."""

from __future__ import annotations

from typing import NamedTuple


class Tea(NamedTuple):
    """A corpus of three words for byte pair encoding, and a few sentences to number."""

    counts: dict[str, int]  # how often each word occurs
    unseen: str  # shares some of its bytes with them
    training: tuple[str, str]  # what the vocabulary is built from
    new: tuple[str, str]  # the second holds a word that is in neither
    signs: str  # words, a number with a decimal point, signs
    clauses: str  # two clauses, for cutting into pieces


class TwoMeanings(NamedTuple):
    """Two sentences with one word of two meanings; the last word of each tells which is meant."""

    word: str
    sentences: tuple[tuple[str, ...], tuple[str, ...]]


TEA = {
    "en": Tea(
        counts={"tea": 3, "team": 2, "steam": 2},
        unseen="meat",
        training=("the tea is hot", "the soup is cold"),
        new=("the tea is cold", "hot coffee"),
        signs="Don't cool it: 3.5 cups.",
        clauses="No tea, no steam.",
    ),
    "zh": Tea(
        counts={"茶": 3, "茶水": 2, "喝茶水": 2},
        unseen="茶杯",
        training=("这茶很热", "这汤很凉"),
        new=("这茶很凉", "汤鲜"),
        signs="水温85.5度，别放凉！",
        clauses="喝茶水，不喝茶。",
    ),
}

TWO_MEANINGS = {
    "en": TwoMeanings(
        word="bank",
        sentences=(
            ("the", "bank", "of", "the", "river"),
            ("the", "bank", "with", "the", "money"),
        ),
    ),
    "zh": TwoMeanings(
        word="打",
        sentences=(
            ("妈妈", "要", "去", "打", "酱油"),
            ("弟弟", "要", "去", "打", "篮球"),
        ),
    ),
}
