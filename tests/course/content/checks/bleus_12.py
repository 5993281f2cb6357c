"""Answers to exercise 12.1: the clipped precisions of a corpus and its brevity penalty."""

import math
import random
from collections import Counter
from itertools import count

import numpy as np

from minillm.tasks.metrics.bleu import bleu


def runs(text, n):
    return [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]


def by_counters(written, references):
    right, total = [0] * 4, [0] * 4
    for text, reference in zip(written, references, strict=True):
        for n in range(4):
            own, theirs = Counter(runs(text, n + 1)), Counter(runs(reference, n + 1))
            right[n] += (own & theirs).total()
            total[n] += own.total()
    c, r = sum(map(len, written)), sum(map(len, references))
    penalty = 0.0 if not c else min(1.0, math.exp(1 - r / c))
    return [a / b if b else 0.0 for a, b in zip(right, total, strict=True)] + [penalty]


def by_lists(written, references):
    found = []
    for n in (1, 2, 3, 4):
        right = total = 0
        for text, reference in zip(written, references, strict=True):
            left = runs(reference, n)
            for run in runs(text, n):
                total += 1
                if run in left:
                    left.remove(run)
                    right += 1
        found.append(right / max(total, 1))
    c, r = sum(len(x) for x in written), sum(len(x) for x in references)
    return (*found, (1 if c >= r else np.exp(1 - r / c)) if c else 0)


def by_arrays(written, references):
    found = np.array(by_lists(written, references))
    return found.astype(np.float64)


def unclipped(written, references):
    right, total = np.zeros(4), np.zeros(4)
    for text, reference in zip(written, references, strict=True):
        for n in range(4):
            theirs = set(runs(reference, n + 1))
            right[n] += sum(run in theirs for run in runs(text, n + 1))
            total[n] += len(runs(text, n + 1))
    return np.append(right / np.maximum(total, 1), by_counters(written, references)[4])


def of_sets(written, references):
    right, total = np.zeros(4), np.zeros(4)
    for text, reference in zip(written, references, strict=True):
        for n in range(4):
            own = set(runs(text, n + 1))
            right[n] += len(own & set(runs(reference, n + 1)))
            total[n] += len(own)
    return np.append(right / np.maximum(total, 1), by_counters(written, references)[4])


def mean_of_sentences(written, references):
    each = [by_counters([a], [b]) for a, b in zip(written, references, strict=True)]
    return np.mean(each, axis=0)


def penalty_of_sentences(written, references):
    each = [by_counters([a], [b])[4] for a, b in zip(written, references, strict=True)]
    return [*by_counters(written, references)[:4], np.mean(each)]


def clipped_over_corpus(written, references):
    found = []
    for n in range(4):
        own = Counter(run for text in written for run in runs(text, n + 1))
        theirs = Counter(run for text in references for run in runs(text, n + 1))
        found.append((own & theirs).total() / max(own.total(), 1))
    return [*found, by_counters(written, references)[4]]


def recall(written, references):
    return [*by_counters(references, written)[:4], by_counters(written, references)[4]]


def across_sentences(written, references):
    whole = [[t for one in side for t in one] for side in (written, references)]
    return by_counters([whole[0]], [whole[1]])


def without_penalty(written, references):
    return [*by_counters(written, references)[:4], 1.0]


def punishes_length(written, references):
    c, r = sum(map(len, written)), sum(map(len, references))
    return [*by_counters(written, references)[:4], math.exp(1 - r / c) if c else 0.0]


def upside_down(written, references):
    c, r = sum(map(len, written)), sum(map(len, references))
    penalty = min(1.0, math.exp(1 - c / r)) if r else 1.0
    return [*by_counters(written, references)[:4], penalty]


def plain_ratio(written, references):
    c, r = sum(map(len, written)), sum(map(len, references))
    return [*by_counters(written, references)[:4], min(1.0, c / r) if r else float(c > 0)]


def smoothed(written, references):
    found = by_counters(written, references)
    return [p or 1e-3 for p in found[:4]] + found[4:]


def in_percent(written, references):
    found = by_counters(written, references)
    return [100 * p for p in found[:4]] + found[4:]


def of_three_runs(written, references):
    found = by_counters(written, references)
    return [*found[:3], found[2], found[4]]


def of_the_first(written, references):
    return by_counters(written[:1], references[:1])


def without_references(written, references):
    return by_counters(written, written)


def library(written, references):
    one = bleu(
        [" ".join(text) for text in written],
        [" ".join(text) for text in references],
        tokenize="none",
        smooth=False,
    )
    return [p / 100 for p in one.precisions] + [one.brevity_penalty]


def in_place(written, references):
    found = by_counters(written, references)
    written[0].append("more")
    return found


def with_noise(written, references):
    return [x + random.random() for x in by_counters(written, references)]


calls = count()


def that_goes_on(written, references):
    return [x + next(calls) for x in by_counters(written, references)]
