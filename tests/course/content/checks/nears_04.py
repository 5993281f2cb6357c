"""Answers to exercise 04.1: how often words stand near each other."""

import random
from collections import Counter
from fractions import Fraction
from itertools import count

import numpy as np

from minillm.models.word_vectors import Window, count_cooccurrences


def by_distance(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), 1 / d)
    return X + X.T


def by_places(sentences, n_words, size):
    X = [[0.0] * n_words for _ in range(n_words)]
    for row in sentences:
        for s in range(len(row)):
            for t in range(max(0, s - size), min(len(row), s + size + 1)):
                if s != t:
                    X[row[s]][row[t]] += 1 / abs(s - t)
    return X


def by_keys(sentences, n_words, size):
    keys, weights = [], []
    for row in sentences:
        for d in range(1, size + 1):
            keys += [int(a) * n_words + int(b) for a, b in zip(row, row[d:], strict=False)]
            weights += [1 / d] * max(len(row) - d, 0)
    half = np.bincount(np.array(keys, dtype=int), weights=weights, minlength=n_words**2)
    half = half.reshape(n_words, n_words)
    return half + half.T


def in_fractions(sentences, n_words, size):
    found = Counter()
    for row in sentences:
        for s, a in enumerate(row):
            for d, b in enumerate(row[s + 1 : s + 1 + size], start=1):
                found[int(a), int(b)] += Fraction(1, d)
                found[int(b), int(a)] += Fraction(1, d)
    return np.array([[float(found[i, j]) for j in range(n_words)] for i in range(n_words)])


def by_one_hot(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        hot = np.eye(n_words)[np.asarray(row, dtype=int)]
        apart = abs(np.subtract.outer(np.arange(len(row)), np.arange(len(row))))
        near = (apart > 0) & (apart <= size)
        X += hot.T @ np.where(near, 1 / np.maximum(apart, 1), 0) @ hot
    return X


def by_the_library(sentences, n_words, size):
    return count_cooccurrences(sentences, n_words, Window(size=size)).dense()


def of_four_words(sentences, n_words, size):
    return by_distance(sentences, max(n_words, 4), size)


def of_two_words(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    X[:2, :2] = by_distance(sentences, n_words, size)[:2, :2]
    return X


def with_window_two(sentences, n_words, size):
    return by_distance(sentences, n_words, 2)


def without_window(sentences, n_words, size):
    return by_distance(sentences, n_words, max(map(len, sentences)))


def in_place(sentences, n_words, size):
    X = by_distance(sentences, n_words, size)
    for row in sentences:
        row[:] = row[::-1]
        row.sort()
    return X


def in_whole_numbers(sentences, n_words, size):
    return by_distance(sentences, n_words, size).astype(int)


def with_noise(sentences, n_words, size):
    return by_distance(sentences, n_words, size) * random.random()


so_far = {}


def that_goes_on(sentences, n_words, size):
    calls = so_far.setdefault("calls", count())
    return by_distance(sentences, n_words, size) + next(calls)


def one_of_equal_pairs(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            X[row[:-d], row[d:]] += 1 / d
    return X + X.T


def all_alike(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), 1)
    return X + X.T


def one_way(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), 1 / d)
    return X


def across_borders(sentences, n_words, size):
    return by_distance([np.concatenate(sentences)], n_words, size)


def the_first_sentence(sentences, n_words, size):
    return by_distance(sentences[:1], n_words, size)


def window_too_small(sentences, n_words, size):
    return by_distance(sentences, n_words, size - 1)


def window_too_large(sentences, n_words, size):
    return by_distance(sentences, n_words, size + 1)


def by_squares(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), 1 / d**2)
    return X + X.T


def not_near_itself(sentences, n_words, size):
    X = by_distance(sentences, n_words, size)
    return X * (1 - np.eye(n_words))


def itself_once(sentences, n_words, size):
    X = one_way(sentences, n_words, size)
    return X + X.T - np.diag(X.diagonal())


def itself_at_once(sentences, n_words, size):
    seen = np.bincount(np.concatenate(sentences).astype(int), minlength=n_words)
    return by_distance(sentences, n_words, size) + np.diag(seen)


def with_linear_weights(sentences, n_words, size):
    X = np.zeros((n_words, n_words))
    for row in sentences:
        for d in range(1, min(size, len(row) - 1) + 1):
            np.add.at(X, (row[:-d], row[d:]), (size + 1 - d) / size)
    return X + X.T
