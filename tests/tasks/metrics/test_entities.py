"""Scores of whole names: hand-worked cases in both readings, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.entities import tags_for
from minillm.tasks.metrics.entities import entity_scores, scores_by_novelty

TRUE = ["O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"]
SAID = ["O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"]


def split(*sentences):
    return [sentence.split() for sentence in sentences]


@pytest.mark.guide("G39")
def test_a_name_with_one_word_too_many_is_wrong():
    """MISC: one said, one there, none right; PER: right."""
    scores = entity_scores(split(*TRUE), split(*SAID))
    assert scores.micro == (0.5, 0.5, 0.5)
    assert scores.macro == (0.5, 0.5, 0.5)
    assert (scores.of("MISC").f1, scores.of("PER").f1) == (0.0, 1.0)
    assert scores.types == ["MISC", "PER"]


def test_micro_counts_names_and_macro_counts_types():
    true = split("B-X B-X B-X O B-Y B-Y")
    said = split("B-X B-X B-Y O B-Y O")
    scores = entity_scores(true, said)
    x, y = (1.0, 2 / 3, 4 / 5), (1 / 2, 1 / 2, 1 / 2)
    assert scores.of("X") == pytest.approx(x)
    assert scores.of("Y") == pytest.approx(y)
    assert scores.micro == pytest.approx((3 / 4, 3 / 5, 6 / 9))
    assert scores.macro == pytest.approx([(a + b) / 2 for a, b in zip(x, y, strict=True)])


@pytest.mark.guide("G39")
def test_the_two_readings_of_a_name_that_starts_inside():
    true, said = split("O B-X I-X O"), split("O I-X I-X O")
    assert entity_scores(true, said).micro == (1.0, 1.0, 1.0)
    assert entity_scores(true, said, strict="BIO").micro == (0.0, 0.0, 0.0)
    true, said = split("B-X I-X O"), split("B-X I-Y O")  # X and Y, or X alone: wrong both times
    assert entity_scores(true, said).said == {"X": 1, "Y": 1}
    assert entity_scores(true, said, strict="BIO").said == {"X": 1}


def test_the_two_readings_of_a_name_without_its_end():
    true, said = split("B-X E-X O S-Y"), split("B-X I-X O S-Y")
    assert entity_scores(true, said).micro == (1.0, 1.0, 1.0)
    assert entity_scores(true, said, strict="BIOES").micro == (1.0, 0.5, 2 / 3)


def test_a_name_does_not_go_on_in_the_next_sentence():
    assert entity_scores(split("B-X", "I-X"), split("B-X", "O")).there == {"X": 2}


def test_of_nothing_every_score_is_0():
    scores = entity_scores(split("O O"), split("O O"))
    assert scores.micro == scores.macro == scores.of("X") == (0.0, 0.0, 0.0)
    assert scores.types == []
    only_said = entity_scores(split("O"), split("B-X"))
    assert only_said.micro == only_said.macro == (0.0, 0.0, 0.0)


rows = st.lists(st.lists(st.sampled_from(tags_for("XY", "BIOES")), max_size=6), max_size=4)


@given(rows, st.sampled_from([None, "BIOES"]), st.randoms(use_true_random=False))
def test_what_holds_of_all_tags(true, strict, rng):
    said = [[rng.choice(["O", tag, "B-X"]) for tag in tags] for tags in true]
    scores = entity_scores(true, said, strict=strict)
    back = entity_scores(said, true, strict=strict)
    assert scores.micro.precision == back.micro.recall
    assert scores.micro.f1 == back.micro.f1
    assert all(scores.hits[k] <= min(scores.said[k], scores.there[k]) for k in scores.hits)
    own = entity_scores(true, true, strict=strict)
    assert own.micro == ((1.0,) * 3 if own.types else (0.0,) * 3)
    words = [[f"w{rng.randrange(3)}" for _ in tags] for tags in true]
    known = {("w0",), ("w1", "w1")}
    parts = scores_by_novelty(words, true, said, known).values()
    whole = entity_scores(true, said)
    for name in ("hits", "said", "there"):
        total = sum(sum(getattr(part, name).values()) for part in parts)
        assert total == sum(getattr(whole, name).values())


@pytest.mark.guide("G39")
def test_names_that_training_had_are_scored_apart():
    words = split("ANNA met Berta in Rome", "Carla sleeps")
    true = split("B-PER O B-PER O B-LOC", "B-PER O")
    said = split("B-PER O O O B-LOC", "B-PER B-PER")
    scores = scores_by_novelty(words, true, said, {("anna",), ("rome",)})
    assert scores["seen"].micro == (1.0, 1.0, 1.0)
    assert scores["unseen"].micro == pytest.approx((0.5, 0.5, 0.5))


def test_other_lengths_are_refused():
    with pytest.raises(ValueError, match="2 sentences but 1 predictions"):
        entity_scores(split("O", "O"), split("O"))
    with pytest.raises(ValueError, match="sentence 1 has 1 tags but 2 predicted"):
        entity_scores(split("O", "O"), split("O", "O O"))
    with pytest.raises(ValueError, match="BIO has no tag 'S-X'"):
        entity_scores(split("O"), split("S-X"), strict="BIO")


def test_scores_are_plain_numbers():
    assert all(
        not isinstance(x, np.generic) for x in entity_scores(split(*TRUE), split(*SAID)).micro
    )
