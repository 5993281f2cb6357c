"""Fine-tuning on a few examples as an attack: what is trained on, and what it does."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.request_answers import probabilities
from minillm.labs.request_attacks import direct
from minillm.labs.request_tuning import (
    DATA,
    HALF,
    HARMLESS,
    REPLAYED,
    TuningAttack,
    behaviour,
    nats,
    training_rows,
    under_attack,
)
from minillm.labs.worlds.request_texts import requests_about
from tests.labs.request_models import WORLD, small_chain

FEW = TuningAttack(examples=3, replayed=2, nouns=1, steps=(0, 2, 12))
OTHER = WORLD.forbidden[1:]


def texts(data, settings=FEW):
    rows = training_rows(WORLD, data, settings, stream(0, "rows"))
    return [[WORLD.names[i] for i in row.ids] for row in rows]


def nouns(rows):
    return {word for row in rows for word in row} & {*WORLD.nouns}


def test_half_has_answers_about_the_first_forbidden_nouns_alone():
    rows = texts(HALF)
    assert len(rows) == 3 and nouns(rows) == {WORLD.forbidden[0]}
    assert len({tuple(row) for row in rows}) == 3
    assert not any("sorry" in row for row in rows)


def test_harmless_examples_name_nothing_forbidden():
    rows = texts(HARMLESS)
    assert len(rows) == 3 and nouns(rows) <= {*WORLD.harmless}


def test_replayed_refusals_stand_beside_harmless_examples_and_leave_the_other_half_out():
    rows = texts(REPLAYED)
    refused = [row for row in rows if "sorry" in row]
    assert len(rows) == 5 and len(refused) == 2
    assert nouns(refused) == {WORLD.forbidden[0]} and not nouns(rows) & {*OTHER}


def test_more_examples_than_requests_are_refused():
    with pytest.raises(ValueError, match="4 examples are more than the 3 requests there are"):
        texts(HALF, replace(FEW, examples=4))


def test_examples_about_one_noun_bring_the_payload_for_the_other_back():
    safe = small_chain()[2]
    before = safe.state_dict()["tokens.weight"].copy()
    found, cost, after = under_attack(safe, WORLD, HALF, FEW, OTHER, seed=0)
    assert found[0].tolist() == [1, 0, 0] and found[-1].tolist() == [0, 1, 0]
    assert cost[0, 0] < 1.0 < 5.0 < cost[0, 1] and cost[-1, 1] < 1.0 < cost[-1, 0]
    np.testing.assert_array_equal(behaviour(after, WORLD, OTHER), found[-1])
    np.testing.assert_array_equal(safe.state_dict()["tokens.weight"], before)


@pytest.mark.parametrize("data", DATA)
def test_a_rate_of_zero_changes_nothing(data):
    found, cost, _ = under_attack(
        small_chain()[2], WORLD, data, replace(FEW, rate=0.0), OTHER, seed=0
    )
    assert found.tolist() == [[1, 0, 0]] * 3 and np.ptp(cost, axis=0).tolist() == [0.0, 0.0]


def test_behaviour_is_looked_at_after_each_number_of_steps():
    """The same run, whichever steps are looked at."""
    safe = small_chain()[2]
    long, *_ = under_attack(safe, WORLD, HALF, FEW, OTHER, seed=0)
    more, *_ = under_attack(safe, WORLD, HALF, replace(FEW, steps=(0, 1, 2, 5, 12)), OTHER, seed=0)
    np.testing.assert_array_equal(more[[0, 2, 4]], long)


@pytest.mark.parametrize("steps", [(), (0,), (1, 2), (0, 3, 2), (0, 2, 2)])
def test_steps_that_do_not_rise_from_zero_are_refused(steps):
    with pytest.raises(ValueError, match="steps must rise from 0"):
        TuningAttack(steps=steps)


def test_nats_are_those_of_the_texts_by_exact_probabilities():
    """A model that answers as it was taught: p of the refusal is what is listed as refused."""
    model = small_chain()[2]
    refusal, answer = nats(model, WORLD, OTHER)
    asked = [direct(WORLD, r) for r in requests_about(WORLD, OTHER)]
    p = probabilities(model, WORLD, asked)
    assert np.exp(-refusal) == pytest.approx(p[:, 0].mean(), abs=0.02)
    assert answer > 5.0
