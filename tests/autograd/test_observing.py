"""Observers see every op of their thread, and change nothing."""

import threading

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor
from minillm.autograd.observing import observed


def recorder(seen, name=""):
    def observer(op, arrays, settings, run):
        seen.append(name + op.__name__)
        output, vjp = run()

        def told(g):
            seen.append(f"{name}back in {op.__name__}")
            return vjp(g)

        return output, told

    return observer


def test_ops_and_their_gradients_are_seen_in_order_and_their_numbers_stay():
    x, seen = Parameter(np.array([0.5, -1.0])), []
    with observed(recorder(seen)):
        y = ops.exp(x).sum()
    y.backward()
    assert seen == ["exp", "sum", "back in sum", "back in exp"]
    np.testing.assert_array_equal(x.grad, np.exp(x.data))


def test_an_op_inside_a_rule_is_seen_too_and_nothing_after_the_block():
    seen = []
    with observed(recorder(seen)):
        ops.silu(Tensor(np.ones(2)))
    ops.silu(Tensor(np.ones(2)))
    assert seen == ["silu", "sigmoid"]


def test_the_inner_observer_is_the_nearer_one():
    seen = []
    with observed(recorder(seen, "outer ")), observed(recorder(seen, "inner ")):
        ops.exp(Parameter(np.ones(1))).backward()
    assert seen == ["outer exp", "inner exp", "outer back in exp", "inner back in exp"]


def test_other_threads_and_later_ops_are_not_seen_also_after_an_error():
    seen = []
    with pytest.raises(ZeroDivisionError), observed(recorder(seen)):
        other = threading.Thread(target=lambda: ops.exp(Tensor(np.ones(1))))
        other.start()
        other.join()
        raise ZeroDivisionError
    ops.exp(Tensor(np.ones(1)))
    assert seen == []


def test_an_observer_that_answers_nonsense_is_named():
    with (
        observed(lambda op, arrays, settings, run: run()[0]),
        pytest.raises(TypeError, match="exp"),
    ):
        ops.exp(Tensor(np.ones(1)))
