"""The study of prices: its numbers are those of the lab's remedies in each world."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.fairness import evaluate
from minillm.labs.challenges.fairness_case import Fairness
from minillm.labs.challenges.fairness_price import CHOSEN, Settings, measure
from minillm.labs.challenges.fairness_remedies import REMEDIES
from tests.labs.challenges.test_fairness import FAST

SMALL = replace(FAST, learned=400, strengths=replace(FAST.strengths, steps=60))
PRICE = Settings(case=SMALL, penalties=(0.6, 0.0), second_good=(0.5, 0.2))


@pytest.fixture(scope="module")
def found():
    """A seed of two worlds: unfair labels, and other base rates."""
    return measure(PRICE, 0)


def test_the_numbers_are_those_of_each_remedy_in_each_world(found):
    assert {name.split(":")[0] for name in found} == {*CHOSEN} <= {*REMEDIES}
    world = replace(SMALL.world, good=(0.5, 0.2))
    for place, case in enumerate(
        (
            Fairness(replace(SMALL, penalty=0.6), 0),
            Fairness(replace(SMALL, penalty=0.0, world=world), 0),
        )
    ):
        wanted = evaluate(case, REMEDIES["reweighted"](case))
        assert found["reweighted: accuracy"][place] == wanted["accuracy, merit"]
        assert found["reweighted: accuracy, told"][place] == wanted["accuracy, told"]
        for rate in ("TPR", "FPR", "selected"):
            first, second = wanted[rate]
            assert found[f"reweighted: {rate}"][place] == pytest.approx(first - second)


@pytest.mark.guide("G55")
def test_where_labels_are_fair_weights_make_selections_more_alike(found):
    assert found["none: selected"][1] > found["reweighted: selected"][1] + 0.03
    np.testing.assert_array_equal(found["none: accuracy"][1], found["none: accuracy, told"][1])


def test_as_many_penalties_as_qualities_are_needed():
    with pytest.raises(ValueError, match=r"fairness_price: penalties .* must be as many"):
        measure(replace(PRICE, penalties=(0.1,)), 0)
