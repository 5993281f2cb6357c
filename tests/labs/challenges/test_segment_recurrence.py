"""The study of segment recurrence: whose memory is read, and which positions are counted."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.segment_recurrence import (
    STUDY,
    Settings,
    asked,
    by_position,
    first_full,
    learned,
    measure,
    of_other_texts,
)
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.distant_copies import DistantCopies
from minillm.models.segment_memory import segment_nats

FAST = Settings(
    tokens=8,
    arms=((2, 0.9), (4, 0.0)),
    model=GptSizes(width=8, n_layers=1, n_heads=2, std=0.2),
    training=replace(STUDY.settings.training, batch=4, steps=6, warmup=1),
    segment=3,
    memory=4,
    tried=(0, 4),
    tested=10,
    segments=4,
)
WORLD = DistantCopies(8, 2, 0.9)


@pytest.fixture(scope="module")
def model():
    return learned(FAST, 0, 0, WORLD.draw(4, 19, np.random.default_rng(0)), 4)


def test_positions_are_those_of_segments_and_first_ones_are_skipped():
    nats = np.array([[9.0, 9.0, 1.0, 2.0, 3.0, 4.0]])
    assert by_position(nats, 2, 1) == [2.0, 3.0]
    assert first_full(FAST) == 2  # two segments of 3 fill a memory of 4
    assert first_full(replace(FAST, memory=3, tried=(0, 3))) == 1


def test_what_is_asked_is_behind_full_memories(model):
    texts = WORLD.draw(10, 13, np.random.default_rng(1))
    nats = segment_nats(model, texts, segment=3, memory=4)
    assert asked(FAST, model, texts, 4) == pytest.approx(
        [np.mean([nats[:, 6 + p], nats[:, 9 + p]]) for p in range(3)]
    )


def test_the_memory_of_an_equal_text_is_as_good_and_that_of_another_is_not(model):
    texts = WORLD.draw(10, 13, np.random.default_rng(1))
    same = np.repeat(texts[:1], 10, axis=0)
    assert of_other_texts(FAST, model, same) == pytest.approx(asked(FAST, model, same, 4), rel=1e-5)
    own, other = asked(FAST, model, texts, 4), of_other_texts(FAST, model, texts)
    assert not np.allclose(own, other, rtol=1e-3)


def test_every_arm_has_its_row():
    found = measure(FAST, 0)
    assert np.shape(found["without"]) == np.shape(found["other"]) == (2, 3)
    assert np.shape(found["nats"]) == np.shape(found["least"]) == (2, 2, 3)
    np.testing.assert_array_equal(found["least"][0][0], WORLD.least(3, 0))
    assert found["without"][0] != found["nats"][0][0]  # another model


@pytest.mark.slow
@pytest.mark.guide("G62")
def test_a_memory_shows_what_stands_before_the_segment():
    settings = replace(STUDY.settings, training=replace(STUDY.settings.training, steps=500))
    world, rng = DistantCopies(distance=12), np.random.default_rng(0)
    texts = world.draw(32, 500 * 8 + 1, rng)
    with_memory, without = (learned(settings, 200, 1, texts, m) for m in (16, 0))
    tested = world.draw(50, 65, rng)
    assert np.mean(asked(settings, with_memory, tested, 16)) < 1.2
    assert np.mean(asked(settings, without, tested, 0)) > 2.6
