"""The rule that chose the strengths of the lab of adversarial inputs."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.challenges.adversarial import evaluate
from minillm.labs.challenges.adversarial_case import Adversarial, Settings, Strengths
from minillm.labs.challenges.adversarial_remedies import REMEDIES
from minillm.labs.challenges.adversarial_tuning import SWEPT, Grids, best_strength, tuned, validated
from tests.labs.challenges.test_adversarial import FAST

QUICK = replace(FAST, learned=400, tested=16)


def test_the_best_mean_by_the_own_rule_is_chosen_and_of_equals_the_weakest():
    plain = np.array([[-0.5, -0.25, -0.75], [-0.25, -0.5, -0.5]])
    worst = np.array([[0.0, 0.25, 0.5], [0.25, 0.25, 0.25]])
    found = np.stack([plain, worst], axis=2)
    assert best_strength(found, "steps") == 0
    assert best_strength(found, "eps") == 2


@pytest.mark.guide("G56")
def test_every_strength_is_chosen_with_those_before_it_by_what_attacks_leave():
    grids = Grids(
        steps=(1, 60),
        weight_decay=(0.1,),
        dropout=(0.2,),
        word_dropout=(0.3,),
        eps=(5.0, 0.1),
        swapped=(0.5,),
        tuning=(1,),
    )
    settings, found = tuned(QUICK, grids, (5,))
    s = settings.strengths
    assert (s.steps, s.weight_decay, s.dropout, s.eps) == (60, 0.1, 0.2, 0.1)
    assert [*found] == [*SWEPT] and found["eps"].shape == (1, 2, 2)
    case = Adversarial(QUICK, 5).with_strengths(eps=0.1, steps=60)
    model = REMEDIES["adversarial training"](case)
    numbers = evaluate(case, model)
    wanted = (numbers["accuracy, sign step"] + numbers["accuracy, one swap"]) / 2
    assert validated(case, model) == (-numbers["loss"], pytest.approx(wanted))
    assert tuple(found["eps"][0, 1]) == validated(case, model)


def test_the_strengths_of_the_lab_are_from_the_grids():
    for entry in fields(Grids):
        assert getattr(Strengths(), entry.name) in getattr(Grids(), entry.name), entry.name
    assert {*SWEPT.values()} < {*REMEDIES} and Settings().strengths == Strengths()
