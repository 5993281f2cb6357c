import numpy as np
import pytest

from minillm.models.decoding import aligned

T, F = True, False
IDS = np.array([[7, 8, 9], [7, 0, 0]])
MASK = np.array([[T, T, T], [T, F, F]])


def test_the_ends_of_prompts_stand_below_each_other():
    for given in (([[7, 8, 9], [7]],), (IDS, MASK), ([np.array([7, 8, 9]), (7,)],)):
        ids, mask = aligned(*given)
        np.testing.assert_array_equal(ids, [[7, 8, 9], [0, 0, 7]])
        np.testing.assert_array_equal(mask, [[T, T, T], [F, F, T]])
    np.testing.assert_array_equal(aligned(ids, mask)[0], ids)


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (MASK[:1], ValueError, r"prompts \(2, 3\) and mask \(1, 3\) must both be \(B, T\)"),
        (MASK * 1, TypeError, "mask must be boolean, True = a token, got int64"),
        (np.array([[T, F, T], [T, F, F]]), ValueError, "prompt 0 has padding between its tokens"),
        (MASK & [[T], [F]], ValueError, "prompt 1 must be a row of at least one id"),
    ],
)
def test_wrong_masks_are_refused(mask, error, message):
    with pytest.raises(error, match=message):
        aligned(IDS, mask)
