"""Answers to lesson 01's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import check_vjp, ops
from minillm.autograd import unbroadcast


def log_softmax_backward(z, g):
    return g - ops.softmax(z).data * g.sum(axis=-1, keepdims=True)


def sum_forgotten(z, g):
    return g - ops.softmax(z).data * g


def mean_for_sum(z, g):
    return g - ops.softmax(z).data * g.mean(axis=-1, keepdims=True)


def sum_of_all_rows(z, g):
    return g - ops.softmax(z).data * g.sum()


def down_the_columns(z, g):
    return g - ops.softmax(z, axis=0).data * g.sum(axis=0, keepdims=True)


def only_matrices(z, g):
    return g - ops.softmax(z).data * g.sum(axis=1, keepdims=True)


def axis_lost(z, g):
    return g - ops.softmax(z).data * g.sum(axis=-1)


def of_softmax(z, g):
    return ops.softmax.rule(z)[1](g)[0]


def zeros(z, g):
    return np.zeros_like(z)


def is_right(rule, *operands):
    try:
        check_vjp(rule, *operands, rng=np.random.default_rng(0))
    except AssertionError:
        return False
    return True


def near(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b)) + 1e-9


def random(rule, operands):
    return np.random.default_rng(0).standard_normal(np.shape(rule(*operands)[0]))


def compared(rule, operands, g, close=near, *, first=False, shapes=True, one_sided=False):
    """The checker of a student who has forgotten something."""
    h = 1e-5
    for i, (x, gradient) in enumerate(zip(operands, rule(*operands)[1](g), strict=True)):
        if shapes and gradient.shape != x.shape:
            return False
        u = np.random.default_rng(1).standard_normal(x.shape)

        def value(t, i=i, x=x, u=u):
            return (g * rule(*operands[:i], x + t * u, *operands[i + 1 :])[0]).sum()

        numeric = (value(h) - value(0)) / h if one_sided else (value(h) - value(-h)) / (2 * h)
        if not close(numeric, (gradient * u).sum()):
            return False
        if first:
            break
    return True


def ones_arrive(rule, *operands):
    return compared(rule, operands, np.ones(np.shape(rule(*operands)[0])))


def first_operand_only(rule, *operands):
    return compared(rule, operands, random(rule, operands), first=True)


def shape_unchecked(rule, *operands):  # NumPy stretches the direction to the wrong shape
    return compared(rule, operands, random(rule, operands), shapes=False)


def too_generous(rule, *operands):
    return compared(rule, operands, random(rule, operands), lambda a, b: abs(a - b) < 0.01)


def absolute_tolerance(rule, *operands):
    return compared(rule, operands, random(rule, operands), lambda a, b: abs(a - b) < 1e-6)


def no_room_for_rounding(rule, *operands):
    return compared(rule, operands, random(rule, operands), lambda a, b: a == b)


def relative_error_of_zero(rule, *operands):
    def close(a, b):
        return abs(a - b) <= 1e-6 * max(abs(a), abs(b))

    return compared(rule, operands, random(rule, operands), close)


def one_sided(rule, *operands):
    return compared(rule, operands, random(rule, operands), one_sided=True)


def always_true(rule, *operands):
    return True


def always_false(rule, *operands):
    return False


def leading_axes_only(g, shape):
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


def stretched_axes_only(g, shape):
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def from_the_left(g, shape):
    for i, n in enumerate(shape):
        if g.shape[i] != n:
            g = g.sum(axis=i, keepdims=True)
    return g.reshape(shape)


def keepdims_forgotten(g, shape):
    g = leading_axes_only(g, shape)
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


def means(g, shape):
    g = g.mean(axis=tuple(range(g.ndim - len(shape))))
    return g.mean(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def first_copy(g, shape):
    for _ in range(g.ndim - len(shape)):
        g = g[0]
    return g[tuple(slice(0, n) for n in shape)]


def first_axis_only(g, shape):
    return g.sum(axis=0) if g.ndim > len(shape) else g


def the_total(g, shape):
    return np.full(shape, g.sum())


RIGHT = {"01.1": (log_softmax_backward,), "01.2": (is_right,), "01.3": (unbroadcast,)}
WRONG = [
    *(("01.1", (f,)) for f in (sum_forgotten, mean_for_sum, sum_of_all_rows, down_the_columns)),
    *(("01.1", (f,)) for f in (only_matrices, axis_lost, of_softmax, zeros)),
    *(("01.2", (f,)) for f in (ones_arrive, first_operand_only, too_generous)),
    *(("01.2", (f,)) for f in (absolute_tolerance, no_room_for_rounding, relative_error_of_zero)),
    *(("01.2", (f,)) for f in (one_sided, shape_unchecked, always_true, always_false)),
    *(("01.3", (f,)) for f in (leading_axes_only, stretched_axes_only, from_the_left)),
    *(("01.3", (f,)) for f in (keepdims_forgotten, means, first_copy)),
    *(("01.3", (f,)) for f in (first_axis_only, the_total)),
]
HALF = [
    ("01.1", (lambda z, g: ...,)),
    ("01.2", (lambda rule, *operands: ...,)),
    ("01.3", (lambda g, shape: ...,)),
]
MESSAGES = {
    ("01.1", sum_forgotten): ("each row of the gradient", "shape = (2,)", "its rows sum to"),
    ("01.2", ones_arrive): ("a wrong rule", "softmax(x), gradient 0", "is_right gives True"),
    ("01.3", means): ("all its copies", "shapes = (", "is off"),
}
