"""Answers to exercise c3.1: the worst group."""

import random

import numpy as np


def by_a_loop(labels, tags, right):
    best = None
    for label in np.unique(labels):
        for tag in np.unique(tags):
            chosen = (labels == label) & (tags == tag)
            if chosen.any() and (best is None or right[chosen].mean() < best[0]):
                best = (float(right[chosen].mean()), int(label), int(tag))
    return best


def by_a_dictionary(labels, tags, right):
    groups = {}
    for label, tag, hit in zip(labels.tolist(), tags.tolist(), right.tolist(), strict=True):
        groups.setdefault((label, tag), []).append(hit)
    shares = {group: sum(hits) / len(hits) for group, hits in groups.items()}
    worst = min(shares, key=lambda group: (shares[group], group))
    return shares[worst], *worst


def shares_by_group(labels, tags, right):
    """How many reviews, (G,), and how many of them are right."""
    n = int(tags.max()) + 1
    group = labels * n + tags
    return n, np.bincount(group), np.bincount(group, weights=right)


def by_counts(labels, tags, right):
    n, size, hits = shares_by_group(labels, tags, right)
    share = np.where(size > 0, hits / np.maximum(size, 1), 2)
    return [share.min(), *divmod(int(share.argmin()), n)]


def of_two_kinds(labels, tags, right):
    kept = (labels < 2) & (tags < 2)
    return by_a_dictionary(labels[kept], tags[kept], right[kept]) if kept.any() else (0.0, 0, 0)


def from_one_down(labels, tags, right):
    worst = (1.0, 0, 0)
    for label in np.unique(labels):
        for tag in np.unique(tags):
            chosen = (labels == label) & (tags == tag)
            if chosen.any() and right[chosen].mean() < worst[0]:
                worst = (right[chosen].mean(), label, tag)
    return worst


def without_tags(labels, tags, right):
    return by_a_dictionary(labels, labels, right)


def in_place(labels, tags, right):
    found = by_a_dictionary(labels, tags, right)
    right[:] = 0
    return found


def by_tossing(labels, tags, right):
    found = by_a_dictionary(labels, tags, right)
    return (found[0], *random.choice([found[1:], found[1:]]))


so_far = []


def of_all_so_far(labels, tags, right):
    so_far.append((labels, tags, right))
    return by_a_dictionary(*map(np.concatenate, zip(*so_far, strict=True)))


def of_booleans(labels, tags, right):
    score, *group = by_a_dictionary(labels, tags, ~right)
    return 1 - score, *group


def the_mean(labels, tags, right):
    return (right.mean(), *by_a_dictionary(labels, tags, right)[1:])


def empty_is_zero(labels, tags, right):
    n, size, hits = shares_by_group(labels, tags, right)
    share = hits / np.maximum(size, 1)
    return share.min(), *divmod(int(share.argmin()), n)


def empty_is_nan(labels, tags, right):
    n, size, hits = shares_by_group(labels, tags, right)
    with np.errstate(all="ignore"):
        share = hits / size
    return share.min(), *divmod(int(share.argmin()), n)


def most_errors(labels, tags, right):
    n, size, hits = shares_by_group(labels, tags, right)
    place = int((size - hits).argmax())
    return hits[place] / max(size[place], 1), *divmod(place, n)


def the_smallest(labels, tags, right):
    n, size, hits = shares_by_group(labels, tags, right)
    place = int(np.where(size > 0, size, 99).argmin())
    return hits[place] / size[place], *divmod(place, n)


def turned_round(labels, tags, right):
    score, label, tag = by_a_dictionary(labels, tags, right)
    return score, tag, label


def last_of_equals(labels, tags, right):
    score, label, tag = by_a_dictionary(-labels, -tags, right)
    return score, -label, -tag


def accuracy_alone(labels, tags, right):
    return by_a_dictionary(labels, tags, right)[0]
