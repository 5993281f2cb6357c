"""The gradient checks have to fail where a gradient is wrong: each planted mistake is a test."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, check_module, check_vjp, op


def with_gradient(rule, change):
    """The rule with another backward formula: ``change`` of the right gradients."""

    def planted(*operands, **settings):
        output, vjp = rule(*operands, **settings)
        return output, lambda g: change(vjp(g), g)

    planted.__name__ = rule.__name__
    return planted


def layer_norm_without_a_mean(x, gain, bias, /):
    y, vjp = ops.layer_norm.rule(x, gain, bias)
    s = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    z = (x - x.mean(axis=-1, keepdims=True)) / s

    def planted(g):
        h = gain * g
        return ((h - z * (h * z).mean(axis=-1, keepdims=True)) / s, *vjp(g)[1:])

    return y, planted


def embedding_that_overwrites(table, /, *, ids):
    def planted(g):
        grad = np.zeros_like(table)
        grad[ids] += g
        return (grad,)

    return table[ids], planted


MATRIX = np.random.default_rng(3).standard_normal((4, 4))
VECTOR = np.random.default_rng(4).standard_normal(4)

PLANTED = {
    "softmax without a gradient": (
        with_gradient(ops.softmax.rule, lambda found, g: (0.0 * found[0],)),
        [MATRIX],
        {},
        "operand 0",
    ),
    "softmax that forgot the sum": (
        with_gradient(ops.softmax.rule, lambda found, g: (ops.softmax.rule(MATRIX)[0] * g,)),
        [MATRIX],
        {},
        "operand 0",
    ),
    "layer_norm without the mean of h": (
        layer_norm_without_a_mean,
        [MATRIX, VECTOR, VECTOR],
        {},
        "operand 0",
    ),
    "transposed": (
        with_gradient(ops.matmul.rule, lambda found, g: (found[0], found[1].T)),
        [MATRIX, MATRIX.T.copy()],
        {},
        "operand 1",
    ),
    "+= instead of a scatter": (
        embedding_that_overwrites,
        [MATRIX],
        {"ids": np.array([1, 1, 2])},
        "operand 0",
    ),
    "a factor of 1.001": (
        with_gradient(ops.exp.rule, lambda found, g: (1.001 * found[0],)),
        [MATRIX],
        {},
        "operand 0",
    ),
    "a sign": (
        with_gradient(ops.subtract.rule, lambda found, g: (found[0], -found[1])),
        [MATRIX, VECTOR],
        {},
        "operand 1",
    ),
    "too few": (
        with_gradient(ops.add.rule, lambda found, g: found[:1]),
        [MATRIX, VECTOR],
        {},
        "2 operands but 1 gradients",
    ),
    "not summed over the stretched axis": (
        with_gradient(ops.add.rule, lambda found, g: (found[0], g)),
        [MATRIX, VECTOR],
        {},
        r"gradient 1 is \(4, 4\), operand is \(4,\)",
    ),
    "none": (
        with_gradient(ops.exp.rule, lambda found, g: (None,)),
        [MATRIX],
        {},
        "gradient 0 is None",
    ),
    "not a number": (
        with_gradient(ops.exp.rule, lambda found, g: (found[0] * np.nan,)),
        [MATRIX],
        {},
        "vjp nan",
    ),
    "infinite": (
        with_gradient(ops.exp.rule, lambda found, g: (np.full_like(found[0], np.inf),)),
        [MATRIX[:1, :1]],
        {},
        "vjp -?inf",
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_rejected(mistake, rng):
    rule, operands, settings, message = PLANTED[mistake]
    with pytest.raises(AssertionError, match=message):
        check_vjp(rule, *operands, rng=rng, **settings)


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_mistake_is_rejected_whatever_the_random_directions(seed):
    """A factor of 1.001."""
    rule, operands, settings, _ = PLANTED["a factor of 1.001"]
    with pytest.raises(AssertionError):
        check_vjp(rule, *operands, rng=np.random.default_rng(seed), **settings)


def test_a_right_rule_passes_and_the_error_is_told(rng):
    error = check_vjp(ops.layer_norm.rule, MATRIX, VECTOR, VECTOR, rng=rng)
    assert 0.0 < error < 1e-7


def test_float32_is_refused_since_rounding_would_drown_the_difference(rng):
    with pytest.raises(TypeError, match="operand 1 of multiply must be float64, got float32"):
        check_vjp(ops.multiply.rule, MATRIX, VECTOR.astype(np.float32), rng=rng)


def writes_forward(x, y, /):
    y *= 2.0
    return x * y, lambda g: (g * y, 2.0 * g * x)


def writes_backward(x, y, /):
    def vjp(g):
        found = (g * y, g * x)
        y[...] = 0.0
        return found

    return x * y, vjp


def writes_into_the_gradient(x, y, /):
    def vjp(g):
        of_x = g * y
        g *= x
        return of_x, g

    return x * y, vjp


def writes_into_its_output(x, y, /):
    z = x * y

    def vjp(g):
        z[...] = g
        return z * y, z * x

    return z, vjp


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("rule", "what"),
    [
        (writes_forward, "operand 1"),
        (writes_backward, "operand 1"),
        (writes_into_the_gradient, "the gradient it was given"),
        (writes_into_its_output, "its output"),
    ],
)
@pytest.mark.parametrize("shape", [(1,), (3,), (4, 2)])
def test_a_rule_that_writes_where_others_read_is_rejected(rule, what, shape, rng):
    x, y = (np.asarray(rng.standard_normal(shape)) for _ in range(2))
    before = y.copy()
    with pytest.raises(AssertionError, match=f"{rule.__name__}: writes into {what}, which others"):
        check_vjp(rule, x, y, rng=rng)
    assert np.array_equal(y, before)


def test_an_op_is_checked_by_its_rule(rng):
    seeds = [np.random.default_rng(5) for _ in range(2)]
    by_op, by_rule = (
        check_vjp(f, MATRIX, rng=seed, axis=0)
        for f, seed in zip((ops.softmax, ops.softmax.rule), seeds, strict=True)
    )
    assert by_op == by_rule < 1e-7
    with pytest.raises(AssertionError, match="exp: operand 0"):
        check_vjp(op(PLANTED["a factor of 1.001"][0]), MATRIX, rng=rng)


@pytest.mark.parametrize("wrong", [[1.0], 1.0, Tensor([1.0]), None, Parameter(MATRIX)])
def test_an_operand_that_is_not_an_array_is_refused_in_words(wrong, rng):
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=f"operand 1 of add must be a float64 array, got a {kind}"):
        check_vjp(ops.add, MATRIX, wrong, rng=rng)


def test_a_rule_without_a_vjp_or_with_numbers_for_gradients_is_refused_in_words(rng):
    def bare(x, /):
        return 2.0 * x

    with pytest.raises(TypeError, match=r"op bare: its rule must return \(output, vjp\), got nd"):
        check_vjp(bare, MATRIX, rng=rng)
    rule = with_gradient(ops.exp.rule, lambda found, g: (1.0,))
    with pytest.raises(AssertionError, match=r"exp: gradient 0 is float, operand is \(4, 4\)"):
        check_vjp(rule, MATRIX, rng=rng)


def test_the_operands_are_left_alone(rng):
    x = MATRIX.copy()
    check_vjp(ops.gelu.rule, x, rng=rng)
    assert np.array_equal(x, MATRIX)


def test_an_answer_that_is_not_a_tuple_is_refused_though_its_rows_would_fit(rng):
    rule = with_gradient(ops.add.rule, lambda found, g: np.stack(found))
    with pytest.raises(TypeError, match="add: its vjp must return a tuple"):
        check_vjp(rule, VECTOR, VECTOR, rng=rng)
    with pytest.raises(TypeError, match="got list"):
        check_vjp(with_gradient(ops.exp.rule, lambda found, g: [*found]), VECTOR, rng=rng)


@pytest.mark.parametrize("name", ["exp", "sum", "softmax"])
def test_operands_without_elements_pass(name, rng):
    assert check_vjp(getattr(ops, name).rule, np.ones((0, 3)), rng=rng) == 0.0


class TwoLayers:
    """The least that has named parameters."""

    def __init__(self, dtype=np.float64):
        rng = np.random.default_rng(1)
        self.first = Parameter(rng.standard_normal((3, 3)).astype(dtype))
        self.second = Parameter(rng.standard_normal(3).astype(dtype))

    def named_parameters(self):
        return [("first", self.first), ("second", self.second)]


def test_check_module_passes_a_right_module_and_restores_its_parameters(rng):
    module = TwoLayers()
    before = [p.data.copy() for _, p in module.named_parameters()]
    error = check_module(module, lambda: ops.tanh(module.first @ module.second), rng=rng)
    assert error < 1e-7
    after = [p.data for _, p in module.named_parameters()]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_check_module_names_the_parameter_whose_gradient_is_wrong(rng):
    planted = op(with_gradient(ops.multiply.rule, lambda found, g: (found[0], 1.001 * found[1])))
    module = TwoLayers()
    with pytest.raises(AssertionError, match="second: vjp"):
        check_module(module, lambda: planted(module.first, module.second), rng=rng)


def test_check_module_is_not_deceived_by_a_sum_that_cannot_change(rng):
    planted = op(with_gradient(ops.softmax.rule, lambda found, g: (0.0 * found[0],)))
    module = TwoLayers()
    with pytest.raises(AssertionError, match="first: vjp"):
        check_module(module, lambda: planted(module.first) * module.second, rng=rng)


def test_check_module_refuses_float32_by_name(rng):
    module = TwoLayers(np.float32)
    with pytest.raises(TypeError, match="first must be float64, got float32"):
        check_module(module, lambda: Tensor(1.0), rng=rng)


def test_check_module_restores_what_it_changed_if_the_module_fails(rng):
    module = TwoLayers()
    before = module.first.data
    calls = []

    def forward():
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError
        return module.first @ module.second

    with pytest.raises(ZeroDivisionError):
        check_module(module, forward, rng=rng)
    assert module.first.data is before


def test_check_module_leaves_out_what_is_frozen(rng):
    module = TwoLayers()
    module.first.requires_grad = False
    assert check_module(module, lambda: ops.tanh(module.first @ module.second), rng=rng) < 1e-7
    planted = op(with_gradient(ops.multiply.rule, lambda found, g: (found[0], 1.001 * found[1])))
    with pytest.raises(AssertionError, match="second: vjp"):
        check_module(module, lambda: planted(module.first, module.second), rng=rng)


@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0])
def test_check_module_notices_a_wrong_slope_of_1e_10(factor, rng):
    planted = op(with_gradient(ops.multiply.rule, lambda found, g: (found[0], factor * found[1])))
    module = TwoLayers()
    with pytest.raises(AssertionError, match="second: vjp"):
        check_module(module, lambda: planted(module.first * 1e-10, module.second), rng=rng)
