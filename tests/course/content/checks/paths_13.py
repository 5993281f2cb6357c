"""Answers to exercises 13.2 and 13.3: the sum over all paths of tags, and the best of them."""

import random
from itertools import count, pairwise, product

import numpy as np

from minillm.models.crf import best_paths, log_partition


def walked(e, a, join, close):
    alpha = a[-1, :-1] + e[0]
    for row in e[1:]:
        alpha = row + join(alpha[:, None] + a[:-1, :-1])
    return close(alpha + a[:-1, -1])


def total(s):
    return np.logaddexp.reduce(s, axis=0)


def by_recursion(e, a):
    return walked(e, a, total, total)


def by_loops(e, a):
    n = len(a) - 1
    alpha = [a[n, j] + e[0, j] for j in range(n)]
    for t in range(1, len(e)):
        alpha = [
            e[t, j] + np.logaddexp.reduce([alpha[i] + a[i, j] for i in range(n)]) for j in range(n)
        ]
    return np.logaddexp.reduce([alpha[j] + a[j, n] for j in range(n)])


def from_the_right(e, a):
    beta = a[:-1, -1]
    for row in e[:0:-1]:
        beta = total((a[:-1, :-1] + row + beta).T)
    return total(a[-1, :-1] + e[0] + beta)


def library(e, a):
    return log_partition(e[None], a, mask=np.ones((1, len(e)), bool))


def overflowing(e, a):
    return walked(e, a, lambda s: np.log(np.exp(s).sum(axis=0)), lambda s: np.log(np.exp(s).sum()))


def highest(e, a):
    return walked(e, a, lambda s: s.max(axis=0), np.max)


def without_start(e, a):
    a = a.copy()
    a[-1] = 0
    return by_recursion(e, a)


def without_end(e, a):
    a = a.copy()
    a[:, -1] = 0
    return by_recursion(e, a)


def turned(e, a):
    return by_recursion(e, a.T)


def each_word(e, a):
    return total(e.T).sum()


def of_two_words(e, a):
    return by_recursion(e[:2], a)


def of_two_tags(e, a):
    keep = [*range(min(2, len(a) - 1)), -1]
    return by_recursion(e[:, :2], a[np.ix_(keep, keep)])


def plain(e, a):
    return np.exp(by_recursion(e, a))


def negative(e, a):
    return -by_recursion(e, a)


def finite_steps(e, a):
    return by_recursion(e, np.where(np.isinf(a), 0, a))


def single(e, a):
    return by_recursion(e.astype(np.float32), a.astype(np.float32))


def sum_in_place(e, a):
    e[0] += a[-1, :-1]
    a[-1] = 0
    return by_recursion(e, a)


def sum_with_noise(e, a):
    return by_recursion(e, a) + random.random() / 100


calls = count()


def sum_that_goes_on(e, a):
    return by_recursion(e, a) + next(calls)


def by_tables(e, a):
    best, came_from = a[-1, :-1] + e[0], []
    for row in e[1:]:
        ways = best[:, None] + a[:-1, :-1]
        came_from.append(ways.argmax(axis=0))
        best = row + ways.max(axis=0)
    path = [int((best + a[:-1, -1]).argmax())]
    for table in came_from[::-1]:
        path.append(int(table[path[-1]]))
    return path[::-1]


def by_lists(e, a):
    n = len(a) - 1
    best = [(a[n, j] + e[0, j], [j]) for j in range(n)]
    for row in e[1:]:
        best = [max((s + a[y[-1], j] + row[j], [*y, j]) for s, y in best) for j in range(n)]
    return max((s + a[y[-1], n], y) for s, y in best)[1]


def by_enumeration(e, a):
    n = len(a) - 1

    def score(y):
        steps = sum(a[i, j] for i, j in pairwise((n, *y, n)))
        return steps + sum(e[t, j] for t, j in enumerate(y))

    return np.array(max(product(range(n), repeat=len(e)), key=score))


def best_library(e, a):
    return best_paths(e[None], a, mask=np.ones((1, len(e)), bool))


def words_alone(e, a):
    return e.argmax(axis=1)


def greedy(e, a):
    path = [len(a) - 1]
    for row in e:
        path.append(int((row + a[path[-1], :-1]).argmax()))
    return path[1:]


def backwards(e, a):
    return by_tables(e, a)[::-1]


def best_without_start(e, a):
    a = a.copy()
    a[-1] = 0
    return by_tables(e, a)


def best_without_end(e, a):
    a = a.copy()
    a[:, -1] = 0
    return by_tables(e, a)


def best_turned(e, a):
    return by_tables(e, a.T)


def worst(e, a):
    return by_tables(-e, -a)


def all_outside(e, a):
    return [0] * len(e)


def without_scores(e, a):
    return by_tables(np.zeros_like(e), a)


def best_of_two_tags(e, a):
    keep = [*range(min(2, len(a) - 1)), -1]
    return by_tables(e[:, :2], a[np.ix_(keep, keep)])


def counted_from_one(e, a):
    return [j + 1 for j in by_tables(e, a)]


def best_finite(e, a):
    return by_tables(e, np.where(np.isinf(a), 0, a))


def best_in_place(e, a):
    e[0] += a[-1, :-1]
    a[-1] = 0
    return by_tables(e, a)


def drawn(e, a):
    return [random.randrange(len(a) - 1) for _ in e]


def best_that_goes_on(e, a):
    return [j + next(calls) for j in by_tables(e, a)]
