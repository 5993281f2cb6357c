"""The lab of scaling: its parts on planted models, and a small run."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.challenges import scaling, scaling_case
from minillm.labs.challenges.scaling import STUDY, control_part, falling, frontier, repeating
from minillm.labs.challenges.scaling_case import (
    Training,
    batch_of,
    flops_of,
    in_fewer_bits,
    learned,
    mistakes,
    new_learner,
    said,
    sized_for,
)
from minillm.labs.worlds.ranked_facts import Facts, RankedFacts
from minillm.ops import IGNORE
from minillm.ops.flops import count_flops

WORLD = RankedFacts(base=3, digits=2, answers=3, wrong=0.0)
QUICK = Training(batch=32, steps=120, warmup=5, rate=0.01)


@pytest.fixture(scope="module")
def facts():
    return Facts(WORLD, seed=1)


@pytest.fixture(scope="module")
def trained(facts):
    """A GPT that has learned nine facts, and its losses on the way."""
    model = new_learner(facts, 2, QUICK, seed=1, use="test")
    rng = stream(1, "test")
    return model, [*learned(model, facts, 2, QUICK, lambda n: facts.draw(n, rng), 3)]


def test_the_last_digit_alone_is_asked_for_the_answer(facts):
    ids, targets = batch_of(facts, np.array([4, 0]), np.array([7, 8]))
    np.testing.assert_array_equal(ids, facts.ids[[4, 0]])
    np.testing.assert_array_equal(targets, [[IGNORE, 7], [IGNORE, 8]])


@pytest.mark.guide("G49")
def test_a_model_that_learns_comes_near_the_floor(facts, trained):
    model, losses = trained
    assert len(losses) == 3 and losses[0] > losses[-1]
    assert losses[-1] < 0.1 and facts.floor == 0.0
    assert losses[-1] == facts.loss(said(model, facts))
    assert mistakes(model, facts) == 0.0


def test_mistakes_count_by_how_often_a_fact_is_told(facts, monkeypatch):
    told = np.zeros((9, WORLD.vocabulary_size))
    told[np.arange(9), facts.answers] = 1.0
    told[[0, 5]] *= -1.0
    monkeypatch.setattr(scaling_case, "said", lambda model, facts: told)
    assert mistakes(None, facts) == pytest.approx(facts.p[0] + facts.p[5])


@pytest.mark.guide("G49")
def test_the_operations_of_a_step_are_those_that_are_counted(facts):
    model = new_learner(facts, 2, QUICK, seed=1, use="test")
    with count_flops() as flops:
        model.loss(*batch_of(facts, *facts.draw(QUICK.batch, stream(0, "t")))).backward()
    assert flops.total == flops_of(facts, 2, QUICK)


def test_the_rate_falls_as_the_depth_grows(facts):
    assert sized_for(facts, 4, QUICK).rate == QUICK.rate
    assert sized_for(facts, 8, QUICK).rate == QUICK.rate / 2


@pytest.mark.guide("G49")
def test_the_frontier_is_what_no_cheaper_point_reaches():
    flops = np.array([4.0, 1.0, 2.0, 3.0, 5.0])
    losses = np.array([0.5, 2.0, 1.0, 1.5, 0.6])
    kept, best = frontier(flops, losses)
    np.testing.assert_array_equal(kept, [1.0, 2.0, 4.0])
    np.testing.assert_array_equal(best, [2.0, 1.0, 0.5])


def test_the_planted_exponent_of_data_is_found_by_the_same_fit():
    world = Facts(RankedFacts(base=40, tail=0.5), seed=0)
    texts = [100, 300, 1000, 3000, 10_000]
    law = falling(texts, [world.unseen(n) for n in texts])
    assert law.floor == 0.0
    assert law.exponent == pytest.approx(0.5 / 1.5, abs=0.06)  # as far as the facts reach


def test_few_texts_are_told_again_and_no_others():
    draw = repeating(np.array([3, 8]), np.array([10, 11]), stream(0, "t"))
    keys, answers = draw(200)
    assert set(zip(keys.tolist(), answers.tolist(), strict=True)) == {(3, 10), (8, 11)}


@pytest.mark.guide("G53")
def test_fewer_bits_change_little_and_take_less(facts, trained):
    model, _ = trained
    before = said(model, facts)
    eight = in_fewer_bits(model, facts, "int8")
    sixteen = in_fewer_bits(model, facts, "float16")
    np.testing.assert_array_equal(said(model, facts), before)  # the model itself is as it was
    assert eight[1] == sixteen[1] == 1.0
    assert 0 < sixteen[2] < eight[2] < 0.1
    assert eight[3] < sixteen[3] < 1.0
    assert abs(sixteen[0]) < abs(eight[0]) + 1e-6 < 0.05


def test_no_size_helps_where_there_is_nothing_to_learn():
    settings = replace(
        STUDY.settings, world=replace(WORLD, wrong=0.3), training=QUICK, control_steps=100
    )
    control = control_part(settings, 3)
    assert len(control) == 2
    assert max(map(abs, control)) < 0.1  # of ln 3 = 1.1


@pytest.mark.guide("G49")
def test_a_small_run_says_what_its_law_foretells(monkeypatch):
    """Losses are planted: a law that is exact foretells the depth that was held back."""

    def planted(model, facts, depth, training, draw, looks):
        n = 12 * depth**3 * training.head_width**2
        return [0.2 + 5.0 * n**-0.4 + 0.1 / (i + 1) - 0.1 / looks for i in range(looks)]

    monkeypatch.setattr(scaling, "learned", planted)
    settings = replace(STUDY.settings, world=replace(WORLD, wrong=0.2), training=QUICK)
    found = scaling.measure(settings, 0)
    assert found["exponent"] == pytest.approx(0.4, rel=1e-3)
    assert found["floor"] == pytest.approx(0.2, abs=1e-3)
    assert found["foretold"] == pytest.approx(found["held_back"], abs=1e-5)
    assert found["parameters"] == [192 * d**3 for d in settings.depths]
    assert np.shape(found["loss"]) == np.shape(found["flops"]) == (6, 4)
    assert np.shape(found["fewer_bits"]) == (2, 4)
