"""The guide pads and never masks: what that does to a mean over positions."""

import numpy as np
import pytest

from minillm.ops import masked_mean
from minillm.text import pad


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


@pytest.mark.guide("G4")
@pytest.mark.errata("A67")
def test_a67_an_unmasked_mean_of_padding_is_the_padding(rng):
    table = rng.standard_normal((10, 16))  # row 0 is [PAD]
    ids, mask = pad([[3, 7], [5, 9]], length=100)
    unmasked = table[ids].mean(axis=1)
    assert cosine(unmasked[0], table[0]) > 0.99
    assert cosine(unmasked[0], unmasked[1]) > 0.99  # two texts without a word in common

    masked = masked_mean(table[ids], mask=mask).data
    np.testing.assert_allclose(masked, [table[[3, 7]].mean(0), table[[5, 9]].mean(0)], atol=1e-12)
    assert abs(cosine(masked[0], masked[1])) < 0.9


@pytest.mark.errata("A67")
def test_a67_the_guides_library_cuts_and_pads_at_the_front_and_ours_at_the_end():
    front, _ = pad([[4, 5, 6, 7, 8, 9], [4]], length=4, side="left", truncate="left")
    end, _ = pad([[4, 5, 6, 7, 8, 9], [4]], length=4)
    assert front.tolist() == [[6, 7, 8, 9], [0, 0, 0, 4]]
    assert end.tolist() == [[4, 5, 6, 7], [4, 0, 0, 0]]
