"""Pairs that prefer nothing and references that compare nothing are refused."""

import copy

import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style
from minillm.training.preferences import check_pairs, check_reference
from tests.models.small_gpt import SIZES, small_gpt


@pytest.mark.parametrize("same", [("Yes", "Yes"), ([3, 4], np.array([3, 4]))])
def test_equal_responses_are_refused(same):
    with pytest.raises(ValueError, match="pair 1: chosen and rejected are the same response"):
        check_pairs(["No", same[0]], ["Yes", same[1]])


def test_empty_and_missing_responses_are_refused():
    with pytest.raises(ValueError, match="pair 0: the rejected response is empty"):
        check_pairs(["No"], [""])
    with pytest.raises(ValueError, match="2 chosen and 1 rejected responses"):
        check_pairs(["No", "Yes"], ["Never"])
    with pytest.raises(ValueError, match="0 chosen and 0 rejected"):
        check_pairs([], [])


def test_different_responses_pass():
    check_pairs(["No", [3, 4]], ["Yes", [3, 4, 5]])


def test_a_reference_of_another_vocabulary_is_refused():
    other = Gpt(gpt2_style(14, **SIZES), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="the reference has 14 tokens and the policy 13"):
        check_reference(small_gpt(), other)


def test_a_reference_that_learns_with_the_policy_is_refused():
    model = small_gpt()
    with pytest.raises(ValueError, match=r"shares tokens\.weight with the policy"):
        check_reference(model, model)
    check_reference(model, copy.deepcopy(model))
    check_reference(model, small_gpt(seed=1))
