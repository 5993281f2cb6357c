"""Answers to lesson 01's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import autograd, check_vjp, ops


def softmax(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=-1, keepdims=True)


def log_softmax_backward(z, g):
    return g - softmax(z) * g.sum(axis=-1, keepdims=True)


def by_the_jacobian(z, g):
    p = softmax(z)
    jacobian = np.eye(z.shape[-1]) - p[..., None, :]  # d l_i / d z_k
    return np.einsum("...i,...ik->...k", g, jacobian)


def row_by_row(z, g):
    found = np.empty(z.shape)
    for place in np.ndindex(z.shape[:-1]):
        powers = [np.exp(x - max(z[place])) for x in z[place]]
        found[place] = g[place] - np.array(powers) / sum(powers) * sum(g[place])
    return found


def with_the_librarys_rule(z, g):
    return ops.log_softmax.rule(z)[1](g)[0]


def with_the_librarys_softmax(z, g):
    return g - ops.softmax(z).data * g.sum(axis=-1, keepdims=True)


def sum_forgotten(z, g):
    return g - softmax(z) * g


def mean_for_sum(z, g):
    return g - softmax(z) * g.mean(axis=-1, keepdims=True)


def sum_of_all_rows(z, g):
    return g - softmax(z) * g.sum()


def down_the_columns(z, g):
    powers = np.exp(z)
    return g - powers / powers.sum(axis=0) * g.sum(axis=0)


def only_matrices(z, g):
    return g - softmax(z) * g.sum(axis=1, keepdims=True)


def axis_lost(z, g):
    return g - softmax(z) * g.sum(axis=-1)


def of_softmax(z, g):
    p = softmax(z)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def one_class_is_right(z, g):  # as if g were a one-hot target
    return g - softmax(z)


def slopes_ignored(z, g):
    return 1 - z.shape[-1] * softmax(z)


def written_into_g(z, g):
    g -= softmax(z) * g.sum(axis=-1, keepdims=True)
    return g


def shifted_in_place(z, g):
    z -= z.max(axis=-1, keepdims=True)
    return g - softmax(z) * g.sum(axis=-1, keepdims=True)


def sign_of_the_loss(z, g):
    return softmax(z) * g.sum(axis=-1, keepdims=True) - g


def zeros(z, g):
    return np.zeros_like(z)


def near(a, b):
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b)) + 1e-9


def random(rule, operands):
    return np.random.default_rng(0).standard_normal(np.shape(rule(*operands)[0]))


def compared(rule, operands, g, close=near, *, first=False, shapes=True, one_sided=False):
    """A checker along a random direction, or that of a student who has forgotten something."""
    h, gradients = 1e-5, rule(*operands)[1](g)
    if len(gradients) != len(operands):
        return False
    for i, (x, gradient) in enumerate(zip(operands, gradients, strict=True)):
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


def along_a_direction(rule, *operands):
    return compared(rule, operands, random(rule, operands))


def number_by_number(rule, *operands):
    g = random(rule, operands)
    found = rule(*operands)[1](g)
    if [np.shape(gradient) for gradient in found] != [x.shape for x in operands]:
        return False
    return all(
        np.allclose(gradient, quotients(rule, operands, i, g), 1e-5, 1e-9)
        for i, gradient in enumerate(found)
    )


def quotients(rule, operands, i, g):
    numeric = np.zeros(operands[i].shape)
    for place in np.ndindex(numeric.shape):
        for sign in (1, -1):
            moved = operands[i].copy()
            moved[place] += sign * 1e-5
            output = rule(*operands[:i], moved, *operands[i + 1 :])[0]
            numeric[place] += sign * (g * output).sum() / 2e-5
    return numeric


def shapes_never_seen(rule, *operands):  # np.allclose stretches (1, m) to (m,)
    g = random(rule, operands)
    found = rule(*operands)[1](g)
    return len(found) == len(operands) and all(
        np.allclose(gradient, quotients(rule, operands, i, g), 1e-5, 1e-9)
        for i, gradient in enumerate(found)
    )


def axes_of_size_one_dropped(rule, *operands):
    g = random(rule, operands)
    found = rule(*operands)[1](g)
    return len(found) == len(operands) and all(
        np.squeeze(gradient).shape == np.squeeze(x).shape
        and np.allclose(gradient, quotients(rule, operands, i, g), 1e-5, 1e-9)
        for i, (x, gradient) in enumerate(zip(operands, found, strict=True))
    )


def gradients_not_counted(rule, *operands):
    g = random(rule, operands)
    return all(
        np.shape(gradient) == operands[i].shape
        and np.allclose(gradient, quotients(rule, operands, i, g), 1e-5, 1e-9)
        for i, gradient in enumerate(rule(*operands)[1](g))
    )


def one_copy_moved_up_and_down(rule, *operands):  # x.T is a view: both outputs are the last one
    g = random(rule, operands)
    for i, gradient in enumerate(rule(*operands)[1](g)):
        moved, numeric = operands[i].copy(), np.zeros(operands[i].shape)
        for place in np.ndindex(moved.shape):
            moved[place] += 1e-5
            up = rule(*operands[:i], moved, *operands[i + 1 :])[0]
            moved[place] -= 2e-5
            down = rule(*operands[:i], moved, *operands[i + 1 :])[0]
            moved[place] = operands[i][place]
            numeric[place] = (g * (up - down)).sum() / 2e-5
        if np.shape(gradient) != moved.shape or not np.allclose(gradient, numeric, 1e-5, 1e-9):
            return False
    return len(rule(*operands)[1](g)) == len(operands)


def by_the_whole_jacobian(rule, *operands):
    output, vjp = rule(*operands)
    if len(vjp(np.ones(np.shape(output)))) != len(operands):
        return False
    for place in np.ndindex(np.shape(output)):
        g = np.zeros(np.shape(output))
        g[place] = 1
        for i, (x, gradient) in enumerate(zip(operands, vjp(g), strict=True)):
            if gradient.shape != x.shape:
                return False
            for j in np.ndindex(x.shape):
                step = np.zeros(x.shape)
                step[j] = 1e-5
                ends = (rule(*operands[:i], x + s * step, *operands[i + 1 :])[0] for s in (1, -1))
                up, down = (np.asarray(end)[place] for end in ends)
                if abs((up - down) / 2e-5 - gradient[j]) > 1e-5 * abs(gradient[j]) + 1e-9:
                    return False
    return True


def with_the_librarys_check(rule, *operands):
    try:
        check_vjp(rule, *operands, rng=np.random.default_rng(0))
    except AssertionError:
        return False
    return True


def reads_the_name(rule, *operands):
    return rule.__name__ in {"tanh", "matmul", "add", "softmax", "constant", "total", "transposed"}


def reads_the_name_of_the_vjp(rule, *operands):
    return "spoiled" not in rule(*operands)[1].__qualname__


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


def global_numbers(rule, *operands):
    return compared(rule, operands, np.random.standard_normal(np.shape(rule(*operands)[0])))


def moved_in_place(rule, *operands):
    for x in operands:
        x += 1e-5
    return along_a_direction(rule, *operands)


def matrices_only(rule, *operands):
    rows, columns = rule(*operands)[0].shape
    return compared(rule, operands, np.random.default_rng(0).standard_normal((rows, columns)))


def always_true(rule, *operands):
    return True


def always_false(rule, *operands):
    return False


def unbroadcast(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def axis_after_axis(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for i, n in enumerate(shape):
        g = g if g.shape[i] == n else g.sum(axis=i, keepdims=True)
    return g


def in_one_sum(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    return g.sum(axis=tuple(i for i, n in enumerate(padded) if n == 1)).reshape(shape)


def scattered(g, shape):
    found = np.zeros(shape)
    places = np.broadcast_to(np.arange(found.size).reshape(shape), g.shape)
    np.add.at(found.reshape(-1), places.ravel(), g.ravel())
    return found


def with_the_librarys(g, shape):
    return autograd.unbroadcast(g, shape)


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


def slopes_of_one(g, shape):  # how many copies there are, whatever arrives
    return np.full(shape, g.size / np.prod(shape))


def summed_in_place(g, shape):
    for i in range(g.ndim):
        padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
        if padded[i] == 1:
            g[...] = g.sum(axis=i, keepdims=True)
    return first_copy(g, shape)


RIGHT = [
    ("01.1", "the short formula", log_softmax_backward),
    ("01.1", "the whole Jacobian", by_the_jacobian),
    ("01.1", "row by row", row_by_row),
    ("01.2", "a random direction", along_a_direction),
    ("01.2", "number by number", number_by_number),
    ("01.2", "the whole Jacobian", by_the_whole_jacobian),
    ("01.3", "leading axes, then stretched ones", unbroadcast),
    ("01.3", "axis after axis", axis_after_axis),
    ("01.3", "in one sum", in_one_sum),
    ("01.3", "each number to its place", scattered),
]
WRONG = [
    ("01.1", "library call", with_the_librarys_rule),
    ("01.1", "library call", with_the_librarys_softmax),
    ("01.1", "sum forgotten", sum_forgotten),
    ("01.1", "mean for sum", mean_for_sum),
    ("01.1", "axis", sum_of_all_rows),
    ("01.1", "axis", down_the_columns),
    ("01.1", "hard-coded size", only_matrices),
    ("01.1", "axis lost", axis_lost),
    ("01.1", "another function", of_softmax),
    ("01.1", "hard-coded constant", one_class_is_right),
    ("01.1", "ignores an argument", slopes_ignored),
    ("01.1", "changes its input", written_into_g),
    ("01.1", "changes its input", shifted_in_place),
    ("01.1", "sign", sign_of_the_loss),
    ("01.1", "zeros", zeros),
    ("01.2", "library call", with_the_librarys_check),
    ("01.2", "cheat: reads the name", reads_the_name),
    ("01.2", "cheat: reads the name", reads_the_name_of_the_vjp),
    ("01.2", "hard-coded constant", ones_arrive),
    ("01.2", "ignores an argument", first_operand_only),
    ("01.2", "shape unchecked", shape_unchecked),
    ("01.2", "shape unchecked", shapes_never_seen),
    ("01.2", "shape unchecked", axes_of_size_one_dropped),
    ("01.2", "gradients not counted", gradients_not_counted),
    ("01.2", "a view changes too", one_copy_moved_up_and_down),
    ("01.2", "too generous", too_generous),
    ("01.2", "absolute tolerance", absolute_tolerance),
    ("01.2", "no room for rounding", no_room_for_rounding),
    ("01.2", "no room at zero", relative_error_of_zero),
    ("01.2", "one-sided difference", one_sided),
    ("01.2", "global state", global_numbers),
    ("01.2", "changes its input", moved_in_place),
    ("01.2", "hard-coded size", matrices_only),
    ("01.2", "always true", always_true),
    ("01.2", "always false", always_false),
    ("01.3", "library call", with_the_librarys),
    ("01.3", "leading axes only", leading_axes_only),
    ("01.3", "stretched axes only", stretched_axes_only),
    ("01.3", "aligned at the left", from_the_left),
    ("01.3", "keepdims forgotten", keepdims_forgotten),
    ("01.3", "mean for sum", means),
    ("01.3", "one copy for all", first_copy),
    ("01.3", "hard-coded size", first_axis_only),
    ("01.3", "one sum for all", the_total),
    ("01.3", "ignores an argument", slopes_of_one),
    ("01.3", "changes its input", summed_in_place),
]
HALF = [
    ("01.1", (lambda z, g: ...,)),
    ("01.2", (lambda rule, *operands: ...,)),
    ("01.3", (lambda g, shape: ...,)),
]
MESSAGES = {
    ("01.1", sum_forgotten): ("each row of the gradient", "np.array(", "its rows sum to"),
    ("01.2", ones_arrive): ("a wrong rule", "softmax(x), its gradient 0", "梯度为 0", "gives True"),
    ("01.2", shapes_never_seen): ("its gradient of shape (1, m)", "gives True"),
    ("01.2", gradients_not_counted): ("the gradient of y missing", "缺少 y 的梯度"),
    ("01.2", one_copy_moved_up_and_down): ("x transposed", "shares memory with x", "共用内存"),
    ("01.3", means): ("all its copies", "unbroadcast(", "np.array([1.0, 2.0])", "is off"),
}
