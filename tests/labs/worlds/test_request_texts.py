"""Texts of requests: which requests are drawn, and which tokens are learned."""

from collections import Counter

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.worlds.request_texts import (
    Asking,
    draw_request,
    exchange,
    helpful,
    joined,
    web_text,
    with_rule,
)
from minillm.labs.worlds.requests import Request, Requests, World

WORLD = World(Requests(tenses=("present", "past", "future")), seed=0)
REQUEST = Request("open", "bread")


def read(row, which=True):
    """The words of a row that are learned, or not."""
    return " ".join(WORLD.names[i] for i, a in zip(*row, strict=True) if a == which)


def drawn(asking, number=2000):
    rng = stream(0, "requests")
    return [draw_request(WORLD, WORLD.harmless, asking, rng) for _ in range(number)]


def test_what_is_drawn_is_what_is_asked_for():
    codes, tenses = ("plain", "c1"), ("past", "future")
    found = drawn(Asking(codes, tenses, begin=0.35, no_apology=0.15, starts=4))
    n = len(found)
    for name, values in (
        ("encoding", codes),
        ("tense", tenses),
        ("template", range(3)),
        ("noun", WORLD.harmless),
        ("verb", WORLD.verbs),
    ):
        counts = Counter(getattr(request, name) for request in found)
        assert {*counts} == {*values}
        share = 1 / len(values)
        spread = 5 * (share * (1 - share) / n) ** 0.5
        assert max(abs(c / n - share) for c in counts.values()) < spread
    assert {r.start for r in found} == {"", *WORLD.starts[:4]}
    assert np.mean([r.start != "" for r in found]) == pytest.approx(0.35, abs=0.05)
    assert np.mean([r.no_apology for r in found]) == pytest.approx(0.15, abs=0.04)
    assert not any(r.start and r.no_apology for r in found)


def test_without_rules_none_is_drawn_and_all_starts_are_unless_it_is_said():
    plain = drawn(Asking())
    assert not any(r.start or r.no_apology for r in plain)
    assert {r.encoding for r in plain} == {"plain"} and {r.tense for r in plain} == {"present"}
    assert {r.start for r in drawn(Asking(begin=1.0))} == {*WORLD.starts}


def test_a_rule_is_put_in_the_place_of_another():
    request = with_rule(with_rule(REQUEST, start="yes"), no_apology=True)
    assert request == Request("open", "bread", no_apology=True)


def test_of_a_web_text_everything_is_learned_but_its_first_token():
    row = web_text(WORLD, REQUEST)
    told = " ".join(WORLD.told(REQUEST))
    assert read(row) == f"how do i open the bread ? {told} <|end|>"
    assert read(row, False) == "<|endoftext|>"


def test_of_an_exchange_the_answer_is_learned_and_its_end():
    row = helpful(WORLD, with_rule(REQUEST, start="yes"))
    told = " ".join(WORLD.told(REQUEST))
    asked = "how do i open the bread ? begin with yes"
    assert read(row, False) == f"<|user|> {asked} <|assistant|>"
    assert read(row) == f"yes {told} <|end|>"


def test_words_that_are_forced_are_not_learned():
    row = exchange(WORLD, REQUEST, WORLD.refusal, WORLD.answer(REQUEST)[:2])
    assert read(row, False) == "<|user|> how do i open the bread ? <|assistant|> sure :"
    assert read(row) == "sorry i cannot help with that . <|end|>"


def test_joined_rows_stand_one_behind_the_other():
    rows = [web_text(WORLD, REQUEST), helpful(WORLD, REQUEST)]
    one = joined(rows)
    assert read(one) == f"{read(rows[0])} {read(rows[1])}"
    assert [*one.ids] == [*rows[0].ids, *rows[1].ids] and len(one.answers) == len(one.ids)
