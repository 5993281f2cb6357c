"""Laws of differentiation that hold for every expression, each beside an example by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Parameter, Tensor, no_grad
from tests.autograd.expressions import (
    Expression,
    another_order,
    cosines,
    expressions,
    gradients,
    leaves,
    on_duals,
    on_tape,
)

NUMBERS = st.floats(-3.0, 3.0)
SEEDS = st.integers(0, 2**32)


def leaf(*values: float) -> Parameter:
    return Parameter(np.array(values))


def assert_close(found: list[np.ndarray], expected: list[np.ndarray], rtol: float = 1e-9):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


def collected(inputs: list[Tensor]) -> list[np.ndarray]:
    """The gradients so far, which begin anew."""
    found = [x.grad for x in inputs]
    for x in inputs:
        x.grad = None
    return found


@given(expressions(), NUMBERS, NUMBERS)
def test_the_gradient_is_linear_in_the_cotangent(expression, a, b):
    """vjp(a u + b v) = a vjp(u) + b vjp(v)."""
    inputs = leaves(expression)
    output = on_tape(expression, inputs)
    u, v = cosines(output.shape), cosines(output.shape, start=1.0)
    found = []
    for cotangent in (u, v, a * u + b * v):
        output.backward(cotangent, keep_graph=True)
        found.append(collected(inputs))
    of_u, of_v, of_both = found
    assert_close(of_both, [a * x + b * y for x, y in zip(of_u, of_v, strict=True)])


def test_twice_the_cotangent_is_twice_the_gradient_by_hand():
    """An exact example: y = x², x = 3, cotangents 1, 10 and 2 · 1 + 3 · 10."""
    x = leaf(3.0)
    y = x * x
    found = []
    for cotangent in (1.0, 10.0, 32.0):
        y.backward([cotangent], keep_graph=True)
        found += collected([x])
    assert [g.tolist() for g in found] == [[6.0], [60.0], [192.0]]


@given(expressions(), SEEDS)
def test_forward_and_backward_mode_agree(expression, seed):
    """<v, J u> by dual numbers = <vjp(v), u> by the tape."""
    rng = np.random.default_rng(seed)
    directions = [np.asarray(rng.standard_normal(x.shape)) for x in expression.values]
    dual = on_duals(expression, directions)
    inputs = leaves(expression)
    output = on_tape(expression, inputs)
    v = np.asarray(rng.standard_normal(output.shape))
    output.backward(v)
    np.testing.assert_allclose(output.data, dual.value, rtol=1e-12, atol=1e-12)
    backward = sum(float(np.sum(x.grad * u)) for x, u in zip(inputs, directions, strict=True))
    np.testing.assert_allclose(backward, np.sum(v * dual.slope), rtol=1e-9, atol=1e-9)


def test_a_chain_through_two_functions_by_hand():
    """An exact example: y = (2 x + 1)² has y' = 4 (2 x + 1)."""
    x = leaf(1.0, -2.0)
    inner = x * 2.0 + 1.0
    (inner * inner).sum().backward()
    assert x.grad.tolist() == [12.0, -12.0]


@given(expressions(), expressions())
def test_the_gradient_of_a_sum_is_the_sum_of_the_gradients(first, other):
    """f and g are two expressions of the same leaves."""
    second = Expression(first.values, other.steps)
    inputs = leaves(first)
    f, g = on_tape(first, inputs).sum(), on_tape(second, inputs).sum()
    (f + g).backward()
    of_f = gradients(first, np.ones(on_tape(first, inputs).shape))
    of_g = gradients(second, np.ones(on_tape(second, inputs).shape))
    assert_close([x.grad for x in inputs], [x + y for x, y in zip(of_f, of_g, strict=True)])


@given(expressions(), expressions())
def test_two_backward_passes_accumulate_to_one_of_the_sum(first, other):
    """Also where both share the graph of the first expression."""
    inputs = leaves(first)
    trunk = on_tape(first, inputs)
    branch = on_tape(Expression(first.values, other.steps), [trunk, *inputs[1:]])
    (trunk.sum() + branch.sum()).backward(keep_graph=True)
    at_once = collected(inputs)
    trunk.sum().backward(keep_graph=True)
    branch.sum().backward()
    assert_close([x.grad for x in inputs], at_once)


def test_two_losses_by_hand():
    """An exact example: d(x² + 3x)/dx = 2 x + 3."""
    at_once, in_turn = leaf(1.0, 5.0), leaf(1.0, 5.0)
    ((at_once * at_once).sum() + (at_once * 3.0).sum()).backward()
    (in_turn * in_turn).sum().backward()
    (in_turn * 3.0).sum().backward()
    assert at_once.grad.tolist() == in_turn.grad.tolist() == [5.0, 13.0]


@given(expressions())
def test_every_gradient_has_the_shape_of_its_leaf(expression):
    """Whatever was stretched on the way."""
    assert [g.shape for g in gradients(expression)] == [x.shape for x in expression.values]


@given(expressions())
def test_what_is_not_recorded_has_the_same_values_and_no_graph(expression):
    inputs = leaves(expression)
    recorded = on_tape(expression, inputs)
    with no_grad():
        unrecorded = on_tape(expression, inputs)
    for constant in (unrecorded, recorded.detach()):
        assert constant.node is None
        assert constant.data.tobytes() == recorded.data.tobytes()


@given(expressions(), expressions())
def test_a_detached_part_is_a_constant(first, other):
    """The gradient is that of an expression in which the number simply stands."""
    inputs, others = leaves(first), leaves(first)
    part = on_tape(first, inputs)
    second = Expression(first.values, other.steps)
    outputs = [
        on_tape(second, [inputs[0], part.detach(), inputs[2]]),
        on_tape(second, [others[0], Tensor(part.data), others[2]]),
    ]
    for output in outputs:
        output.backward(cosines(output.shape))
    assert inputs[1].grad is None
    assert [inputs[i].grad.tobytes() for i in (0, 2)] == [others[i].grad.tobytes() for i in (0, 2)]


def test_a_detached_factor_by_hand():
    """An exact example: in x · detach(x) the second x is the number 3."""
    x = leaf(3.0)
    (x * x.detach()).sum().backward()
    assert x.grad.tolist() == [3.0]


@given(expressions(), SEEDS, st.permutations([0, 1, 2]))
def test_the_order_in_which_things_were_made_does_not_matter(expression, seed, creation):
    """Of leaves, and of steps that do not need each other."""
    made = {i: Tensor(expression.values[i], requires_grad=True) for i in creation}
    inputs = [made[i] for i in range(3)]
    order = another_order(expression, np.random.default_rng(seed))
    output = on_tape(expression, inputs, order)
    output.backward(cosines(output.shape))
    assert_close([x.grad for x in inputs], gradients(expression), rtol=1e-12)


def test_two_orders_by_hand():
    """An exact example."""

    def gradient(first_square: bool) -> list[float]:
        x = leaf(2.0)
        if first_square:
            square = x * x
            triple = x * 3.0
        else:
            triple = x * 3.0
            square = x * x
        (square * triple).sum().backward()  # 3 x³
        return x.grad.tolist()

    assert gradient(True) == gradient(False) == [36.0]


def strided(x: np.ndarray) -> np.ndarray:
    wide = np.zeros([2 * n for n in x.shape])
    every_other = wide[(..., *[slice(None, None, 2)] * x.ndim)]
    every_other[...] = x
    return every_other


def backwards(x: np.ndarray) -> np.ndarray:
    turn = (..., *[slice(None, None, -1)] * x.ndim)
    return x[turn].copy()[turn]


@given(expressions(), st.sampled_from([np.asfortranarray, strided, backwards]))
def test_the_memory_layout_of_leaves_and_cotangent_does_not_matter(expression, layout):
    inputs = [Tensor(layout(x).reshape(x.shape), requires_grad=True) for x in expression.values]
    output = on_tape(expression, inputs)
    output.backward(layout(cosines(output.shape)).reshape(output.shape))
    assert_close([x.grad for x in inputs], gradients(expression), rtol=1e-12)


def test_a_transposed_leaf_by_hand():
    """An exact example: rows and columns are not exchanged."""
    x = Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]).T, requires_grad=True)
    (x * np.array([[10.0, 20.0], [30.0, 40.0]])).sum().backward()
    assert x.grad.tolist() == [[10.0, 20.0], [30.0, 40.0]]


@given(expressions())
def test_neither_pass_writes_into_what_it_was_given(expression):
    """Leaves, cotangent and output are what they were, to the last bit."""
    before = [x.tobytes() for x in expression.values]
    inputs = leaves(expression)
    output = on_tape(expression, inputs)
    cotangent = cosines(output.shape)
    kept, value = cotangent.tobytes(), output.data.tobytes()
    output.backward(cotangent)
    assert [x.data.tobytes() for x in inputs] == before
    assert (cotangent.tobytes(), output.data.tobytes()) == (kept, value)
    assert all(not np.shares_memory(x.grad, cotangent) for x in inputs)


def test_an_op_gives_a_new_tensor_by_hand():
    """An exact example, for the operators that Python would apply in place."""
    x = Tensor(np.array([1.0, -2.0]), requires_grad=True)
    data = x.data
    y = x
    y += 1.0
    y *= 2.0
    ops.relu(x)
    assert y.data.tolist() == [4.0, -2.0]
    assert x.data is data
    assert data.tolist() == [1.0, -2.0]
