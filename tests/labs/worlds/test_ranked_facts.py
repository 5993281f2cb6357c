"""The world of ranked facts beside what was drawn and enumerated."""

import math

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.worlds.ranked_facts import Facts, RankedFacts

SMALL = RankedFacts(base=4, digits=2, answers=3, tail=0.5, wrong=0.2)


def test_keys_are_all_different_and_answers_are_answers():
    facts = Facts(SMALL, seed=1)
    assert len({tuple(ids) for ids in facts.ids.tolist()}) == SMALL.keys == 16
    assert (facts.ids // 4 == [0, 1]).all()
    assert set(facts.answers) <= {8, 9, 10} and SMALL.vocabulary_size == 11
    other = Facts(SMALL, seed=2)
    assert (facts.ids != other.ids).any() and (facts.answers != other.answers).any()


def test_texts_are_drawn_as_often_and_as_wrongly_as_the_dials_say():
    facts = Facts(SMALL, seed=1)
    keys, answers = facts.draw(200_000, stream(0, "texts"))
    np.testing.assert_allclose(np.bincount(keys, minlength=16) / 200_000, facts.p, atol=0.004)
    assert facts.p[0] / facts.p[3] == pytest.approx(4**1.5)
    wrong = (answers != facts.answers[keys]).mean()
    assert wrong == pytest.approx(0.2 * 2 / 3, abs=0.005)


@pytest.mark.parametrize("wrong", [0.0, 0.2, 1.0])
def test_the_floor_is_the_loss_of_whoever_knows_the_truth(wrong):
    facts = Facts(RankedFacts(base=4, digits=2, answers=3, wrong=wrong), seed=1)
    truth = np.full((16, 11), 1e-300)
    truth[:, 8:] += wrong / 3
    truth[np.arange(16), facts.answers] += 1 - wrong
    assert facts.loss(np.log(truth)) == pytest.approx(facts.floor)
    assert facts.floor == pytest.approx({0.0: 0.0, 1.0: math.log(3)}.get(wrong, facts.floor))
    guess = np.log(np.where(np.arange(11) >= 8, 1 / 3, 1e-300))[None].repeat(16, axis=0)
    assert facts.loss(guess) == pytest.approx(math.log(3)) and facts.floor <= math.log(3)


def test_the_exact_loss_is_the_mean_over_texts():
    facts = Facts(SMALL, seed=1)
    log_p = np.log(stream(0, "p").dirichlet(np.ones(11), size=16))
    keys, answers = facts.draw(200_000, stream(0, "texts"))
    assert facts.loss(log_p) == pytest.approx(-log_p[keys, answers].mean(), rel=0.01)


def test_what_is_unseen_is_what_was_not_drawn():
    facts = Facts(SMALL, seed=1)
    shares = []
    for place in range(300):
        keys, _ = facts.draw(10, stream(0, "texts", place))
        shares.append(1 - facts.p[np.unique(keys)].sum())
    assert facts.unseen(10) == pytest.approx(np.mean(shares), rel=0.05)
    assert facts.unseen(0) == pytest.approx(1.0) == facts.beyond(0)
    assert facts.beyond(16) == 0.0


@pytest.mark.parametrize("tail", [0.3, 0.6])
def test_the_planted_exponents_are_those_of_the_formulas(tail):
    facts = Facts(RankedFacts(base=64, tail=tail), seed=0)  # many keys: far from their end
    end = facts.dials.keys**-tail / tail  # of the sum that stops at the last key
    whole = [(facts.beyond(n) / facts.p[0] + end) for n in (50, 100)]
    assert math.log(whole[0] / whole[1]) / math.log(2) == pytest.approx(tail, abs=0.01)
    data = [facts.unseen(n) / facts.p[0] + end for n in (500, 1000)]
    assert math.log(data[0] / data[1]) / math.log(2) == pytest.approx(tail / (1 + tail), abs=0.02)


@pytest.mark.parametrize(
    "dials", [{"base": 1}, {"answers": 1}, {"digits": 0}, {"tail": -0.1}, {"wrong": 1.5}]
)
def test_a_world_that_cannot_be_is_refused(dials):
    with pytest.raises(ValueError, match="Facts: "):
        Facts(RankedFacts(**dials), seed=0)
