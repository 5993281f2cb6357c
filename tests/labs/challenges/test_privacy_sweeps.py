"""The strengths of remedies that keep what a model was trained on: how they are chosen."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.challenges.privacy_case import Privacy
from minillm.labs.challenges.privacy_remedies import REMEDIES
from minillm.labs.challenges.privacy_sweeps import (
    SETTINGS,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    rows_of,
)
from tests.labs.challenges.test_privacy import FAST

BITS = 3 * math.log2(10)


def test_loss_plus_the_share_of_all_bits_decides_and_of_equals_the_weakest():
    one = [[1.0, 5.0, 0.9], [1.0, 5.0, 0.5], [1.2, 2.0, 0.5]]
    assert best_strength(np.array([one]), 10.0) == 2
    assert best_strength(np.array([one[:2]]), 10.0) == 0
    assert best_strength(np.array([one]), 100.0) == 0
    other = [[1.0, 5.0, 0.9], [1.0, 4.0, 0.5], [1.2, 9.0, 0.5]]
    assert best_strength(np.array([one, other]), 10.0) == 1


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = SETTINGS.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)


def test_what_is_measured_is_what_the_remedies_do_with_each_strength():
    small = replace(FAST, training=replace(FAST.training, steps=8, warmup=2))
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {"early": (6, 4)})
    found = measure(Settings(case=small, grids=grids), 0)
    assert {*found} == {*SWEPT} and np.shape(found["early"]) == (2, 3)
    one = Privacy(small, 0).with_strengths(early=4)
    assert found["early"][1] == rows_of(one, REMEDIES["early stop"](one))


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(SETTINGS, seed) for seed in (100, 101)]
    for name in SWEPT:
        rows = np.array([one[name] for one in found])
        scores = (rows[..., 0] + rows[..., 1] / BITS).mean(axis=0)
        chosen = getattr(SETTINGS.grids, name).index(getattr(SETTINGS.case.strengths, name))
        assert scores[chosen] <= scores.min() + 0.1, name
