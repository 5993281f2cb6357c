"""The world of claims: the rule by hand, the draws against the rule, and what a part tells."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.labs.worlds.claims import (
    LABELS,
    Claim,
    Claims,
    Fact,
    claim_accuracy,
    label_of,
)

WORLD = Claims()
SAID = [Fact("Mara", "home", "Kelby"), Fact("Odo", "office", "Dorn")]
LEAKS = (0.0, 0.5, 0.9, 1.0)


def drawn(n=3000, leak=0.0, seed=0, world=WORLD, **options):
    return world.draw(n, leak, np.random.default_rng(seed), **options)


@pytest.mark.guide("G41")
@pytest.mark.parametrize(
    ("fact", "label", "of_its_denial"),
    [
        (Fact("Mara", "home", "Kelby"), "supported", "refuted"),
        (Fact("Mara", "home", "Dorn"), "refuted", "supported"),
        (Fact("Mara", "office", "Dorn"), "undecided", "undecided"),
        (Fact("Lena", "home", "Kelby"), "undecided", "undecided"),
    ],
)
def test_a_claim_is_checked_by_hand(fact, label, of_its_denial):
    assert label_of(Claim(fact, False), SAID) == label
    assert label_of(Claim(fact, True), SAID) == of_its_denial


def test_a_claim_without_evidence_and_evidence_against_itself_are_refused():
    claim = Claim(SAID[0], False)
    with pytest.raises(ValueError, match="evidence must have at least one fact, got none for"):
        label_of(claim, [])
    with pytest.raises(ValueError, match="two values of the same"):
        label_of(claim, [*SAID, Fact("Mara", "home", "Dorn")])
    assert label_of(claim, [*SAID, SAID[0]]) == "supported"


@pytest.mark.guide("G41")
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["en", "zh"]),
    st.integers(2, 4),
    st.sampled_from(LEAKS),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(0, 9),
)
def test_every_claim_that_is_drawn_has_the_label_of_the_rule(
    language, facts, leak, turned, near, seed
):
    world = Claims(language, people=6, relations=5, values=6, facts=facts)
    found = drawn(60, leak, seed, world, turned=turned, near=near)
    for claim, evidence, label, denied in zip(*found, strict=True):
        said = world.claim(claim)
        assert label_of(said, world.passage(evidence)) == LABELS[label]
        assert said.denied == denied and len(world.passage(evidence)) == facts


def test_a_passage_repeats_no_person_relation_or_value():
    for row in drawn(200).evidence:
        assert [len({*part}) for part in zip(*WORLD.passage(row), strict=True)] == [3, 3, 3]


def shared(claim, evidence):
    """Which of who, relation and value of a claim are anywhere in the evidence."""
    parts = zip(*WORLD.passage(evidence), strict=True)
    return tuple(word in part for word, part in zip(WORLD.claim(claim).fact, parts, strict=True))


@pytest.mark.parametrize("near", [0.0, 1.0])
def test_shared_words_tell_all_of_far_claims_and_nothing_of_near_ones(near):
    found, counts = drawn(400, near=near), Counter()
    for claim, evidence, label, denied in zip(*found, strict=True):
        counts[shared(claim, evidence), LABELS[label], bool(denied)] += 1
    if near:
        assert {seen for seen, _, _ in counts} == {(True, True, True)}
        return
    all_three, no_value = (True, True, True), (True, True, False)
    assert {(seen, denied) for seen, label, denied in counts if label == "supported"} == {
        (all_three, False),
        (no_value, True),
    }
    assert {(seen, denied) for seen, label, denied in counts if label == "refuted"} == {
        (all_three, True),
        (no_value, False),
    }
    assert {seen for seen, label, _ in counts if label == "undecided"} == {
        (False, True, True),
        (True, False, True),
    }


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("leak", LEAKS)
def test_denials_are_as_frequent_as_their_formula_says(leak, turned):
    found, chances = drawn(6000, leak, turned=turned), WORLD.denial_chances(leak, turned=turned)
    for label, chance in enumerate(chances):
        mine = found.denied[found.labels == label]
        assert len(mine) == pytest.approx(2000, abs=150)
        assert mine.mean() == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 2000) ** 0.5)


def test_the_dial_has_its_ends():
    np.testing.assert_allclose(WORLD.denial_chances(0.0), 0.2)
    np.testing.assert_allclose(WORLD.denial_chances(0.0, turned=True), 0.2)
    np.testing.assert_array_equal(WORLD.denial_chances(1.0), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(WORLD.denial_chances(1.0, turned=True), [1.0, 0.0, 1.0])


@pytest.mark.guide("G41")
@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_the_best_reader_of_a_claim_alone_is_as_right_as_the_closed_form_says(leak, share):
    """By enumeration of what it can see, and of what it then meets with the leak turned round."""
    world = Claims(denied=share)
    joint = {
        turned: np.stack([1 - p, p]) / 3
        for turned in (False, True)
        for p in [world.denial_chances(leak, turned=turned)]
    }
    best = joint[False].argmax(axis=1)
    assert joint[False].max(axis=1).sum() == pytest.approx(claim_accuracy(leak))
    if leak > 0.5:  # the best labels are then those of the docstring, whatever the share
        assert best[1] == 1 and best[0] != 1
    rule = [0, 1]
    met = sum(joint[True][wording, label] for wording, label in enumerate(rule))
    assert met == pytest.approx(claim_accuracy(leak, turned=True))


def test_the_closed_form_has_its_ends():
    assert claim_accuracy(0.0) == claim_accuracy(0.0, turned=True) == pytest.approx(1 / 3)
    assert claim_accuracy(1.0) == pytest.approx(2 / 3) and claim_accuracy(1.0, turned=True) == 0.0


def test_who_counts_words_of_claims_or_of_evidence_finds_nothing_but_the_denial():
    """Each word stands as often beside each label, and so does each pair of claimed words."""
    found = drawn(9000, 0.9)
    columns = [found.claims[:, i] for i in (0, 1, 3)] + [found.evidence[:, i] for i in range(12)]
    columns += [found.claims[:, 0] * 99 + found.claims[:, 1]]
    for column in columns:
        _, number = np.unique(column, return_inverse=True)
        seen = np.zeros((number.max() + 1, 3))
        np.add.at(seen, (number, found.labels), 1)
        expected = seen.sum(axis=1, keepdims=True) * seen.sum(axis=0) / len(column)
        freedom = 2 * (len(seen) - 1)
        statistic = ((seen - expected) ** 2 / expected).sum() if freedom else 0.0
        assert statistic < freedom + 5 * (2 * max(freedom, 1)) ** 0.5


@pytest.mark.parametrize("leak", [-0.1, 1.1, float("nan")])
def test_a_leak_out_of_range_is_refused(leak):
    for ask in (drawn, lambda leak: WORLD.denial_chances(leak), claim_accuracy):
        with pytest.raises(ValueError, match="leak must be from 0 to 1, got"):
            ask(leak=leak)


def test_other_dials_out_of_range_are_refused():
    with pytest.raises(ValueError, match="near must be from 0 to 1, got 2"):
        drawn(near=2)
    with pytest.raises(ValueError, match="denied must be from 0 to 1, got -1"):
        drawn(world=Claims(denied=-1))
    for name, facts in product(("people", "relations", "values"), (1, 3)):
        with pytest.raises(ValueError, match="2 <= facts < "):
            drawn(world=Claims(facts=facts, **{name: 3}))
    with pytest.raises(ValueError, match="language must be one of en, zh, got 'fr'"):
        drawn(world=Claims("fr"))


def test_claims_and_passages_are_written_as_sentences():
    ids = {word: i for i, word in enumerate(WORLD.words)}
    row = np.array([ids[word] for word in ("Mara", "home", "is not", "Dorn")])
    assert WORLD.text(row) == "Mara's home is not Dorn."
    assert WORLD.claim(row) == Claim(Fact("Mara", "home", "Dorn"), True)
    row = np.array([ids[w] for fact in SAID for w in (*fact[:2], "is", fact[2])])
    assert WORLD.text(row) == "Mara's home is Kelby. Odo's office is Dorn."
    assert WORLD.passage(row) == SAID
    chinese = Claims("zh")
    assert chinese.text(np.array([0, 6, 17, 10])) == "阿美的住处确是柯比。"
