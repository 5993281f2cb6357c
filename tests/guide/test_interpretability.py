"""Section 8.1.4: to lie open and to be explained are two things."""

import numpy as np
import pytest

from minillm import ops
from minillm.models.attribution import integrated_gradients, looked_at, mean_attention, occlusion

TEXT = np.array([[[np.log(9.0), 1.0], [0.0, 20.0]]])  # how a word is asked for, what it says


def score(vectors):
    """One query reads a text: weights of the first number, a mean of the second."""
    return (ops.softmax(vectors[..., 0], axis=-1) * vectors[..., 1]).sum(axis=-1)


@pytest.mark.errata("A104")
@pytest.mark.guide("G52")
def test_a104_the_weights_lie_open_and_the_word_that_decides_is_another():
    weights = ops.softmax(TEXT[..., 0], axis=-1).data
    maps = mean_attention([np.repeat(weights[:, None, None, :], 2, axis=2)])
    seen = looked_at(maps, np.ones((1, 2), bool))
    np.testing.assert_allclose(seen, [[0.9, 0.1]])
    says_nothing = np.array([[np.log(9.0), 0.0], [0.0, 0.0]])  # asked for as before
    shares = integrated_gradients(score, TEXT, says_nothing, steps=1)
    np.testing.assert_allclose(shares, [[0.9, 2.0]])  # the score is linear in what words say
    lost = occlusion(lambda ids: (ids * seen).sum(axis=1), np.array([[1, 20]]), neutral=0)
    np.testing.assert_allclose(lost, shares)
    assert seen.argmax() == 0 and shares.argmax() == 1
