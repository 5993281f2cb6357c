"""What neighbours say is added, and nothing comes from beyond a sentence."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import Neighbours
from minillm.ops import gelu
from tests.nn.checks import check_layer, scrambled

MASK = np.array([[True] * 5, [True] * 3 + [False] * 2])


@pytest.mark.parametrize("radius", [1, 2, 6])
def test_it_is_the_sum_over_the_window_word_by_word(radius, rng):
    layer, x = scrambled(Neighbours(3, radius, rng=rng), rng), rng.standard_normal((2, 5, 3))
    w, b = layer.mix.weight.data, layer.mix.bias.data
    expected = x.copy()
    for i, t in np.ndindex(2, 5):
        total = b.copy()
        for k in range(-radius, radius + 1):
            if 0 <= t + k < 5 and MASK[i, t + k]:
                total += w[:, (k + radius) * 3 : (k + radius + 1) * 3] @ x[i, t + k]
        expected[i, t] += gelu.rule(total)[0]
    np.testing.assert_allclose(layer(Tensor(x), MASK).data, expected, rtol=0, atol=1e-12)


def test_gradients_and_padding(rng):
    x = rng.standard_normal((2, 5, 3))
    assert check_layer(Neighbours(3, 2, rng=rng), x, rng, mask=MASK) < 1e-6
    layer = scrambled(Neighbours(3, 2, rng=rng), rng)
    changed = np.where(MASK[:, :, None], x, 7.0)
    a, b = (layer(Tensor(one), MASK).data[MASK] for one in (x, changed))
    np.testing.assert_array_equal(a, b)


def test_float32_stays_and_sizes_are_checked(rng):
    x = np.ones((1, 2, 3), dtype=np.float32)
    assert Neighbours(3, 1, rng=rng)(Tensor(x), MASK[:1, :2]).dtype == np.float32
    for sizes in ((0, 1), (3, 0)):
        with pytest.raises(ValueError, match="sizes must be at least 1"):
            Neighbours(*sizes, rng=rng)
