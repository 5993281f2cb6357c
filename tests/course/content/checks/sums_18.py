"""Answers to exercise 18.2: gradients of a linear layer, clipped by example and added up."""

from itertools import count

import numpy as np

from minillm.training.privacy import clip_by_example


def of_each(x, g):
    x, g = np.asarray(x, dtype=float), np.asarray(g, dtype=float)
    return g.swapaxes(1, 2) @ x, g.sum(axis=1)


def lengths_of(w, b):
    return np.sqrt((w**2).sum(axis=(1, 2)) + (b**2).sum(axis=1))


def added(scale, w, b):
    return np.einsum("b,boi->oi", scale, w), np.einsum("b,bo->o", scale, b)


def by_shares(x, g, clip):
    w, b = of_each(x, g)
    return added(clip / np.maximum(lengths_of(w, b), clip), w, b)


def by_loops(x, g, clip):
    w, b = np.zeros((g.shape[2], x.shape[2])), np.zeros(g.shape[2])
    for one, slope in zip(x, g, strict=True):
        of_w = sum(np.outer(slope[t], one[t]) for t in range(len(one)))
        of_b = sum(slope[t] for t in range(len(one)))
        length = np.sqrt((of_w**2).sum() + (of_b**2).sum())
        scale = clip / length if length > clip else 1
        w, b = w + scale * of_w, b + scale * of_b
    return [w.tolist(), b.tolist()]


def in_single(x, g, clip):
    w, b = of_each(x, g)
    w, b = w.astype(np.float32), b.astype(np.float32)
    return added(np.float32(clip) / np.maximum(lengths_of(w, b), np.float32(clip)), w, b)


def by_the_notebook(x, g, clip):  # with the lesson's linear_each and private_sum, no noise
    x, g = np.asarray(x, dtype=float), np.asarray(g, dtype=float)
    each = g.swapaxes(1, 2) @ x  # linear_each
    rows = np.concatenate([each.reshape(len(x), -1), g.sum(axis=1)], axis=1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        total = (rows * np.minimum(1, clip / lengths)).sum(axis=0)  # private_sum
    return total[: each[0].size].reshape(each[0].shape), total[each[0].size :]


def with_ones(x, g, clip):  # the bias as one more input
    longer = np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)
    both = np.einsum("bto,bti->boi", g, longer)
    lengths = np.linalg.norm(both.reshape(len(both), -1), axis=1)
    total = (both * (clip / np.maximum(lengths, clip))[:, None, None]).sum(axis=0)
    return total[:, :-1], total[:, -1]


def library(x, g, clip):
    return tuple(clip_by_example(of_each(x, g), clip)[0])


def of_the_first(x, g, clip):
    return by_shares(x[:1], g[:1], clip)


def of_the_first_place(x, g, clip):
    return by_shares(x[:, :1], g[:, :1], clip)


def nothing(x, g, clip):
    return np.zeros((g.shape[2], x.shape[2])), np.zeros(g.shape[2])


def without_clip(x, g, clip):
    return tuple(one.sum(axis=0) for one in of_each(x, g))


def clip_of_one(x, g, clip):
    return by_shares(x, g, 1.0)


def in_place(x, g, clip):
    found = by_shares(x, g, clip)
    g *= 0.5
    return found


def with_noise(x, g, clip):
    w, b = by_shares(x, g, clip)
    return w + clip * np.random.standard_normal(w.shape), b


CALLS = count()


def that_goes_on(x, g, clip):
    w, b = by_shares(x, g, clip)
    return w, b + next(CALLS)


def in_half(x, g, clip):
    w, b = by_shares(x, g, clip)
    return w.astype(np.float16), b.astype(np.float16)


def batch_clipped(x, g, clip):
    w, b = without_clip(x, g, clip)
    scale = clip / max(np.sqrt((w**2).sum() + (b**2).sum()), clip)
    return w * scale, b * scale


def each_part_clipped(x, g, clip):
    w, b = of_each(x, g)
    lengths = np.sqrt((w**2).sum(axis=(1, 2))), np.sqrt((b**2).sum(axis=1))
    scales = [clip / np.maximum(one, clip) for one in lengths]
    return added(scales[0], w, b)[0], added(scales[1], w, b)[1]


def bias_unclipped(x, g, clip):
    return by_shares(x, g, clip)[0], np.asarray(g).sum(axis=(0, 1))


def length_of_w(x, g, clip):
    w, b = of_each(x, g)
    return added(clip / np.maximum(np.sqrt((w**2).sum(axis=(1, 2))), clip), w, b)


def normalised(x, g, clip):
    w, b = of_each(x, g)
    lengths = lengths_of(w, b)
    return added(np.where(lengths > 0, clip / np.where(lengths > 0, lengths, 1), 0), w, b)


def divided_by_zero(x, g, clip):
    w, b = of_each(x, g)
    lengths = lengths_of(w, b)
    return added(np.minimum(1, clip / lengths) * (lengths / lengths), w, b)


def mean(x, g, clip):
    return tuple(one / len(x) for one in by_shares(x, g, clip))


def mean_of_places(x, g, clip):
    return by_shares(x, g / g.shape[1], clip)


def squares(x, g, clip):
    w, b = of_each(x, g)
    return added(clip / np.maximum(lengths_of(w, b) ** 2, clip), w, b)


def entries_clipped(x, g, clip):
    return tuple(np.clip(one, -clip, clip).sum(axis=0) for one in of_each(x, g))


def slopes_clipped(x, g, clip):
    lengths = np.linalg.norm(g, axis=2, keepdims=True)
    return without_clip(x, g * clip / np.maximum(lengths, clip), clip)


def turned(x, g, clip):
    w, b = by_shares(x, g, clip)
    return w.T, b


def negative(x, g, clip):
    return tuple(-one for one in by_shares(x, g, clip))


def largest(x, g, clip):
    w, b = of_each(x, g)
    lengths = np.maximum(np.abs(w).max(axis=(1, 2)), np.abs(b).max(axis=1))
    return added(clip / np.maximum(lengths, clip), w, b)
