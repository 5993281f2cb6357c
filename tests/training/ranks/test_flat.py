"""What goes into the buffer comes out of it: shapes, dtypes, the loss, who used what."""

import numpy as np
import pytest

from minillm import Parameter
from minillm.training.ranks.flat import FlatBuffer


def parameters(*dtypes):
    shapes = [(2, 3), (), (4,)]
    kinds = dtypes or (np.float64,) * 3
    return [Parameter(np.zeros(s, dtype=d)) for s, d in zip(shapes, kinds, strict=True)]


def test_gradients_and_loss_come_back_as_views_of_one_buffer(rng):
    own = parameters()
    flat = FlatBuffer(own)
    gradients = [rng.standard_normal(p.shape) for p in own]
    flat.fill(np.array(1.5), gradients)
    assert flat.numbers.shape == (2 * 3 + 1 + 4 + 1 + 3,) and flat.numbers.flags.c_contiguous
    flat.numbers *= 2  # as a sum of two ranks
    loss, found = flat.read(allow_unused=False)
    assert loss.shape == () and float(loss) == 3.0
    for a, b in zip(found, gradients, strict=True):
        assert a.shape == b.shape and np.array_equal(a, 2 * b)
        assert np.shares_memory(a, flat.numbers)
    flat.fill(np.array(9.0), gradients)
    assert float(loss) == 3.0  # a step keeps it


@pytest.mark.parametrize("used", [(True, True, True), (False, True, False), (False, False, False)])
def test_what_no_rank_used_has_no_gradient(used, rng):
    own = parameters()
    flat = FlatBuffer(own)
    flat.fill(
        np.array(1.0), [np.ones(p.shape) if u else None for p, u in zip(own, used, strict=True)]
    )
    one = flat.numbers.copy()
    flat.fill(None, [None, None, None])  # a rank that had no targets
    assert not flat.numbers.any()
    flat.numbers += one
    loss, found = flat.read(allow_unused=True)
    assert float(loss) == 1.0
    assert [g is not None for g in found] == list(used)


def test_numbers_of_two_dtypes_keep_theirs():
    own = parameters(np.float32, np.float64, np.float32)
    flat = FlatBuffer(own)
    assert flat.numbers.dtype == np.float64
    flat.fill(np.float32(1), [np.ones(p.shape, p.dtype) for p in own])
    assert [g.dtype for g in flat.read(allow_unused=True)[1]] == [p.dtype for p in own]
