"""What the study of induction heads found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.induction_head import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

TWO, ONE, LEARNED = range(3)  # the arms


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


def certain(differences):
    """The least that the mean of all seeds is, with 95 % confidence."""
    mean, half = mean_and_interval(differences)
    return float(mean - half)


def test_the_study_says_that_two_layers_copy_and_one_does_not(found):
    copied, rest = found["nats"].transpose(2, 1, 0)  # (arms, seeds)
    assert certain(copied[ONE] - copied[TWO]) > 0.9
    assert copied[TWO].mean() < 0.3 < 1.2 < copied[ONE].mean()
    assert np.abs(rest - np.log(16)).max() < 0.35  # what nobody can know


@pytest.mark.guide("G52")
def test_the_study_says_that_five_of_six_models_have_such_a_head_and_one_copies_without(found):
    best = found["induction"][:, TWO].max(axis=1)
    assert (best > 0.6).sum() == 5 and np.argmin(best) == 3 and best[3] < 0.15
    assert found["nats"][3, TWO, 0] < 0.5  # it copies all the same
    assert found["induction"][:, ONE].max() < 0.35


@pytest.mark.guide("G52")
def test_the_study_says_that_without_the_best_two_little_is_copied_and_without_others_more(found):
    best, worst = (found[f"{name} first"][:, TWO, 2] for name in ("best", "worst"))
    assert certain(best - worst) > 0.4
    assert best.mean() > np.log(16) > 1.5 > worst.mean()
    one = found["best first"][:, TWO, 1] - found["worst first"][:, TWO, 1]
    assert certain(one) < 0.0 < one.mean()  # of one head it is not certain: others stand in


def test_the_study_says_that_with_learned_positions_none_is_found_and_all_is_copied(found):
    """Places can be remembered and counted on from: no head looks behind a same token."""
    assert found["induction"][:, LEARNED].max() < 0.15
    assert found["nats"][:, LEARNED, 0].max() < 0.4
    difference = found["best first"][:, LEARNED, 2] - found["worst first"][:, LEARNED, 2]
    assert np.abs(difference).mean() < 0.3


def test_the_study_says_that_where_nothing_comes_again_the_heads_do_harm(found):
    whole, without = found["fresh"][:, TWO].T
    assert certain(whole - without) > 0.3
