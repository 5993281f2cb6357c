"""Sentences of one domain at a time, mixtures of domains, and which words are known."""

import pytest

from minillm.labs.worlds.domains import (
    DOMAINS,
    adjectives,
    draw_domain,
    mixed,
    share_known,
    token_count,
)
from minillm.labs.worlds.kinds import groups_of
from minillm.text import Example, shared_texts

FILM = DOMAINS["en"]["film"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_domain_is_drawn_balanced_of_all_kinds_without_repetition(language):
    test, train = draw_domain("film", language, sizes=(80, 160), seed=0)
    assert [len(test.examples), len(train.examples)] == [80, 160]
    assert not shared_texts(test.examples, train.examples)
    assert len({text for text, _ in train.examples}) == 160
    assert sum(label == "positive" for _, label in train.examples) == 80
    assert [int(mask.sum()) for mask in groups_of(train.tags).values()] == [160, 64, 16, 80]
    subjects = [a.subject for a in DOMAINS[language]["film"].aspects]
    assert all(any(s in text.lower() for s in subjects) for text, _ in train.examples)


def test_other_seeds_draw_other_sentences_and_equal_ones_the_same():
    a, b, c = (draw_domain("film", "en", sizes=(40,), seed=seed)[0] for seed in (0, 0, 1))
    assert a == b and a != c


def test_sizes_that_do_not_come_out_even_or_are_too_large_are_refused():
    with pytest.raises(ValueError, match="multiples of 40"):
        draw_domain("film", "en", sizes=(50,), seed=0)
    with pytest.raises(ValueError, match="the grammar has"):
        draw_domain("film", "en", sizes=(40_000,), seed=0)


def test_a_mixture_takes_equal_parts_of_a_budget_in_tokens():
    a = [Example(f"a{i}", "x") for i in range(9)]
    b = [Example(f"b{i} was very long", "x") for i in range(9)]
    assert (token_count(a), token_count(b)) == (9, 36)
    assert mixed([a], 4) == a[:4]
    assert mixed([a, b], 16) == [*a[:8], *b[:2]]
    assert mixed([b, a], 12) == [*b[:1], *a[:8]]  # what b could not use a may
    assert mixed([b], 7) == b[:1]


@pytest.mark.parametrize("budget", [10, 40])
def test_a_source_that_has_too_few_tokens_is_refused(budget):
    source = [Example(f"a{i}", "x") for i in range(10)]
    with pytest.raises(ValueError, match=f"{budget} tokens in 1 equal parts: source 1 of 10"):
        mixed([source], budget)


def test_the_share_of_known_words_by_hand():
    train = [Example("The plot was dull.", "negative")]
    test = [Example("The acting was dull.", "negative"), Example("It was flat, dull.", "negative")]
    assert share_known(train, test, {"dull", "flat"}) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="none of the words"):
        share_known(train, test, {"lively"})


def test_the_share_of_known_words_in_a_language_without_blanks():
    """A word counts as a whole: another one with the same character does not make it known."""
    train = [Example("剧情很平淡。", "negative")]
    test = [Example("剧情很平淡，结局很平庸。", "negative")]
    assert share_known(train, test, {"平淡", "平庸"}) == 0.5


def test_the_adjectives_of_a_domain_are_those_of_both_sides():
    assert {"dull", "lively"} <= adjectives(FILM)
    assert "dirty" not in adjectives(FILM)
