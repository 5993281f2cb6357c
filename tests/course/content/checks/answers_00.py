"""Answers to lesson 00's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import ops
from minillm.labs import mean_and_interval

T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571}


def relative_error(a, b):
    size = max(np.abs(a).max(), np.abs(b).max())
    return np.abs(a - b).max() / size if size > 0 else 0.0


def by_stacking(a, b):
    size = np.abs(np.stack([a, b])).max()
    return float(np.abs(a - b).max() / (size or 1))


def element_by_element(a, b):
    a, b = a.ravel().tolist(), b.ravel().tolist()
    size = max(map(abs, a + b))
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) / size if size else 0


def absolute(a, b):
    return np.abs(a - b).max()


def beside_the_first(a, b):
    return np.abs(a - b).max() / np.abs(a).max() if np.abs(a).max() else 0.0


def each_beside_itself(a, b):
    return np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300))


def nan_at_zero(a, b):
    return np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max())


def with_an_epsilon(a, b):
    return np.abs(a - b).max() / (max(np.abs(a).max(), np.abs(b).max()) + 1e-8)


def without_absolute_values(a, b):
    size = max(np.max(a), np.max(b))
    return np.max(a - b) / size if size else 0.0


def in_place(a, b):
    size = max(np.abs(a).max(), np.abs(b).max())
    a[...] = np.abs(a - b)
    return a.max() / size if size > 0 else 0.0


def one_axis(a, b):
    size = max(*(abs(x) for x in a), *(abs(x) for x in b))
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) / size if size else 0.0


def floats_only(a, b):
    size = max(np.finfo(a.dtype).tiny, np.abs(a).max(), np.abs(b).max())
    return np.abs(a - b).max() / size


def never_reset(a, b, seen=[0.0]):  # noqa: B006
    seen.append(relative_error(a, b))
    return max(seen)


def product_shape(a, b):
    if a[-1] != b[-2]:
        return None
    try:
        return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])
    except ValueError:
        return None


def by_trying(a, b):
    try:
        return np.matmul(np.zeros(a), np.zeros(b)).shape
    except ValueError:
        return None


def axis_by_axis(a, b):
    longest = max(len(a), len(b))
    one, other = ((1,) * (longest - len(x)) + tuple(x) for x in (a, b))
    if one[-1] != other[-2] or any(
        1 not in (i, j) and i != j for i, j in zip(one[:-2], other[:-2], strict=True)
    ):
        return None
    return (*(max(i, j) for i, j in zip(one[:-2], other[:-2], strict=True)), one[-2], other[-1])


def with_the_librarys_product(a, b):
    try:
        return ops.matmul(np.zeros(a), np.zeros(b)).shape
    except ValueError:
        return None


def matrices_only(a, b):
    return (a[-2], b[-1]) if a[-1] == b[-2] else None


def three_axes_at_most(a, b):
    return product_shape(a[-3:], b[-3:])


def unchecked(a, b):
    return (*a[:-1], b[-1])


def leading_of_the_first(a, b):
    return (*a[:-1], b[-1]) if a[-1] == b[-2] else None


def leading_must_be_equal(a, b):
    return product_shape(a, b) if a[:-2] == b[:-2] else None


def rows_and_columns_exchanged(a, b):
    found = product_shape(a, b)
    return found and (*found[:-2], found[-1], found[-2])


def inner_axes_stretched(a, b):
    return product_shape((*a[:-1], b[-2]), b) if a[-1] == 1 else product_shape(a, b)


def aligned_at_the_left(a, b):
    try:
        leading = np.broadcast_shapes(a[-3::-1], b[-3::-1])[::-1]
    except ValueError:
        return None
    return (*leading, a[-2], b[-1]) if a[-1] == b[-2] else None


def a_list(a, b):
    found = product_shape(a, b)
    return None if found is None else list(found)


def decided(d, half):
    return "open" if abs(np.mean(d)) <= half else "first" if np.mean(d) > 0 else "second"


def better(first, second, t):
    d = np.array(first) - np.array(second)
    return decided(d, t * d.std(ddof=1) / len(d) ** 0.5)


def the_end_belongs_to_the_first(first, second, t):
    d = np.array(first) - np.array(second)
    mean, half = d.mean(), t * d.std(ddof=1) / len(d) ** 0.5
    return "first" if mean >= half else "second" if mean <= -half else "open"


def the_end_belongs_to_the_second(first, second, t):
    d = np.array(first) - np.array(second)
    mean, half = d.mean(), t * d.std(ddof=1) / len(d) ** 0.5
    return "second" if mean <= -half else "first" if mean >= half else "open"


def by_sums(first, second, t):
    d = [x - y for x, y in zip(first, second, strict=True)]
    n, mean = len(d), sum(d) / len(d)
    half = t * (sum((x - mean) ** 2 for x in d) / (n * (n - 1))) ** 0.5
    return "first" if mean > half else "second" if mean < -half else "open"


def by_the_ends(first, second, t):
    d = np.subtract(first, second)
    half = t * np.sqrt(d.var(ddof=1) / d.size)
    low, high = d.mean() - half, d.mean() + half
    return {(1.0, 1.0): "first", (-1.0, -1.0): "second"}.get((np.sign(low), np.sign(high)), "open")


def by_the_mean(first, second, t):
    return "first" if np.mean(first) > np.mean(second) else "second"


def population_spread(first, second, t):
    d = np.array(first) - np.array(second)
    return decided(d, t * d.std() / len(d) ** 0.5)


def no_root(first, second, t):
    d = np.array(first) - np.array(second)
    return decided(d, t * d.std(ddof=1))


def not_paired(first, second, t):
    spread = np.var(first, ddof=1) + np.var(second, ddof=1)
    d = np.array(first) - np.array(second)
    return decided(d, t * np.sqrt(spread / len(first)))


def t_of_four(first, second, t):
    return better(first, second, 3.182)


def t_is_two(first, second, t):
    return better(first, second, 2)


def t_from_a_table(first, second, t):
    return better(first, second, T_95[len(first)])


def four_seeds(first, second, t):
    d = np.array(first) - np.array(second)
    return decided(d, t * d.std(ddof=1) / 2)


def lists_changed(first, second, t):
    for i, x in enumerate(second):
        first[i] -= x
    return decided(first, t * np.std(first, ddof=1) / len(first) ** 0.5)


def with_the_librarys_interval(first, second, t):
    d = np.array(first) - np.array(second)
    _, half = mean_and_interval(d)
    return decided(d, half * t / T_95[len(d)])


def lower_is_better(first, second, t):
    return better(second, first, t)


RIGHT = [
    ("00.1", "the definition", relative_error),
    ("00.1", "both arrays stacked", by_stacking),
    ("00.1", "without NumPy", element_by_element),
    ("00.2", "NumPy broadcasts the leading axes", product_shape),
    ("00.2", "by multiplying zeros", by_trying),
    ("00.2", "axis by axis", axis_by_axis),
    ("00.3", "mean against half the width", better),
    ("00.3", "without NumPy", by_sums),
    ("00.3", "by the signs of both ends", by_the_ends),
]
WRONG = [
    ("00.1", "not relative", absolute),
    ("00.1", "ignores an argument", beside_the_first),
    ("00.1", "each number beside itself", each_beside_itself),
    ("00.1", "nothing at zero", nan_at_zero),
    ("00.1", "hard-coded constant", with_an_epsilon),
    ("00.1", "signs kept", without_absolute_values),
    ("00.1", "changes its input", in_place),
    ("00.1", "hard-coded size", one_axis),
    ("00.1", "one dtype only", floats_only),
    ("00.1", "depends on calls", never_reset),
    ("00.2", "library call", with_the_librarys_product),
    ("00.2", "hard-coded size", matrices_only),
    ("00.2", "hard-coded size", three_axes_at_most),
    ("00.2", "nothing refused", unchecked),
    ("00.2", "ignores an argument", leading_of_the_first),
    ("00.2", "nothing stretched", leading_must_be_equal),
    ("00.2", "transposed", rows_and_columns_exchanged),
    ("00.2", "inner axes stretched", inner_axes_stretched),
    ("00.2", "aligned at the left", aligned_at_the_left),
    ("00.2", "a list for a tuple", a_list),
    ("00.3", "ignores an argument", by_the_mean),
    ("00.3", "divided by n", population_spread),
    ("00.3", "no root", no_root),
    ("00.3", "not paired", not_paired),
    ("00.3", "hard-coded constant", t_of_four),
    ("00.3", "hard-coded constant", t_is_two),
    ("00.3", "ignores an argument", t_from_a_table),
    ("00.3", "hard-coded size", four_seeds),
    ("00.3", "changes its input", lists_changed),
    ("00.3", "an end without zero", the_end_belongs_to_the_first),
    ("00.3", "an end without zero, the other first", the_end_belongs_to_the_second),
    ("00.3", "library call", with_the_librarys_interval),
    ("00.3", "sign", lower_is_better),
]
HALF = [
    ("00.1", (lambda a, b: ...,)),
    ("00.2", (lambda a, b: ...,)),
    ("00.3", (lambda first, second, t: ...,)),
]
MESSAGES = {
    ("00.1", absolute): ("in any unit", "it gives", "得到的是"),
    ("00.2", matrices_only): ("NumPy gives", "product_shape(", "(2, 1, 1)", "(1, 1)  ·"),
    ("00.3", not_paired): ("however the seeds scatter", "it gives 'open'", "得到的是 'open'"),
    ("00.3", t_of_four): ("with the t that is given", "用给定的 t", "for the differences"),
}
