"""Which arrays wait for the backward pass."""

import functools

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, op
from minillm.autograd.held import held_bytes


def names(held):
    return [(node.name, size) for node, size in held.items() if node.vjp]


@pytest.mark.guide("G53")
def test_a_product_holds_both_operands_and_a_sum_none():
    a, b = Parameter(np.ones((3, 4))), Parameter(np.ones((4, 5)))
    assert names(held_bytes((a @ b).sum())) == [("matmul", 8 * (12 + 20)), ("sum", 0)]
    assert names(held_bytes((a @ b).sum(), apart_from=[b.data]))[0] == ("matmul", 8 * 12)


def test_an_array_that_two_ops_hold_counts_once_and_a_view_as_the_whole():
    x = Parameter(np.ones((2, 6)))
    y = ops.exp(x)
    held = dict(names(held_bytes((y * y[:, :1]).sum())))
    assert (held["exp"], held["multiply"]) == (96, 0)
    part = Tensor(np.ones((10, 10))[:, :2])
    z = Parameter(np.ones((10, 2))) * part
    assert sum(held_bytes(z.sum(), apart_from=[]).values()) == 800 + 160


def test_arrays_are_found_behind_functions_containers_and_partials():
    big = {n: np.ones(n) for n in (3, 5, 7, 11, 13)}

    @op
    def odd(x, /):
        def inner(g, extra=big[3]):
            return g * extra.sum()

        kept = [big[5], (big[7], {"a": big[11]})]
        later = functools.partial(lambda g, y: inner(g) * len(kept) * y.sum(), y=big[13])
        return x * 1.0, lambda g: (later(g),)

    held = held_bytes(odd(Parameter(np.ones(2))).sum())
    assert sum(held.values()) == 8 * sum(big)


def test_nothing_recorded_is_an_error_and_so_is_a_freed_graph():
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        held_bytes(Tensor(np.ones(2)).sum())
    y = ops.exp(Parameter(np.ones(2))).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="already freed"):
        held_bytes(y)
