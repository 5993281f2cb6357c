"""Planted flaws: as many as asked for, marked as what they are, and found by ``clean`` or not."""

from collections import Counter

import numpy as np
import pytest

from minillm.labs.data.cleaning import flaw_rates
from minillm.labs.worlds.flaws import (
    FLAWS,
    Item,
    cleaned,
    flipped,
    precision,
    recall,
    respelled,
    reworded,
    spoil,
)
from minillm.text import Example, clean, normalize, text_key
from minillm.text.corpora import load_corpus

LANGUAGES = ("en", "zh")
CORPORA = {
    language: load_corpus("sentiment", language, sizes=(200, 0, 0)) for language in LANGUAGES
}
TRUTH = {language: dict(corpus.train) for language, corpus in CORPORA.items()}
RATES = flaw_rates()


def spoiled(rates=RATES, seed=0, language="en"):
    corpus = CORPORA[language]
    return spoil(corpus.train, corpus.tags["train"], rates, np.random.default_rng(seed))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_flaw_comes_at_its_rate_and_is_marked(language):
    items, truth = spoiled(language=language), TRUTH[language]
    counts = Counter(item.flaw for item in items)
    assert {flaw: counts[flaw] / 200 for flaw in FLAWS} == RATES
    assert len(items) == 200 + 200 * sum(RATES[f] for f in FLAWS if "twin" in f or f == "useless")
    for (text, label), flaw, _ in items:
        if flaw in ("wrong label", "twin"):
            assert label != truth[text]
        elif flaw == "":
            assert label == truth[text]
        elif flaw == "spelling":
            assert text not in truth and label == truth[normalize(text)]
        elif flaw == "near twin":
            assert text not in truth and text_key(text) in {text_key(t) for t in truth}


def test_without_rates_nothing_changes_but_the_order():
    items = spoiled({})
    assert [item.example for item in items] != CORPORA["en"].train
    assert sorted(item.example for item in items) == sorted(CORPORA["en"].train)
    assert {item.flaw for item in items} == {""}


@pytest.mark.parametrize(
    ("text", "longer"),
    [("The plot was dull.", "well, the plot was dull."), ("剧情很平淡。", "嗯，剧情很平淡。")],
)
def test_a_respelled_text_has_the_same_key_in_all_three_ways(text, longer):
    ways = {respelled(text, np.random.default_rng(seed)) for seed in range(30)}
    assert len(ways) == 3 and text not in ways
    assert {text_key(way) for way in ways} == {text_key(text)}
    assert text_key(reworded(text)) == longer
    assert flipped(Example(text, "negative")) == Example(text, "positive")


@pytest.mark.guide("G5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_cleaning_says_what_became_of_every_item(language):
    items = spoiled(language=language)
    kept, dropped = cleaned(items, max_characters=1000)
    assert len(kept) + len(dropped) == len(items)
    read, _ = clean([item.example for item in items], max_characters=1000)
    assert [item.example for item in kept] == read
    found = {flaw: recall(items, dropped, flaw) for flaw in FLAWS}
    assert found == {
        "wrong label": 0,
        "twin": 1,
        "near twin": 1,
        "reworded twin": 0,
        "spelling": 0,
        "useless": 1,
    }
    assert all(item.example.text in TRUTH[language] for item in kept if item.flaw == "spelling")


def test_precision_and_recall_by_hand():
    example, plain = Example("a", "negative"), frozenset({"plain"})
    items = [Item(example, flaw, plain) for flaw in ("", "spelling", "twin", "twin")]
    assert precision(items[:3]) == pytest.approx(1 / 3) and precision([]) == 0
    assert recall(items, items[:3], "twin") == 0.5
    assert recall(items, items[:3], "twin", "plain") == 0.5
    with pytest.raises(ValueError, match="no item has the flaw 'twin' and is order"):
        recall(items, [], "twin", "order")


@pytest.mark.parametrize(
    "rates",
    [{"twins": 0.1}, {"twin": 0.6, "spelling": 0.5}, {"twin": -0.1}, {"twin": float("nan")}],
)
def test_rates_that_make_no_sense_are_refused(rates):
    with pytest.raises(ValueError, match="rates of wrong label, twin"):
        spoiled(rates)
