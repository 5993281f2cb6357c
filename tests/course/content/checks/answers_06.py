"""Answers to lesson 06's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import nn


def split_heads(x, h):
    b, t, d = x.shape
    return x.reshape(b, t, h, d // h).transpose(0, 2, 1, 3)


def merge_heads(heads):
    b, h, t, width = heads.shape
    return heads.transpose(0, 2, 1, 3).reshape(b, t, h * width)


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


def right_at_the_start_only(delta, d):  # leads from PE(0) to PE(delta)
    table = nn.sinusoids(abs(delta) + 1, d)
    sign = np.tile([1 if delta >= 0 else -1, 1], d // 2)
    return np.outer(table[abs(delta)] * sign, table[0]) / (table[0] @ table[0])


def no_rotation(delta, d):
    return np.eye(d)


RIGHT = {"06.1": (split_heads, merge_heads), "06.2": (leaks,), "06.3": (rotation,)}
WRONG = [
    *(
        ("06.1", pair)
        for pair in (
            (reshaped_only, merged_by_reshape),
            (interleaved, merged_interleaved),
            (not_transposed, merge_heads),
            (sequence_split, merge_heads),
            (split_heads, merged_by_reshape),
            (split_heads, merged_interleaved),
            (split_heads, batch_merged),
        )
    ),
    *(
        ("06.2", (f,))
        for f in (
            looks_at_the_first_row_only,
            changes_the_last_row_only,
            changes_the_next_row_only,
            adds_one_to_all_features,
            shuffles_the_future,
            compares_exactly,
            puts_nan_into_the_future,
            counts_the_present_as_future,
            coarse,
            lambda f, x: False,
            lambda f, x: True,
        )
    ),
    *(
        ("06.3", (f,))
        for f in (
            rotation_backwards,
            one_frequency,
            exponent_of_half,
            sines_first,
            right_at_the_start_only,
            no_rotation,
        )
    ),
]
HALF = [
    ("06.1", (lambda x, h: ..., merge_heads)),
    ("06.1", (split_heads, lambda heads: ...)),
    ("06.2", (lambda f, x: ...,)),
    ("06.3", (lambda delta, d: ...,)),
]
MESSAGES = {
    ("06.2", compares_exactly): ("is silent", "all minus the later ones", "says True"),
    ("06.3", rotation_backwards): ("whatever t", "delta = 1", "where PE(1) was due"),
}
