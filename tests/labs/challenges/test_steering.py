"""The study of steering: its directions, and what a push is counted by."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.challenges.planted_rule_model import (
    Sizes,
    Training,
    probabilities,
    trained,
    whole,
)
from minillm.labs.challenges.steering import (
    KINDS,
    Settings,
    directions,
    measure,
    push,
    readings,
)
from minillm.labs.worlds.planted_rules import PlantedRule

FAST = Settings(
    world=PlantedRule(length=5),
    model=Sizes(width=8, n_heads=2, hidden=8),
    training=Training(steps=3, batch=8),
    read=30,
    tested=20,
    strengths=(0.0, 50.0),
)


@pytest.fixture(scope="module")
def both():
    return trained(FAST.world, FAST.model, FAST.training, seed=0, weight=1.0)


def test_directions_lead_from_bad_to_good_and_have_one_length():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=400)
    vectors = rng.standard_normal((400, 5))
    vectors[:, 2] += 6.0 * labels
    means, probe, drawn = directions(vectors, labels, 0.01, rng)
    assert len(KINDS) == 3
    np.testing.assert_allclose(means, vectors[labels == 1].mean(0) - vectors[labels == 0].mean(0))
    for one in (means, probe):
        assert one[2] > 0.95 * np.linalg.norm(one)
    assert np.linalg.norm(drawn) == pytest.approx(np.linalg.norm(means))


def test_what_is_read_are_the_two_questions(both):
    texts = FAST.world.draw(20, np.random.default_rng(0))
    good, topics = readings(both, texts)
    p = probabilities(both.classifier, texts.ids)
    said = good.score(Tensor(good.vectors)).data
    np.testing.assert_allclose(said, np.log(p[:, 1] / p[:, 0]), atol=1e-5)
    logits = both.topics(both.bert(texts.ids, whole(texts.ids))[:, 0]).data
    ahead = np.array([one.score(Tensor(one.vectors)).data for one in topics])
    np.testing.assert_array_equal(ahead.argmax(axis=0), logits.argmax(axis=1))


def test_behind_the_last_layer_only_the_first_token_is_read(both):
    texts = FAST.world.draw(20, np.random.default_rng(0))
    at = np.ones(texts.ids.shape, dtype=bool)
    others = at.copy()
    others[:, 0] = False
    r = 50.0 * np.arange(8.0)
    assert push(both, texts, r, 2, others) == push(both, texts, 0.0 * r, 2, at)
    assert push(both, texts, r, 2, ~others) == push(both, texts, r, 2, at)
    assert push(both, texts, r, 2, at) != push(both, texts, 0.0 * r, 2, at)


def test_without_strength_all_kinds_are_the_same():
    found = measure(FAST, 0)
    for rows in found.values():
        rows = np.array(rows)
        assert rows.shape == (2, 3, 2) and np.ptp(rows[..., 0]) == 0.0
