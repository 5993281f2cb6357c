"""Steering: a direction that is added is there from its layer on."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.models.attribution import Reading, next_token_reading, steered_score
from tests.models.small_gpt import small_gpt

X = np.random.default_rng(0).standard_normal((2, 3, 4))


@pytest.mark.guide("G52")
@pytest.mark.parametrize(("layer", "times"), [(0, 9.0), (1, 3.0), (2, 1.0)])
def test_what_is_added_passes_through_the_layers_behind(layer, times):
    """Two layers that multiply by 3, and a score that is a sum."""
    tripled = [lambda x: x * 3.0] * 2
    reading = Reading(X, lambda x: x, tripled, lambda x: x.sum(axis=(1, 2)))
    r = np.array([1.0, 0.0, -3.0, 0.5])
    found = steered_score(reading, r, layer=layer)
    np.testing.assert_allclose(found, 9.0 * X.sum(axis=(1, 2)) + times * 3 * r.sum())
    at = np.array([[True, False, True], [False, False, False]])
    found = steered_score(reading, r, layer=layer, at=at)
    np.testing.assert_allclose(found, 9.0 * X.sum(axis=(1, 2)) + times * r.sum() * at.sum(axis=1))


def test_of_a_gpt_no_direction_changes_nothing_and_one_does():
    reading = next_token_reading(small_gpt().eval(), np.array([[2, 7, 5]]), np.array([3]))
    whole = reading.score(Tensor(reading.vectors)).data
    for layer in range(3):
        np.testing.assert_allclose(steered_score(reading, np.zeros(12), layer=layer), whole)
        moved = steered_score(reading, np.arange(12.0), layer=layer)
        assert np.abs(moved - whole).max() > 1e-3


def test_what_cannot_be_added_is_refused():
    reading = Reading(X, lambda x: x, [], lambda x: x.sum(axis=(1, 2)))
    with pytest.raises(ValueError, match="layer must be 0 to 0, got 1"):
        steered_score(reading, np.zeros(4), layer=1)
    with pytest.raises(ValueError, match=r"direction must be \(4,\), got \(3,\)"):
        steered_score(reading, np.zeros(3), layer=0)
    with pytest.raises(ValueError, match=r"at must be \(2, 3\), got \(3,\)"):
        steered_score(reading, np.zeros(4), layer=0, at=np.ones(3, dtype=bool))
