"""The study of domains: equal budgets of tokens, and nothing of the held-out domain in training."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from minillm.labs.data import diversification
from minillm.labs.data.diversification import STUDY, held_out_accuracy, measure, training_sets
from minillm.labs.worlds.domains import DOMAINS, adjectives, draw_domain, share_known, token_count
from minillm.labs.worlds.kinds import groups_of
from minillm.text.corpora.rewriting import PHRASES
from minillm.text.corpora.sentiment import sentiment
from tests.labs.planted_models import reads, remembers, spy

NAMES = tuple(DOMAINS["en"])
SMALL = replace(STUDY.settings, drawn=80, budget=600, test=40)
AUGMENTED = ("1 + synonyms", "1 + word dropout")


@pytest.mark.guide("G7")
def test_every_condition_has_the_same_budget_of_written_tokens():
    """However long the sentences of a domain are: none has room for one more."""
    drawn = [draw_domain(d, "en", sizes=(80,), seed=0)[0].examples for d in NAMES]
    rng = np.random.default_rng(0)
    sets = training_sets(SMALL, drawn[0], drawn[1:], rng)
    assert tuple(sets) == SMALL.conditions
    longest = max(token_count([e]) for examples in drawn for e in examples)
    for name in set(sets) - set(AUGMENTED):
        assert 0 <= SMALL.budget - token_count(sets[name]) < longest, name
    parts = [[token_count([e]) for e in sets["4"] if e in source] for source in drawn[1:]]
    assert all(abs(sum(part) - SMALL.budget / 4) < longest for part in parts)
    for name in AUGMENTED:
        assert len(sets[name]) == (1 + SMALL.copies) * len(sets["1"])
        assert sets[name][: len(sets["1"])] == sets["1"]


@pytest.mark.guide("G7")
def test_the_tokens_of_every_training_are_among_the_results():
    sets = []
    settings = replace(SMALL, held_out=("film", "hotel"))
    found = measure(settings, 0, fits={"spy": spy(sets)})["tokens"]
    assert found.shape == (2, len(SMALL.conditions))
    assert found.ravel().tolist() == [token_count(examples) for examples in sets]
    written = [c not in AUGMENTED for c in SMALL.conditions]
    assert np.ptp(found[:, written]) < 30  # 600 tokens, less than a sentence apart
    assert (found[:, np.logical_not(written)] > 4 * SMALL.budget).all()


def test_a_model_that_remembers_knows_nothing_elsewhere_and_one_that_reads_everything():
    fits = {"reads": reads, "remembers": remembers}
    found = measure(replace(SMALL, held_out=("film", "book")), 0, fits=fits)
    assert found["reads"].shape == (2, len(SMALL.conditions), 4) and (found["reads"] == 1).all()
    assert (found["remembers"][..., 0] == 0.5).all()
    assert (found["known"][:, -1] > 0.9).all() and (found["known"] <= 1).all()


def test_chinese_domains_share_some_of_their_words_and_none_of_their_sentences():
    sets = []
    settings = replace(SMALL, language="zh", held_out=("film",))
    known = measure(settings, 0, fits={"spy": spy(sets)})["known"][0]
    assert all("电影" in text or "片" in text for text, _ in sets[-1])
    assert not any("电影" in text for text, _ in sets[0])
    assert known[0] <= known[2] < 0.9 < known[-1]


def test_the_domain_held_out_is_in_no_training_but_its_own():
    sets = []
    measure(replace(SMALL, held_out=("film",)), 0, fits={"spy": spy(sets)})
    _, own = draw_domain("film", "en", sizes=(40, 80), seed=0)
    films = set(own.examples)
    assert [bool(films & set(examples)) for examples in sets] == [False] * 5 + [True]


def test_the_seed_says_which_domain_comes_first_and_known_words_are_those_of_the_test():
    settings = replace(SMALL, held_out=("film",), conditions=("1",))
    first = set()
    for seed in range(4):
        sets = []
        known = measure(settings, seed, fits={"spy": spy(sets)})["known"]
        sizes = SMALL.test, SMALL.drawn
        drawn = {name: draw_domain(name, "en", sizes=sizes, seed=seed) for name in NAMES}
        first |= {name for name, (_, own) in drawn.items() if sets[0][0] in own.examples}
        test = drawn["film"][0].examples
        assert known.tolist() == [[share_known(sets[0], test, adjectives(DOMAINS["en"]["film"]))]]
    assert len(first) > 1 and "film" not in first


def test_a_test_sentence_in_training_is_refused():
    test = draw_domain("film", "en", sizes=(40,), seed=0)[0]
    with pytest.raises(ValueError, match="train and test share 40"):
        held_out_accuracy(test.examples, test.examples, groups_of(test.tags), fit=reads)


def test_an_unknown_condition_is_refused():
    settings = replace(SMALL, held_out=("film",), conditions=("1", "3"))
    with pytest.raises(ValueError, match=r"conditions must be among 1, 2, 4, .* got '3'"):
        measure(settings, 0, fits={"reads": reads})


def frames(language, domain):
    """What a domain's sentences have apart from its own words, by kind, and the verdicts."""
    kinds = sentiment(PHRASES[language]._replace(domains=(domain,)), single_clauses=False)
    return [
        (kind.tags, kind.share, label, {p.template for p in sentences.patterns}, verdicts)
        for kind in kinds
        for label, sentences in kind.sentences.items()
        for verdicts in [{v for p in sentences.patterns for v in p.slots.get("verdict", ())}]
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_domains_differ_in_words_alone_as_the_study_says(language):
    """Openings, subjects, adjectives: so a gain from other domains is none of forms or labels."""
    domains = DOMAINS[language]
    assert all(frames(language, d) == frames(language, domains["film"]) for d in domains.values())
    words = {name: adjectives(domain) for name, domain in domains.items()}
    assert {len(some) for some in words.values()} <= set(range(14, 19))
    said = re.findall(r"^(\w+), (\w+) +(\d+) +(\d+)$", diversification.__doc__, re.MULTILINE)
    column = ["en", "zh"].index(language)
    shared = {(one, other): int(counts[column]) for one, other, *counts in said}
    for one, other in combinations(NAMES, 2):
        assert len(words[one] & words[other]) == shared.get((one, other), 0), (one, other)
        a, b = domains[one], domains[other]
        assert set(a.settings) & set(b.settings) <= {""}
        assert not {x.subject for x in a.aspects} & {x.subject for x in b.aspects}
