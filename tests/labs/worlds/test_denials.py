"""Denials that the grammar has not: their labels, their twins, and that they are new."""

import re

import numpy as np
import pytest

from minillm.labs.worlds.denials import TEMPLATES, Denials
from minillm.labs.worlds.domains import DOMAINS
from minillm.labs.worlds.reader import reader
from tests.labs.planted_models import grammar

LANGUAGES = ["en", "zh"]
DENYING = {
    "en": {
        "call": "would not|nobody|could not",
        "hardly": "hardly|scarcely|barely",
        "never": "never|at no time",
        "nothing": "nothing",
        "doubt": "doubt|untrue",
    },
    "zh": {
        "call": "没有人|谈不上",
        "hardly": "几乎没有|难说",
        "never": "从来没有|从未",
        "nothing": "没有什么|毫无",
        "doubt": "怀疑|假的",
    },
}


def sides(language):
    """The label of every adjective of the reviews."""
    return {
        word: label
        for domain in DOMAINS[language].values()
        for aspect in domain.aspects
        for label, words in aspect.words.items()
        for word in words
    }


def said(language, text):
    """The label of the longest adjective in a text: "clearly" has none."""
    border = r"\b" if language == "en" else ""
    pattern = f"{border}({'|'.join(sides(language))}){border}"
    return sides(language)[max(re.findall(pattern, text.lower()), key=len)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_denied_opinion_is_its_opposite_and_a_held_one_is_itself(language):
    world = Denials(language)
    for kind in world.kinds:
        for denied, held in world.draw(kind, np.random.default_rng(0))[:200]:
            assert held.label == said(language, held.text) == said(language, denied.text)
            assert {denied.label, held.label} == {"negative", "positive"}
            assert re.search(DENYING[language][kind], denied.text, re.IGNORECASE)
            assert not re.search("|".join(DENYING[language].values()), held.text, re.IGNORECASE)


def test_what_holds_an_opinion_reads_as_the_grammar_would():
    """The reader that knows the grammar understands the half that denies nothing."""
    for kind in Denials().kinds:
        twins = Denials().draw(kind, np.random.default_rng(1))[:100]
        assert all(reader("en").label(held.text) == held.label for _, held in twins)
    hardly = Denials().draw("hardly", np.random.default_rng(1))[:100]
    assert not any(reader("en").label(denied.text) == denied.label for denied, _ in hardly)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_one_of_the_grammar_and_none_is_there_twice(language):
    known, world, seen = grammar(language), Denials(language), set()
    for kind in world.kinds:
        texts = [e.text for t in world.draw(kind, np.random.default_rng(0)) for e in t]
        assert not known.keys() & {*texts} and not seen & {*texts}
        assert len(texts) == len({*texts}) > 1000
        seen |= {*texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_praise_and_blame_come_by_turns_in_random_order(language):
    world = Denials(language)
    first, other = (world.draw("call", np.random.default_rng(seed)) for seed in (0, 1))
    assert [t.denied.label for t in first[:4]] == ["positive", "negative"] * 2
    assert first[:20] != other[:20] and {*first} == {*other}


def test_twins_differ_in_what_denies_and_in_nothing_else():
    for kind, pairs in TEMPLATES["en"].items():
        for pair in pairs:
            slots = [sorted(re.findall(r"{\w+}", side)) for side in pair]
            assert slots[0] == slots[1], kind
    assert Denials("zh").kinds == Denials().kinds


def test_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="call, hardly, never, nothing, doubt, got 'no'"):
        Denials().draw("no", np.random.default_rng(0))
    with pytest.raises(ValueError, match="en, zh"):
        Denials("fr").draw("call", np.random.default_rng(0))
