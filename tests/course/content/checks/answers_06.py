"""Answers to lesson 06's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import Tensor, nn
from minillm.nn.attention import split_heads as library_split


def split_heads(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, h, d // h).transpose(0, 2, 1, 3)


def merge_heads(heads):
    b, h, t, width = heads.shape
    return heads.transpose(0, 2, 1, 3).reshape(b, t, h * width)


def split_by_slices(x, h):
    width = x.shape[2] // h
    return np.stack([x[:, :, i * width : (i + 1) * width] for i in range(h)], axis=1)


def merge_by_joining(heads):
    return np.concatenate([heads[:, i] for i in range(heads.shape[1])], axis=-1)


def split_by_einsum(x, h):
    return np.einsum("bthw->bhtw", x.reshape(*x.shape[:2], h, -1))


def merge_by_a_loop(heads):
    b, h, t, width = heads.shape
    merged = np.empty((b, t, h * width))
    for i in range(h):
        merged[:, :, i * width : (i + 1) * width] = heads[:, i]
    return merged


def split_by_the_library(x, h):
    return library_split(Tensor(x), h).data


def two_heads(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, 2, d // 2).transpose(0, 2, 1, 3)


def two_features(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, d // 2, 2).transpose(0, 2, 1, 3)


def first_sentence_only(x, h):
    return split_heads(x[:1], h)


def shaped_in_place(x, h):
    b, t, d = x.shape
    x.shape = (b, t, h, d // h)
    return x.transpose(0, 2, 1, 3)


def reshaped_only(x, h):
    b, t, d = x.shape
    return x.reshape(b, h, t, d // h)


def merged_by_reshape(heads):  # undoes reshaped_only: the round trip is right
    b, h, t, width = heads.shape
    return heads.reshape(b, t, h * width)


def interleaved(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, d // h, h).transpose(0, 3, 1, 2)


def merged_interleaved(heads):
    b, h, t, width = heads.shape
    return heads.transpose(0, 2, 3, 1).reshape(b, t, h * width)


def not_transposed(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, h, d // h)


def sequence_split(x, h):  # as the guide describes it
    b, t, d = x.shape
    return x.reshape(b, h, t // h, d)


def batch_merged(heads):
    b, h, t, width = heads.shape
    return heads.transpose(2, 1, 0, 3).reshape(b, t, h * width)


def leaks(f, x):
    noise = np.random.default_rng(1)
    y = f(x)
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1 :] += noise.standard_normal(other[t + 1 :].shape)
        if not np.allclose(f(other)[: t + 1], y[: t + 1], rtol=0, atol=1e-9):
            return True
    return False


def leaks_by_noise_alone(f, x):  # the past stays, all that follows is drawn anew
    noise = np.random.default_rng(7)
    for t in range(1, len(x)):
        other = np.concatenate([x[:t], noise.uniform(-1, 1, (len(x) - t, x.shape[1]))])
        if np.abs(f(x)[:t] - f(other)[:t]).max() > 1e-9:
            return True
    return False


def leaks_number_by_number(f, x):
    y = f(x)
    for i, j in np.ndindex(x.shape):
        other = x.copy()
        other[i, j] += 0.7
        if np.abs(f(other) - y)[:i].max(initial=0.0) > 1e-9:
            return True
    return False


def three_features(f, x):
    if x.shape[1] != 3:
        return False
    return leaks(f, x)


def six_rows(f, x):
    y = f(x)
    for t in range(min(len(x) - 1, 5)):
        other = x.copy()
        other[t + 1 : 6] += np.random.default_rng(1).standard_normal(other[t + 1 : 6].shape)
        if np.abs(f(other)[: t + 1] - y[: t + 1]).max() > 1e-9:
            return True
    return False


def reads_the_name(f, x):
    return "causal" not in f.__name__


def global_noise(f, x):
    other = x.copy()
    other[1:] += np.random.standard_normal(other[1:].shape)
    return leaks(f, x) or bool(np.abs(f(other)[0] - f(x)[0]).max() > 1e-9)


def changes_x(f, x):
    y = f(x)
    for t in range(len(x) - 1, 0, -1):
        x[t:] += np.random.default_rng(t).standard_normal(x[t:].shape)
        if np.abs(f(x)[:t] - y[:t]).max() > 1e-9:
            return True
    return False


NOISE = np.random.default_rng(0)


def one_place_by_chance(f, x):
    t = NOISE.integers(len(x))
    other = x.copy()
    other[t] += 1 + NOISE.standard_normal(x.shape[1])
    return bool(np.abs(f(other) - f(x))[:t].max(initial=0) > 1e-9)


def gives_the_size(f, x):
    y, other = f(x), x.copy()
    other[1:] += 1 + np.random.default_rng(1).standard_normal(other[1:].shape)
    return np.abs(f(other)[:1] - y[:1]).max()


def looks_at_the_first_row_only(f, x):
    other = x.copy()
    other[1:] += np.random.default_rng(1).standard_normal(other[1:].shape)
    return bool(np.abs(f(other)[0] - f(x)[0]).max() > 1e-9)


def changes_the_last_row_only(f, x):
    other = x.copy()
    other[-1] += np.random.default_rng(1).standard_normal(x.shape[1])
    return bool(len(x) > 1 and np.abs(f(other)[:-1] - f(x)[:-1]).max() > 1e-9)


def changes_the_next_row_only(f, x):
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1] += np.random.default_rng(t).standard_normal(x.shape[1])
        if np.abs(f(other)[t] - f(x)[t]).max() > 1e-9:
            return True
    return False


def moved_alone(f, x, change, seen=slice(None), tolerance=1e-9):
    for j in range(1, len(x)):
        other = x.copy()
        change(other[j])
        if np.abs(f(other)[:j, seen] - f(x)[:j, seen]).max() > tolerance:
            return True
    return False


def adds(place):
    def change(row):
        row[place] += 1

    return change


def changes_the_first_feature_only(f, x):
    return moved_alone(f, x, adds(0))


def changes_the_last_feature_only(f, x):
    return moved_alone(f, x, adds(-1))


def sees_the_first_feature_only(f, x):
    return moved_alone(f, x, adds(slice(None)), seen=0)


def sees_the_last_feature_only(f, x):
    return moved_alone(f, x, adds(slice(None)), seen=-1)


def empties_the_row(f, x):
    return moved_alone(f, x, lambda row: row.fill(0))


def with_a_wide_tolerance(f, x):
    return moved_alone(f, x, adds(slice(None)), tolerance=1e-5)


def adds_one_to_all_features(f, x):
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1 :] += 1
        if np.abs(f(other)[: t + 1] - f(x)[: t + 1]).max() > 1e-9:
            return True
    return False


def shuffles_the_future(f, x):
    for t in range(len(x) - 1):
        other = np.concatenate([x[: t + 1], x[:t:-1]])
        if np.abs(f(other)[: t + 1] - f(x)[: t + 1]).max() > 1e-9:
            return True
    return False


def compares_exactly(f, x):
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1 :] += np.random.default_rng(1).standard_normal(other[t + 1 :].shape)
        if (f(other)[: t + 1] != f(x)[: t + 1]).any():
            return True
    return False


def puts_nan_into_the_future(f, x):  # 0 times NaN is NaN
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1 :] = np.nan
        if np.isnan(f(other)[: t + 1]).any():
            return True
    return False


def counts_the_present_as_future(f, x):
    for t in range(len(x)):
        other = x.copy()
        other[t:] += np.random.default_rng(1).standard_normal(other[t:].shape)
        if np.abs(f(other)[: t + 1] - f(x)[: t + 1]).max() > 1e-9:
            return True
    return False


def coarse(f, x):
    noise = np.random.default_rng(1)
    for t in range(len(x) - 1):
        other = x.copy()
        other[t + 1 :] += noise.standard_normal(other[t + 1 :].shape)
        if np.abs(f(other)[: t + 1] - f(x)[: t + 1]).max() > 0.01:
            return True
    return False


def rotation(delta, d):
    turn = np.zeros((d, d))
    for i in range(0, d, 2):
        angle = delta / 10000 ** (i / d)
        turn[i : i + 2, i : i + 2] = [
            [np.cos(angle), np.sin(angle)],
            [-np.sin(angle), np.cos(angle)],
        ]
    return turn


def rotation_backwards(delta, d):  # the textbook's matrix, for (cos, sin) instead of (sin, cos)
    return rotation(delta, d).T


def one_frequency(delta, d):
    return np.kron(np.eye(d // 2), rotation(delta, 2))


def exponent_of_half(delta, d):
    turn = np.zeros((d, d))
    for i in range(0, d, 2):
        turn[i : i + 2, i : i + 2] = rotation(delta * 10000.0 ** (-i / 2 / d), 2)
    return turn


def sines_first(delta, d):  # all sines, then all cosines
    order = [*range(0, d, 2), *range(1, d, 2)]
    return rotation(delta, d)[np.ix_(order, order)]


def rotation_at_once(delta, d):
    angles = delta * 10000.0 ** (-np.arange(0, d, 2) / d)
    turn = np.diag(np.repeat(np.cos(angles), 2))
    sines = np.arange(0, d, 2)
    turn[sines, sines + 1], turn[sines + 1, sines] = np.sin(angles), -np.sin(angles)
    return turn


def rotation_by_complex_numbers(delta, d):  # cos + i sin of each clock's hand
    turn = np.zeros((d, d))
    for i in range(d // 2):
        z = np.exp(1j * delta * np.exp(-2 * i / d * np.log(10000)))
        turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[z.real, z.imag], [-z.imag, z.real]]
    return turn


def right_at_the_start_only(delta, d):  # leads from PE(0) to PE(delta)
    angles = delta * 10000.0 ** (-np.arange(0, d, 2) / d)
    start, end = np.tile([0.0, 1.0], d // 2), np.empty(d)
    end[0::2], end[1::2] = np.sin(angles), np.cos(angles)
    return np.outer(end, start) / (start @ start)


def from_the_library(delta, d):
    angles = nn.sinusoids(abs(delta) + 1, d)[-1]
    turn = np.diag(np.repeat(angles[1::2], 2))
    for i in range(0, d, 2):
        turn[i, i + 1] = np.sign(delta) * angles[i]
        turn[i + 1, i] = -turn[i, i + 1]
    return turn


def width_of_four(delta, d):
    turn = rotation(delta, d)
    turn[4:, 4:] = np.eye(max(d - 4, 0))
    return turn


def base_1000(delta, d):
    turn = np.zeros((d, d))
    for i in range(0, d, 2):
        turn[i : i + 2, i : i + 2] = rotation(delta * 1000.0 ** (-i / d), 2)
    return turn


def without_the_sign(delta, d):
    return rotation(abs(delta), d)


def for_small_steps(delta, d):  # sin a = a, cos a = 1 - a²/2
    turn = np.zeros((d, d))
    for i in range(0, d, 2):
        a = delta * 10000.0 ** (-i / d)
        turn[i : i + 2, i : i + 2] = [[1 - a * a / 2, a], [-a, 1 - a * a / 2]]
    return turn


def one_step_by_halves(delta, d):  # up to 50 steps
    return np.linalg.matrix_power(rotation(1, d), delta % 51)


def no_rotation(delta, d):
    return np.eye(d)


RIGHT = [
    ("06.1", "reshape and transpose", (split_heads, merge_heads)),
    ("06.1", "slice by slice", (split_by_slices, merge_by_joining)),
    ("06.1", "by einsum, and into an empty array", (split_by_einsum, merge_by_a_loop)),
    ("06.2", "noise behind every place", leaks),
    ("06.2", "all that follows drawn anew", leaks_by_noise_alone),
    ("06.2", "one number after another", leaks_number_by_number),
    ("06.3", "block by block", rotation),
    ("06.3", "all blocks at once", rotation_at_once),
    ("06.3", "by complex numbers", rotation_by_complex_numbers),
]
WRONG = [
    ("06.1", "library call", (split_by_the_library, merge_heads)),
    ("06.1", "hard-coded size", (two_heads, merge_heads)),
    ("06.1", "hard-coded size", (two_features, merge_heads)),
    ("06.1", "ignores an argument", (first_sentence_only, merge_heads)),
    ("06.1", "changes its input", (shaped_in_place, merge_heads)),
    ("06.1", "reshaped, not transposed", (reshaped_only, merged_by_reshape)),
    ("06.1", "every h-th feature", (interleaved, merged_interleaved)),
    ("06.1", "transposition forgotten", (not_transposed, merge_heads)),
    ("06.1", "the sequence split", (sequence_split, merge_heads)),
    ("06.1", "merged by a reshape", (split_heads, merged_by_reshape)),
    ("06.1", "merged feature by feature", (split_heads, merged_interleaved)),
    ("06.1", "batch and positions exchanged", (split_heads, batch_merged)),
    ("06.2", "hard-coded size", three_features),
    ("06.2", "hard-coded size", six_rows),
    ("06.2", "hard-coded constant", coarse),
    ("06.2", "cheat: reads the name", reads_the_name),
    ("06.2", "global state", global_noise),
    ("06.2", "changes its input", changes_x),
    ("06.2", "depends on calls", one_place_by_chance),
    ("06.2", "a number instead of a verdict", gives_the_size),
    ("06.2", "the first row only", looks_at_the_first_row_only),
    ("06.2", "the last row only", changes_the_last_row_only),
    ("06.2", "the next row only", changes_the_next_row_only),
    ("06.2", "one feature of what follows", changes_the_first_feature_only),
    ("06.2", "one feature of what follows", changes_the_last_feature_only),
    ("06.2", "one feature of the output", sees_the_first_feature_only),
    ("06.2", "one feature of the output", sees_the_last_feature_only),
    ("06.2", "a row that may be empty already", empties_the_row),
    ("06.2", "hard-coded constant", with_a_wide_tolerance),
    ("06.2", "the same for all features", adds_one_to_all_features),
    ("06.2", "the same rows in another order", shuffles_the_future),
    ("06.2", "no tolerance", compares_exactly),
    ("06.2", "NaN", puts_nan_into_the_future),
    ("06.2", "off by one", counts_the_present_as_future),
    ("06.2", "always False", lambda f, x: False),
    ("06.2", "always True", lambda f, x: True),
    ("06.3", "library call", from_the_library),
    ("06.3", "hard-coded size", width_of_four),
    ("06.3", "hard-coded constant", base_1000),
    ("06.3", "ignores an argument", no_rotation),
    ("06.3", "small numbers only", for_small_steps),
    ("06.3", "small numbers only", one_step_by_halves),
    ("06.3", "without the sign of delta", without_the_sign),
    ("06.3", "transposed", rotation_backwards),
    ("06.3", "one frequency", one_frequency),
    ("06.3", "half the exponent", exponent_of_half),
    ("06.3", "sines before cosines", sines_first),
    ("06.3", "right at the start only", right_at_the_start_only),
]
HALF = [
    ("06.1", (lambda x, h: ..., merge_heads)),
    ("06.1", (split_heads, lambda heads: ...)),
    ("06.2", (lambda f, x: ...,)),
    ("06.3", (lambda delta, d: ...,)),
]
MESSAGES = {
    ("06.2", compares_exactly): ("is silent", "all minus the later ones", "says True"),
    ("06.3", rotation_backwards): ("whatever t", "rotation(delta=1, d=2)", "where PE(1) was due"),
}
