"""The mean over real positions: what is not real counts for nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.ops import masked_mean
from minillm.text import pad


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_it_is_the_mean_of_every_text_alone_wherever_the_padding_is(lengths, seed):
    rng = np.random.default_rng(seed)
    texts = [rng.standard_normal((n, 3)) for n in lengths]
    longest = max(lengths) + 2
    for front in (False, True):
        x, mask = (
            rng.standard_normal((len(texts), longest, 3)),
            np.zeros((len(texts), longest), bool),
        )
        for i, text in enumerate(texts):
            place = slice(longest - len(text), longest) if front else slice(0, len(text))
            x[i, place], mask[i, place] = text, True
        alone = [text.mean(axis=0) if len(text) else np.zeros(3) for text in texts]
        np.testing.assert_allclose(masked_mean(x, mask=mask).data, alone, rtol=0, atol=1e-12)


@pytest.mark.fault(17)
@pytest.mark.guide("G4")
@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e300])
def test_what_is_masked_reaches_neither_the_mean_nor_a_gradient(junk, rng):
    x, mask = rng.standard_normal((2, 3, 5)), np.array([[True, True, False], [False] * 3])
    clean = masked_mean(x, mask=mask).data
    x[~mask] = junk
    leaf = Tensor(x, requires_grad=True)
    y = masked_mean(leaf, mask=mask)
    y.backward(np.ones((2, 5)))
    np.testing.assert_array_equal(y.data, clean)
    np.testing.assert_array_equal(leaf.grad, np.broadcast_to(0.5 * mask[..., None], x.shape))


def test_padding_does_not_draw_two_texts_together(rng):
    table = rng.standard_normal((10, 16))
    ids, mask = pad([[3, 7], [5, 9]], length=100)
    first, second = masked_mean(table[ids], mask=mask).data
    np.testing.assert_allclose(first, table[[3, 7]].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(second, table[[5, 9]].mean(axis=0), atol=1e-12)


def test_more_positions_than_float16_can_count_are_counted():
    x, mask = np.ones((1, 5000, 1), dtype=np.float16), np.ones((1, 5000), dtype=bool)
    y = masked_mean(x, mask=mask).data
    assert (y.dtype, y[0, 0]) == (np.float16, pytest.approx(1.0, abs=2e-3))


@pytest.mark.parametrize("n", [20, 1000, 70_000])
def test_small_float16_numbers_are_not_rounded_away_by_their_share(n):
    """1e-3 / 1000 has one digit in float16."""
    x = np.full((n, 2), 1e-3, np.float16)
    y = masked_mean(x, mask=np.ones(n, bool))
    assert y.dtype == np.float16
    assert np.allclose(y.data, x[0], rtol=1e-3, atol=0.0)
