"""The walk backwards: order, sharing, freeing, and every way to use it wrongly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Node, Parameter, Tensor, backpropagate, check_vjp, op

calls = []


@op
def counted(x, /):
    """The identity, which writes down each backward pass through it."""

    def vjp(g):
        calls.append(g)
        return (g,)

    return x + 0.0, vjp


def leaf(*values: float, dtype=np.float64) -> Parameter:
    return Parameter(np.array(values, dtype=dtype))


@pytest.mark.fault(57)
def test_a_diamond_60_deep_is_walked_once_per_node():
    calls.clear()
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = counted(y)
        y = y + y
    y.backward(np.ones(1))
    assert x.grad.tolist() == [2.0**60]
    assert len(calls) == 60


@pytest.mark.fault(58)
def test_a_node_waits_for_the_shares_of_all_its_children():
    x = leaf(3.0)
    y = x * 2.0
    z = y * y + ops.exp(y * 0.0) * y  # y is used at different depths
    z.sum().backward()
    assert x.grad.tolist() == [2.0 * (2.0 * 6.0 + 1.0)]


@pytest.mark.fault(56)
def test_a_chain_of_10000_ops_passes_and_can_be_dropped():
    x = leaf(1.0)
    y = x
    for _ in range(10_000):
        y = y + 1.0
    y.backward(np.ones(1))
    assert x.grad.tolist() == [1.0]
    dropped = x
    for _ in range(10_000):
        dropped = dropped + 1.0
    del dropped  # freed from the end, without recursion


NAMES = ["add", "multiply", "subtract", "matmul", "tanh", "softmax", "sum", "transpose"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.data()), max_size=8))
def test_random_expressions_have_the_gradient_of_finite_differences(steps):
    """For expressions; for every op it is in tests/ops/test_generic.py."""

    def expression(a, b, /):
        leaves = [Parameter(a), Parameter(b)]
        made = [*leaves, *leaves]
        for (name, _), (i, j) in zip(steps, places, strict=True):
            one, other = made[i], made[j]
            made.append(combine(name, one, other))
        output = made[-1] + made[-2] * 0.5

        def vjp(g):
            for x in leaves:
                x.grad = np.zeros(x.shape)
            output.backward(g, keep_graph=True)
            return tuple(x.grad for x in leaves)

        return output.data, vjp

    places = [
        (data.draw(st.integers(0, 3 + n)), data.draw(st.integers(0, 3 + n)))
        for n, (_, data) in enumerate(steps)
    ]
    rng = np.random.default_rng(0)
    check_vjp(expression, *rng.uniform(0.2, 0.9, (2, 2, 2)), rng=rng, rtol=1e-5)


def combine(name: str, one: Tensor, other: Tensor) -> Tensor:
    if name in ("add", "multiply", "subtract", "matmul"):
        return getattr(ops, name)(one, other) * 0.5
    if name == "sum":
        return one.mean(axis=0, keepdims=True) + other * 0.0
    return getattr(ops, name)(one)


@pytest.mark.fault(53)
def test_a_second_backward_pass_is_refused_by_name():
    loss = (leaf(1.0, 2.0) * 3.0).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"sum: the graph was already freed.*keep_graph=True"):
        loss.backward()


@pytest.mark.fault(53)
def test_a_half_freed_graph_gives_no_wrong_gradient():
    x = leaf(1.0, 2.0)
    trunk = x * 3.0
    other = (trunk * trunk).sum()
    trunk.sum().backward()
    with pytest.raises(RuntimeError, match="multiply: the graph was already freed"):
        other.backward()
    assert x.grad.tolist() == [3.0, 3.0]


@pytest.mark.fault(53)
def test_a_kept_graph_can_be_walked_again():
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    loss.backward(keep_graph=True)
    loss.backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_two_backward_passes_add_up_to_that_of_the_sum():
    """An exact example."""
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    (x * x).sum().backward()
    ops.exp(x).sum().backward()
    ((y * y).sum() + ops.exp(y).sum()).backward()
    assert np.allclose(x.grad, y.grad, rtol=1e-15)


@pytest.mark.fault(59)
def test_a_cycle_is_noticed():
    x = leaf(1.0)
    y = x * 2.0
    z = y * 3.0
    y.node.parents = (z.node, None)
    with pytest.raises(RuntimeError, match="multiply: the graph has a cycle"):
        z.sum().backward()


@pytest.mark.fault(54)
@pytest.mark.parametrize("change", ["assign", "+=", "-="])
def test_a_leaf_changed_between_forward_and_backward_is_an_error(change):
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    if change == "assign":
        x.data = np.array([5.0, 5.0])
    elif change == "+=":
        x.data += 1.0
    else:
        x.data -= 1.0
    with pytest.raises(RuntimeError, match="multiply: operand 0 was changed"):
        loss.backward()
    assert x.grad is None


def test_a_leaf_changed_before_it_is_used_is_no_error():
    x = leaf(1.0, 2.0)
    x.data = x.data * 10.0
    (x * x).sum().backward()
    assert x.grad.tolist() == [20.0, 40.0]


@pytest.mark.fault(50, 51)
@pytest.mark.parametrize(
    ("cotangent", "error", "message"),
    [
        (None, RuntimeError, r"backward from shape \(3,\) needs a gradient"),
        (np.ones(2), ValueError, r"gradient is \(2,\), the tensor is \(3,\)"),
        (np.ones((3, 1)), ValueError, r"gradient is \(3, 1\)"),
        (np.ones(3, dtype=np.float32), TypeError, "gradient is float32, the tensor is float64"),
        (1.0, ValueError, r"gradient is \(\)"),
        ("1", TypeError, "expected real numbers"),
    ],
)
def test_a_wrong_cotangent_is_refused(cotangent, error, message):
    x = leaf(1.0, 2.0, 3.0)
    with pytest.raises(error, match=message):
        (x * 2.0).backward(cotangent)
    assert x.grad is None


def test_a_cotangent_whose_own_gradient_would_be_lost_is_refused():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    for gradient in (w, w * 2.0):
        with pytest.raises(TypeError, match=r"gradient is a constant, .*; detach\(\) it"):
            (x * 2.0).backward(gradient)
    assert x.grad is None


def test_a_cotangent_may_be_a_tensor_or_a_list():
    x = leaf(1.0, 2.0)
    (x * 2.0).backward(Tensor(np.array([1.0, 10.0])))
    (x * 2.0).backward([100, 1000])
    assert x.grad.tolist() == [202.0, 2020.0]


@pytest.mark.fault(52)
def test_backward_with_nothing_recorded_is_refused():
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        (Tensor([1.0]) * 2.0).sum().backward()


@pytest.mark.fault(67)
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g: (g,), "bad_rule: its vjp gave 1 gradients for 2 operands"),
        (lambda g: (g, g, g), "bad_rule: its vjp gave 3 gradients for 2 operands"),
        (lambda g: (g, g[:1]), r"bad_rule: its vjp gave \(1,\) for operand 1 of shape \(2,\)"),
        (lambda g: (None, g), r"bad_rule: its vjp gave None for operand 0 of shape \(2,\)"),
        (lambda g: g, r"bad_rule: its vjp must return a tuple .* got ndarray"),
        (lambda g: np.stack([g, g]), "bad_rule: its vjp must return a tuple .* got ndarray"),
        (lambda g: [g, g], "bad_rule: its vjp must return a tuple .* got list"),
        (lambda g: None, "bad_rule: its vjp must return a tuple .* got NoneType"),
        (lambda g: (part for part in (g, g)), "bad_rule: its vjp must return a tuple .* generator"),
        (lambda g: (g, Tensor(g)), "bad_rule: its vjp gave a Tensor for operand 1, not an array"),
        (lambda g: (0.0, g), "bad_rule: its vjp gave a float for operand 0, not an array"),
        (lambda g: (g.tolist(), g), "bad_rule: its vjp gave a list for operand 0, not an array"),
    ],
)
def test_a_rule_with_a_wrong_answer_is_named(answer, message):
    @op
    def bad_rule(a, b, /):
        return a + b, answer

    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    with pytest.raises((RuntimeError, TypeError), match=message):
        bad_rule(x, y).sum().backward()
    assert x.grad is None
    assert y.grad is None


@pytest.mark.fault(66, 68)
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_inside_a_rule_leaves_no_half_written_gradient(error):
    @op
    def stopped(x, /):
        def vjp(g):
            raise error

        return x + 0.0, vjp

    x, y = leaf(1.0), leaf(1.0)
    with pytest.raises(error):
        (stopped(x) * y).sum().backward()
    assert (x.grad, y.grad) == (None, None)
    (x * y).sum().backward()
    assert x.grad.tolist() == [1.0]


def test_a_float32_leaf_beside_a_float64_one_gets_a_float32_gradient():
    single, double = leaf(1.0, 2.0, dtype=np.float32), leaf(3.0, 4.0)
    (single * double).sum().backward()
    assert (single.grad.dtype, double.grad.dtype) == (np.float32, np.float64)
    assert single.grad.tolist() == [3.0, 4.0]


def test_a_constant_operand_is_no_leaf():
    x = leaf(1.0)
    found = backpropagate((x * Tensor([2.0])).node, np.ones(1))
    assert list(found) == [x.node]


def test_a_node_is_made_after_its_parents():
    x = leaf(1.0)
    y = x * 2.0
    assert isinstance(y.node, Node)
    assert y.node.parents[0] is x.node
    assert y.node.order > x.node.order
