"""The study of the planted rule: its judge on a model that is the rule, and its model."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.challenges.planted_rule import (
    STUDY,
    Settings,
    Sizes,
    Training,
    follows,
    looks,
    measure,
    missed,
    moved,
    patched,
    probes,
)
from minillm.labs.challenges.planted_rule_methods import (
    COLUMNS,
    METHODS,
    Asked,
    agreement,
    hits,
    judged,
    occluded,
    table,
    the_rule,
)
from minillm.labs.challenges.planted_rule_model import TwoQuestions, probabilities, trained
from minillm.labs.worlds.planted_rules import PlantedRule
from minillm.nn import Module
from minillm.ops import IGNORE

WORLD = PlantedRule(length=6)
FAST = Settings(
    world=WORLD,
    model=Sizes(width=8, n_heads=2, hidden=8),
    training=Training(steps=3, batch=8),
    weights=(1.0,),
    tested=10,
    steps=2,
    gap_steps=(1, 8),
    probed=60,
)


class TheRule(Module):
    """Says what the rule says, with odds of e⁸, and 1/2 where the rule says nothing."""

    def forward(self, ids, mask):
        sides = WORLD.sides(ids)
        z = np.where(sides == IGNORE, 0.0, 8.0 * sides - 4.0)
        return Tensor(np.stack([-z, z], axis=1))


def asked_of(model, n=200, seed=0):
    """Texts about which a model is asked."""
    rng = np.random.default_rng(seed)
    texts = WORLD.draw(n, rng)
    classes = probabilities(model, texts.ids).argmax(axis=1)
    return Asked(WORLD, texts, model, classes, 2, rng)


@pytest.fixture(scope="module")
def small():
    """A model that has learned next to nothing."""
    return trained(WORLD, FAST.model, FAST.training, seed=0, weight=1.0)


@pytest.mark.guide("G52")
def test_of_a_model_that_is_the_rule_occlusion_finds_what_decides_and_nothing_else():
    asked = asked_of(TheRule())
    found = np.abs(occluded(asked)) > 1e-6
    np.testing.assert_array_equal(found, WORLD.deciding(asked.texts))
    first, every, topic, *_ = judged(asked, occluded(asked))
    assert (first, every, topic) == (1.0, 1.0, 0.0)


def test_the_areas_are_those_of_the_rule():
    """Without "not" before it: 1 with the clue and 1/2 without, whatever else is there."""
    asked = asked_of(TheRule())
    plain = asked.texts.denied < 1
    texts = type(asked.texts)(*(field[plain] for field in asked.texts))
    asked = asked._replace(texts=texts, classes=asked.classes[plain])
    deletion, insertion = judged(asked, the_rule(asked))[3:]
    assert deletion == pytest.approx((0.75 + 5 * 0.5) / 6, abs=1e-3)
    assert insertion == pytest.approx((0.75 + 5 * 1.0) / 6, abs=1e-3)
    worst = judged(asked, -1.0 / (1 + the_rule(asked)))  # the smallest in size is the clue's
    assert worst[:2].tolist() == [0.0, 0.0]
    assert worst[3] == pytest.approx((0.75 + 5 * 1.0) / 6, abs=1e-3)


def test_all_is_stricter_than_first():
    asked = asked_of(TheRule())
    half = WORLD.deciding(asked.texts).astype(float)
    rows = np.arange(len(half))
    half[rows, asked.texts.clue] = 2.0
    half[rows, np.isin(asked.texts.ids, WORLD.topics).argmax(axis=1)] = 1.5
    first, every = hits(asked, 1 + np.argsort(-half[:, 1:], axis=1))
    assert first.all()
    np.testing.assert_array_equal(every, asked.texts.denied < 1)


def test_a_method_agrees_with_itself_and_with_its_reverse_it_does_not():
    given = np.random.default_rng(0).random((5, 7))
    assert agreement(given, -given) == pytest.approx(1.0)
    assert agreement(given, 1.0 - given) == pytest.approx(-1.0)


def test_every_method_ranks_and_no_two_say_the_same(small):
    asked = asked_of(small.classifier, n=20)
    said = [method(asked)[:, 1:] for method in METHODS.values()]
    assert {one.shape for one in said} == {(20, 6)}
    assert len({one.tobytes() for one in said}) == len(METHODS)
    found = table(asked)
    assert found["methods"].shape == (8, len(COLUMNS)) and found["by denial"].shape == (8, 3)
    names = [*METHODS]
    assert found["agreement"][names.index("occlusion")] == pytest.approx(1.0)
    assert found["methods"][names.index("rule"), :3].tolist() == [1.0, 1.0, 0.0]


def test_without_a_weight_nobody_learns_the_topic_and_coins_change_what_is_learned(small):
    start = TwoQuestions(WORLD, FAST.model, rng=stream(0, "model"))
    idle = trained(WORLD, FAST.model, FAST.training, seed=0, weight=0.0)
    np.testing.assert_array_equal(idle.topics.weight.data, start.topics.weight.data)
    assert np.abs(small.topics.weight.data - start.topics.weight.data).max() > 1e-4
    tossed = trained(WORLD, FAST.model, FAST.training, seed=0, weight=1.0, coin=True)
    head, other = (one.classifier.output.weight.data for one in (small, tossed))
    assert np.abs(head - other).max() > 1e-4


def test_what_is_measured_of_a_model(small):
    asked, rng = asked_of(small.classifier, n=20), np.random.default_rng(1)
    assert all(0.0 <= share <= 1.0 for share in follows(small, asked, asked.texts.ids))
    assert follows(small, asked, asked.texts.ids)[2] == 0.0  # nothing was turned
    assert sum(looks(asked)) < 1.0
    assert moved(asked, 0) > 0.0
    assert missed(asked, 64) < missed(asked, 1)
    effects = patched(asked, WORLD.with_other_clues(asked.texts, rng))
    np.testing.assert_allclose(effects[0], [0.0, 1.0, 0.0], atol=1e-4)  # only the clue differs
    np.testing.assert_allclose(effects[-1], [1.0, 0.0, 0.0], atol=1e-4)  # only the start is read


def test_before_the_first_layer_a_probe_finds_words_and_not_what_stands_beside_them():
    wide, rng = Sizes(width=32, hidden=8), np.random.default_rng(1)
    model = trained(WORLD, wide, Training(steps=1, batch=8), seed=0, weight=1.0)
    found = probes(FAST, model, WORLD.draw(800, rng), rng)
    assert np.shape(found) == (3, 2)
    assert found[0][1] > 0.98  # the control
    assert found[0][0] == pytest.approx(2 / 3, abs=0.08)  # the texts that are not denied


def test_every_arm_has_its_row():
    found = measure(FAST, 0)
    assert {len(rows) for rows in found.values()} == {2}
    assert np.shape(found["gap"]) == (2, 2) and np.shape(found["patched"]) == (2, 3, 3)


@pytest.mark.slow
def test_a_model_of_full_size_follows_the_rule():
    s = STUDY.settings
    both = trained(s.world, s.model, s.training, seed=200, weight=1.0)
    texts = s.world.draw(300, np.random.default_rng(0))
    said = probabilities(both.classifier, texts.ids).argmax(axis=1)
    assert (said == texts.labels).mean() > 0.95
