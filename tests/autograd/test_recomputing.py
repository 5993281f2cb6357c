"""What is computed twice gives what is computed once: values, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Parameter, Tensor, gradients_of, no_grad, once, op, recompute
from minillm.autograd.grad_mode import is_recording
from minillm.autograd.held import held_bytes
from tests.autograd.expressions import STEPS, cosines, expressions, leaves
from tests.strict import SYNCS, strict

ROWS = np.random.default_rng(3).standard_normal((4, 3))


def weights(*shapes):
    rng = np.random.default_rng(7)
    return [Parameter(rng.standard_normal(shape)) for shape in shapes]


def same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


@pytest.mark.guide("G53")
def test_nothing_inside_is_kept_and_the_gradient_is_the_same():
    (w,) = weights((3, 3))

    def block(x):
        return ops.tanh(ops.exp(ops.tanh(x @ w)) @ w)

    x = Parameter(ROWS)
    plain, again = block(x), recompute(block, x)
    np.testing.assert_array_equal(plain.data, again.data)
    held = [sum(held_bytes(y.sum(), apart_from=[w.data]).values()) for y in (plain, again)]
    assert held == [4 * 96, 96]  # x, tanh, exp, tanh; and x alone
    same(gradients_of(again.sum(), [x, w]), gradients_of(plain.sum(), [x, w]))


@given(expressions(), st.data())
def test_any_part_of_any_expression_leaves_the_gradients_to_the_bit(expression, data):
    """Some steps are a block that gives several results; others use these and what came before."""
    steps = [STEPS[name][0] for name, _, _ in expression.steps]
    start = data.draw(st.integers(0, len(steps)))
    stop = data.draw(st.integers(start, len(steps)))

    def some(made, first, last):
        made = [*made]
        for n in range(first, last):
            _, i, j = expression.steps[n]
            made.append(steps[n](made[i], made[j]))
        return made

    def answer(call):
        inputs = leaves(expression)
        made = some(inputs, 0, start)
        if stop > start:  # what enters is handed on, too
            made = call(lambda *entering: some(entering, start, stop), *made)
        made = some(made, stop, len(steps))
        y = made[-1] + made[0] + made[1] + made[2]
        return [y.data, *gradients_of((y * Tensor(cosines(y.shape))).sum(), inputs)]

    same(answer(recompute), answer(lambda f, *given: f(*given)))


def test_shares_are_added_in_the_order_that_they_have_without_it():
    """0.1 + 0.2 + 0.3 has other last digits than 0.1 + (0.2 + 0.3)."""
    w, x = weights((3,), (3,))
    factors = np.float64([0.1, 0.2, 0.3, 0.7, 1.1])

    def block(y, scale):
        return y * w + x * w * float(scale)

    def loss_of(call):
        y = x * 1.0
        for i in range(0, 5, 2):
            y = call(block, call(block, y, factors[i]), factors[i - 1])
        return (y * w + x).sum()

    same(
        gradients_of(loss_of(recompute), [w, x]),
        gradients_of(loss_of(lambda f, *given: f(*given)), [w, x]),
    )


def two_outputs(a, b):
    h = a * b
    return ops.exp(h), h + a, b


@pytest.mark.parametrize("used", [(0,), (1,), (2,), (0, 1), (2, 1, 0), (1, 1)])
def test_several_inputs_and_outputs_of_which_some_are_used(used):
    def answer(call):
        a, b = weights((4,), (4,))
        outputs = call(two_outputs, a * 1.5, b)
        assert isinstance(outputs, tuple)
        loss = sum((outputs[i] * (1.0 + i) for i in used), start=Tensor(np.zeros(4))).sum()
        return [loss.data, *gradients_of(loss, [a, b], allow_unused=True)]

    same(answer(recompute), answer(lambda f, *given: f(*given)))


def test_a_block_inside_a_block():
    w, x = weights((3, 3), (4, 3))
    runs = []

    def inner(y):
        runs.append(is_recording())
        return ops.tanh(y @ w)

    def outer(y):
        return recompute(inner, recompute(inner, y)) + y

    loss = recompute(outer, x).sum()
    assert runs == [False, False]
    found = gradients_of(loss, [w, x])
    # again for the outer block, without a tape inside; then each with one, the last first
    assert runs == [False] * 4 + [True] * 2
    same(found, gradients_of((inner(inner(x)) + x).sum(), [w, x]))


def test_what_is_drawn_is_drawn_once_also_in_blocks_inside_blocks():
    counts = []

    def draw():
        counts.append(len(counts) + 1.0)
        return counts[-1]

    w, x = weights((2,), (2,))

    def inner(y):
        return y * w * once(draw)

    def outer(y):
        return recompute(inner, y * once(draw)) + y * once(draw)

    loss = recompute(outer, x).sum()
    dw, dx = gradients_of(loss, [w, x])
    assert counts == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(dw, x.data * 1.0 * 2.0, rtol=1e-15)
    np.testing.assert_allclose(dx, w.data * 2.0 + 3.0, rtol=1e-15)
    assert once(draw) == 4.0


def test_the_grad_mode_decides_and_is_left_as_it_was():
    (w,) = weights((2,))
    runs = []

    def block(x):
        runs.append(is_recording())
        return x * w

    with no_grad():
        assert not recompute(block, w).requires_grad
    assert recompute(lambda x: x + 1.0, Tensor(np.ones(2))).requires_grad is False
    loss = recompute(block, w).sum()
    with no_grad():
        loss.backward()
    assert runs == [False, False, True]
    np.testing.assert_array_equal(w.grad, 2 * w.data)
    with pytest.raises(ZeroDivisionError):
        recompute(lambda x: 1 / 0, w)
    assert is_recording()
    assert once(lambda: "drawn anew") == "drawn anew"


def test_what_is_left_alone_inside_has_no_gradient():
    used, unused, looked_at = weights((2,), (2,), (2,))

    def block(x):
        with no_grad():
            ops.exp(x * looked_at)
        return x * used

    loss = recompute(block, used * 2.0).sum()
    found = gradients_of(loss, [used, unused, looked_at], allow_unused=True)
    np.testing.assert_allclose(found[0], 4 * used.data)
    assert found[1] is None
    assert found[2] is None


def test_a_kept_graph_is_walked_twice_and_a_freed_one_is_not():
    (w,) = weights((2,))
    loss = recompute(lambda x: ops.exp(x * w), w).sum()
    first = gradients_of(loss, [w], keep_graph=True)
    same(gradients_of(loss, [w]), first)
    with pytest.raises(RuntimeError, match="already freed"):
        gradients_of(loss, [w])


def test_a_result_between_two_blocks_has_its_gradient():
    w, x = weights((2,), (2,))
    between = recompute(lambda y: y * w, x)
    loss = recompute(lambda y: ops.exp(y * w), between).sum()
    (found,) = gradients_of(loss, [between])
    np.testing.assert_array_equal(found, loss_gradient(between.data, w.data))
    between.backward(found)  # goes on below
    np.testing.assert_array_equal(x.grad, found * w.data)


def loss_gradient(between, w):
    return np.exp(between * w) * w


def test_what_was_changed_since_is_refused():
    w, x = weights((2,), (2,))
    loss = recompute(lambda y: y * w, x).sum()
    w.data = w.data + 1.0
    with pytest.raises(RuntimeError, match="recompute: operand 1 was changed between forward"):
        loss.backward()


def test_a_block_that_does_something_else_the_second_time_is_refused():
    (w,) = weights((2,))
    runs = []

    def more(x):
        runs.append(0)
        for _ in runs:
            x = x * once(lambda: 1.0)
        return x

    with pytest.raises(RuntimeError, match="drew 1 times, and now once more") as told:
        recompute(more, w).sum().backward()
    assert told.value.__notes__ == ["in the backward pass of recompute"]

    def fewer(x):
        runs.append(0)
        return x * (once(lambda: 1.0) if len(runs) == 3 else 1.0)

    with pytest.raises(RuntimeError, match="drew 1 times, and now 0"):
        recompute(fewer, w).sum().backward()

    def larger(x):
        runs.append(0)
        return x[: len(runs) - 4]

    with pytest.raises(RuntimeError, match=r"gave \(1,\) float64, and now \(2,\) float64"):
        recompute(larger, w).sum().backward()


@pytest.mark.parametrize("answer", [3.0, (), [1.0], {"a": 1}, None])
def test_a_block_gives_tensors(answer):
    kind = type(answer).__name__
    with pytest.raises(TypeError, match=f"must give a Tensor or a tuple of them, got a {kind}"):
        recompute(lambda x: answer, weights((2,))[0])


def test_blocks_beside_each_other_both_reach_what_lies_below():
    """What lies below is older than both, and is walked when both have had their turn."""
    w, x = weights((2,), (2,))
    middle = x * w
    one = recompute(lambda y: ops.exp(y * w), middle)
    other = recompute(lambda y: ops.tanh(y), middle)
    found = gradients_of((one * other).sum(), [w, x])
    middle = x * w
    same(found, gradients_of((ops.exp(middle * w) * ops.tanh(middle)).sum(), [w, x]))


def test_one_result_that_is_given_twice_has_both_gradients():
    (x,) = weights((3,))

    def twice(y):
        y = ops.exp(y)
        return y, y

    one, other = recompute(twice, x)
    (found,) = gradients_of((one * 2.0 + other * 5.0).sum(), [x])
    np.testing.assert_allclose(found, 7.0 * np.exp(x.data), rtol=1e-14)


def test_inside_nothing_is_worked_out_that_nobody_wants():
    asked = []

    @op
    def watched(y, /):
        return y * 1.0, lambda g: (asked.append(len(g)) or g,)

    w, x = weights((2,), (2,))
    loss = recompute(lambda y: watched(x * 2.0) * y, w).sum()
    gradients_of(loss, [w], keep_graph=True)
    assert asked == []
    gradients_of(loss, [x])
    assert asked == [2]


def test_a_device_is_not_waited_for():
    w, x = (Parameter(strict.asarray(np.ones((2, 2)))) for _ in range(2))
    SYNCS.clear()
    one, other = recompute(lambda y: (ops.tanh(y @ w), y * w), x)
    gradients_of((one * other).sum(), [w, x])
    assert SYNCS == []
