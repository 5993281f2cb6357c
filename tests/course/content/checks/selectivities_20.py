"""Answers to exercise 20.3: what a probe finds beyond its control task."""

import random
from itertools import count

import numpy as np

from minillm.tasks.interpretation import Labelled, selectivity


def accuracy(probe, vectors, classes, n):
    return np.mean(probe(vectors[:n], classes[:n], vectors[n:]) == classes[n:])


def by_accuracies(probe, vectors, words, labels, of_word, n):
    task = accuracy(probe, vectors, labels, n)
    return task - accuracy(probe, vectors, of_word[words], n)


def by_a_loop(probe, vectors, words, labels, of_word, n):
    control = [int(of_word[w]) for w in words]
    hits = 0
    for classes, sign in ((list(labels), 1), (control, -1)):
        said = probe(vectors[:n], np.array(classes[:n]), vectors[n:])
        hits += sign * sum(a == b for a, b in zip(said, classes[n:], strict=True))
    return hits / (len(words) - n)


def of_lists(probe, vectors, words, labels, of_word, n):
    rows = vectors.tolist()
    found = []
    for classes in (labels.tolist(), of_word.take(words).tolist()):
        said = np.asarray(probe(rows[:n], classes[:n], rows[n:]))
        found.append(float((said == np.array(classes[n:])).mean()))
    return found[0] - found[1]


def in_single_precision(probe, vectors, words, labels, of_word, n):
    found = by_accuracies(probe, vectors, words, labels, of_word, n)
    return np.float32(found)


def by_the_library(probe, vectors, words, labels, of_word, n):
    control = of_word[words]
    found = selectivity(
        Labelled(vectors[:n], labels[:n]),
        Labelled(vectors[n:], labels[n:]),
        (control[:n], control[n:]),
        l2=0.01,
        n_classes=3,
    )
    return found.difference


def of_half(probe, vectors, words, labels, of_word, n):
    return by_accuracies(probe, vectors, words, labels, of_word, len(words) // 2)


def always_nothing(probe, vectors, words, labels, of_word, n):
    return 0.0


def without_control(probe, vectors, words, labels, of_word, n):
    return accuracy(probe, vectors, labels, n)


def in_place(probe, vectors, words, labels, of_word, n):
    task = accuracy(probe, vectors, labels, n)
    labels[:] = of_word[words]
    return task - accuracy(probe, vectors, labels, n)


def with_noise(probe, vectors, words, labels, of_word, n):
    return by_accuracies(probe, vectors, words, labels, of_word, n) + random.random()


CALLS = count()


def that_goes_on(probe, vectors, words, labels, of_word, n):
    return by_accuracies(probe, vectors, words, labels, of_word, n) + next(CALLS)


def on_what_it_learned(probe, vectors, words, labels, of_word, n):
    def fitted(classes):
        return np.mean(probe(vectors[:n], classes[:n], vectors[:n]) == classes[:n])

    return fitted(labels) - fitted(of_word[words])


def on_all_rows(probe, vectors, words, labels, of_word, n):
    def whole(classes):
        return np.mean(probe(vectors[:n], classes[:n], vectors) == classes)

    return whole(labels) - whole(of_word[words])


def learned_from_all(probe, vectors, words, labels, of_word, n):
    def leaky(classes):
        return np.mean(probe(vectors, classes, vectors[n:]) == classes[n:])

    return leaky(labels) - leaky(of_word[words])


def one_probe(probe, vectors, words, labels, of_word, n):
    said = probe(vectors[:n], labels[:n], vectors[n:])
    return np.mean(said == labels[n:]) - np.mean(said == of_word[words][n:])


def a_class_for_each_row(probe, vectors, words, labels, of_word, n):
    control = np.resize(of_word, len(words))
    return accuracy(probe, vectors, labels, n) - accuracy(probe, vectors, control, n)


def a_class_for_each_label(probe, vectors, words, labels, of_word, n):
    control = of_word[labels % len(of_word)]
    return accuracy(probe, vectors, labels, n) - accuracy(probe, vectors, control, n)


def shuffled_labels(probe, vectors, words, labels, of_word, n):
    control = labels[::-1].copy()
    return accuracy(probe, vectors, labels, n) - accuracy(probe, vectors, control, n)


def the_other_sign(probe, vectors, words, labels, of_word, n):
    return -by_accuracies(probe, vectors, words, labels, of_word, n)


def absolute(probe, vectors, words, labels, of_word, n):
    return abs(by_accuracies(probe, vectors, words, labels, of_word, n))


def never_below_nothing(probe, vectors, words, labels, of_word, n):
    return max(by_accuracies(probe, vectors, words, labels, of_word, n), 0.0)


def a_ratio(probe, vectors, words, labels, of_word, n):
    control = accuracy(probe, vectors, of_word[words], n)
    return accuracy(probe, vectors, labels, n) / control - 1 if control else 0.0


def in_percent(probe, vectors, words, labels, of_word, n):
    return 100 * by_accuracies(probe, vectors, words, labels, of_word, n)


def hits(probe, vectors, words, labels, of_word, n):
    return by_accuracies(probe, vectors, words, labels, of_word, n) * (len(words) - n)


def divided_by_all(probe, vectors, words, labels, of_word, n):
    return hits(probe, vectors, words, labels, of_word, n) / len(words)


def of_words_alone(probe, vectors, words, labels, of_word, n):
    rows = words[:, None].astype(float)
    return by_accuracies(probe, rows, words, labels, of_word, n)
