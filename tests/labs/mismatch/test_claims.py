"""The study of claims and evidence: its readers, its tests, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import claims
from minillm.labs.mismatch.claims import STUDY, TESTS, asked_of, by_wording, measure
from minillm.labs.mismatch.claims_readers import (
    BAGS,
    PARTS,
    Settings,
    Strengths,
    bag,
    encoders,
    majority,
    readers,
    require_labels,
)
from minillm.labs.mismatch.claims_tuning import TUNED, Grids, best_strength, tuned
from minillm.labs.small_encoder import Encoder, Learning
from minillm.labs.worlds.claims import LABELS, Claims, claim_accuracy, label_of

READERS = [*PARTS, *BAGS, "majority"]
SMALL = Settings(
    leaks=(0.9,),
    learned=600,
    tested=400,
    model=Encoder(width=8, n_heads=2, hidden=8, std=1.0),
    learning=Learning(rate=0.02, batch=16),
    strengths=Strengths(whole=2, claim=60, evidence=2),
)


def drawn(n=600, leak=0.0, seed=0, **options):
    return SMALL.world.draw(n, leak, np.random.default_rng(seed), **options)


def right(answers, asked):
    return float((answers(asked) == asked.labels).mean())


def test_each_encoder_sees_its_part_and_nothing_else():
    one, other = drawn(50, seed=1), drawn(50, seed=2)
    for name, same in (("claim only", "claims"), ("evidence only", "evidence")):
        mixed = other._replace(**{same: getattr(one, same)})
        np.testing.assert_array_equal(PARTS[name](mixed), PARTS[name](one))
        (answers,) = encoders(SMALL, name, one, 0, [3])
        np.testing.assert_array_equal(answers(mixed), answers(one))
    whole = PARTS["claim and evidence"](one)
    np.testing.assert_array_equal(whole[:, :4], one.claims)
    np.testing.assert_array_equal(whole[:, 4:], one.evidence)


@pytest.mark.guide("G41")
def test_who_reads_the_claim_alone_reaches_what_the_closed_form_says():
    learned = drawn(600, 0.9)
    (answers,) = encoders(SMALL, "claim only", learned, 0, [60])
    for turned in (False, True):
        found = right(answers, drawn(2000, 0.9, 5, turned=turned))
        assert found == pytest.approx(claim_accuracy(0.9, turned=turned), abs=0.05)


def test_a_shorter_training_is_the_beginning_of_a_longer_one():
    learned, asked = drawn(), drawn(seed=1)
    (short,) = (one(asked) for one in encoders(SMALL, "claim only", learned, 0, [5]))
    first, second = (one(asked) for one in encoders(SMALL, "claim only", learned, 0, [5, 40]))
    np.testing.assert_array_equal(short, first)
    assert (first != second).any()


@pytest.mark.guide("G41")
def test_a_bag_counts_shared_words_unless_those_of_claims_are_other_words():
    """Of fewer different words all are shared; apart, a bag has nothing but the denial."""
    learned, asked = drawn(4000), drawn(2000, seed=1)
    whole, apart = (right(bag(SMALL, name, learned, 0.001), asked) for name in BAGS)
    assert whole > 0.45
    assert apart == pytest.approx(1 / 3, abs=0.04)
    near, near_asked = drawn(4000, near=1.0), drawn(2000, seed=1, near=1.0)
    assert right(bag(SMALL, BAGS[0], near, 0.001), near_asked) == pytest.approx(1 / 3, abs=0.04)


def test_a_bag_keeps_the_ids_of_what_it_reads():
    asked = drawn(50)
    before = [part.copy() for part in asked]
    bag(SMALL, BAGS[1], asked, 0.1)(asked)
    for part, copy in zip(asked, before, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_the_majority_is_the_most_frequent_label_of_what_was_learned():
    learned = drawn(30)._replace(labels=np.array([0] * 9 + [1] * 9 + [2] * 12))
    np.testing.assert_array_equal(majority(learned)(drawn(5)), [2] * 5)


@pytest.mark.parametrize("label", range(3))
def test_a_label_that_is_missing_is_named(label):
    learned = drawn()
    fewer = learned.only(learned.labels != label)
    asks = [
        lambda: require_labels(fewer),
        lambda: next(encoders(SMALL, "claim only", fewer, 0, [1])),
        lambda: bag(SMALL, BAGS[0], fewer, 0.1),
        lambda: by_wording(lambda asked: asked.labels, fewer),
    ]
    for ask in asks:
        with pytest.raises(
            ValueError, match=f"every label needs a claim, got none that is {LABELS[label]}"
        ):
            ask()
    one_wording = learned.only((learned.labels != label) | ~learned.denied)
    with pytest.raises(ValueError, match=f"{LABELS[label]} claims of both wordings are needed"):
        by_wording(lambda asked: asked.labels, one_wording)


def by_rule(asked):
    """The label of each claim by the rule."""
    world = SMALL.world
    pairs = zip(asked.claims, asked.evidence, strict=True)
    return np.array([LABELS.index(label_of(world.claim(c), world.passage(e))) for c, e in pairs])


def by_denial(asked):
    """Every denial is refuted, all else supported."""
    return asked.denied.astype(int)


def test_planted_readers_have_exact_numbers_by_wording():
    asked = drawn(600)
    assert by_wording(by_rule, asked) == [[1.0, 1.0]] * 3
    assert by_wording(by_denial, asked) == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]


def test_the_tests_are_worded_as_their_names_say():
    asked = asked_of(replace(SMALL, tested=3000), 0.9, np.random.default_rng(0))
    assert [*asked] == [*TESTS]
    denied = {
        name: [one.denied[one.labels == c].mean() for c in range(3)] for name, one in asked.items()
    }
    wanted = {"same": (0.02, 0.92, 0.02), "turned": (0.92, 0.02, 0.92)}
    for name in TESTS:
        np.testing.assert_allclose(denied[name], wanted.get(name, [0.2] * 3), atol=0.05)
    words = [
        [len({*claim} & {*evidence}) for claim, evidence in zip(*one[:2], strict=True)]
        for one in (asked["no leak"], asked["near"])
    ]
    assert max(words[0]) == 4 and min(words[0]) == 2 and min(words[1]) == 3


def test_the_numbers_of_a_seed_are_made_of_the_answers_of_planted_readers(monkeypatch):
    planted = {"claim and evidence": by_rule, "claim only": by_denial}
    monkeypatch.setattr(claims, "readers", lambda *_: planted)
    found = measure(replace(SMALL, leaks=(0.0, 1.0)), 0)
    np.testing.assert_array_equal(found["claim and evidence"], np.ones((2, 4)))
    np.testing.assert_array_equal(found["claim and evidence, wordings"], np.ones((2, 3, 2)))
    (none, _, _, _), (same, even, turned, near) = found["claim only"]
    assert [none, even, near] == pytest.approx([1 / 3] * 3, abs=0.08)
    assert same == pytest.approx(2 / 3, abs=0.08) and turned == 0.0


def test_every_reader_is_measured():
    found = measure(SMALL, 0)
    wordings = "claim and evidence, wordings"
    assert {name: np.shape(rows) for name, rows in found.items()} == {
        **dict.fromkeys(READERS, (1, len(TESTS))),
        wordings: (1, 3, 2),
    }
    assert [*readers(SMALL, drawn(), 0)] == READERS


def test_the_best_mean_decides_and_of_equals_the_weakest():
    found = np.array([[[0.2, 0.4, 0.4], [0.2, 0.4, 0.4]], [[0.9, 0.4, 0.4], [0.1, 0.4, 0.4]]])
    assert best_strength(found) == 1
    assert best_strength(found[1:]) == 0


def test_every_reader_is_tuned_by_the_same_rule():
    """Of the denial two steps teach less than sixty; a penalty of 100 leaves a bag nothing."""
    assert [*TUNED.values()] == READERS[:-1]
    grids = Grids(whole=(1, 2), claim=(1, 60), evidence=(1, 2), bag=(100.0, 0.01), apart=(0.1,))
    chosen, found = tuned(SMALL, grids, (3, 4))
    assert {name: at.shape for name, at in found.items()} == {
        name: (2, 1, len(getattr(grids, name))) for name in TUNED
    }
    assert chosen.strengths.claim == 60 and chosen.strengths.bag == 0.01
    for name, at in found.items():
        assert getattr(chosen.strengths, name) == getattr(grids, name)[best_strength(at)]


def test_the_strengths_of_the_study_are_of_the_grids():
    for name in TUNED:
        assert getattr(STUDY.settings.strengths, name) in getattr(Grids(), name)
    assert STUDY.settings.world == Claims() and len(STUDY.seeds) == 5


@pytest.mark.slow
def test_the_strengths_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    _, found = tuned(STUDY.settings, Grids(), (100, 101))
    for name, at in found.items():
        means = at.mean(axis=(0, 1))
        chosen = getattr(Grids(), name).index(getattr(STUDY.settings.strengths, name))
        assert means[chosen] >= means.max() - 0.03, name
