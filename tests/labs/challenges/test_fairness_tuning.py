"""The rule that chose the strengths of the lab of fairness."""

from dataclasses import fields, replace

import numpy as np

from minillm.labs.challenges.fairness_case import Fairness, Selector, Settings, Strengths
from minillm.labs.challenges.fairness_remedies import REMEDIES
from minillm.labs.challenges.fairness_tuning import SWEPT, Grids, best_strength, tuned, validated
from tests.labs.challenges.test_fairness import FAST, Planted, by_labels, by_merit


def test_the_best_mean_by_the_own_rule_is_chosen_and_of_equals_the_weakest():
    told = np.array([[0.5, 0.75, 0.25], [0.75, 0.5, 0.5]])
    worse = np.array([[0.0, 0.25, 0.5], [0.25, 0.25, 0.25]])
    found = np.stack([told, worse], axis=2)
    assert best_strength(found, "steps") == 0
    assert best_strength(found, "covariance") == 2


def test_the_rules_see_the_labels_as_told_and_the_town_that_fares_worse():
    case = Fairness(FAST, 7)
    fair, unfair = (
        validated(case, Selector(Planted(FAST.world, rule), (0.5, 0.5)))
        for rule in (by_merit, by_labels)
    )
    assert fair[1] > unfair[1] + 0.2 and fair[0] < unfair[0] - 0.02


def test_every_strength_is_chosen_with_those_before_it():
    grids = Grids(
        steps=(1, 60),
        early=(30,),
        weight_decay=(0.1,),
        dropout=(0.2,),
        word_dropout=(0.3,),
        covariance=(0.5, 20.0),
        few_steps=(1,),
    )
    settings, found = tuned(FAST, grids, (5,))
    s = settings.strengths
    assert s.steps == 60 and (s.weight_decay, s.dropout, s.word_dropout) == (0.1, 0.2, 0.3)
    assert [*found] == [*SWEPT] and found["covariance"].shape == (1, 2, 2)
    steps = Fairness(FAST, 5).with_strengths(steps=1)
    assert tuple(found["steps"][0, 0]) == validated(steps, REMEDIES["none"](steps))
    again = Fairness(replace(FAST, strengths=replace(FAST.strengths, steps=60)), 5)
    strong = again.with_strengths(covariance=20.0)
    assert tuple(found["covariance"][0, 1]) == validated(
        strong, REMEDIES["covariance penalty"](strong)
    )


def test_the_strengths_of_the_lab_are_from_the_grids():
    for entry in fields(Grids):
        assert getattr(Strengths(), entry.name) in getattr(Grids(), entry.name), entry.name
    assert {*SWEPT.values()} < {*REMEDIES} and Settings().strengths == Strengths()
