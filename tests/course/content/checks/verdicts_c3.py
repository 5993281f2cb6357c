"""Answers to exercise c3.3: which suspect is a cause."""

import math

import numpy as np


def word(mean, half, least):
    if abs(mean) >= least and abs(mean) > half:
        return "cause"
    return "near" if abs(mean) + half <= least else "undecided"


def half_of(d, t):
    return t * d.std(ddof=1) / math.sqrt(len(d))


def one_by_one(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        found[name] = word(d.mean(), half_of(d, t), least)
    return found


def by_both_ends(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        low, high = d.mean() - half_of(d, t), d.mean() + half_of(d, t)
        away = not low <= 0 <= high
        if away and not -least < d.mean() < least:
            found[name] = "cause"
        else:
            found[name] = "near" if -least <= low and high <= least else "undecided"
    return found


def by_hand(base, changed, least, t):
    n, found = len(base), dict.fromkeys(changed, "undecided")
    for name in changed:
        d = [a - b for a, b in zip(changed[name].tolist(), base.tolist(), strict=True)]
        mean = sum(d) / n
        half = t * math.sqrt(sum((x - mean) ** 2 for x in d) / (n - 1) / n)
        if abs(mean) + half <= least:
            found[name] = "near"
        if abs(mean) >= least and abs(mean) > half:
            found[name] = "cause"
    return found


def of_two_seeds(base, changed, least, t):
    return one_by_one(base[:2], {k: v[:2] for k, v in changed.items()}, least, t)


def with_t_two(base, changed, least, t):
    return one_by_one(base, changed, least, 1.96)


def without_least(base, changed, least, t):
    return one_by_one(base, changed, 1.25, t)


def without_base(base, changed, least, t):
    return one_by_one(np.zeros_like(base), changed, least, t)


def in_place(base, changed, least, t):
    for after in changed.values():
        after -= base
    return one_by_one(np.zeros_like(base), changed, least, t)


CALLS = []


def that_counts(base, changed, least, t):
    CALLS.append(base)
    found = one_by_one(base, changed, least, t)
    return found if len(CALLS) % 2 else dict.fromkeys(found, "undecided")


def by_the_mean(base, changed, least, t):
    means = {name: (after - base).mean() for name, after in changed.items()}
    return {name: "cause" if abs(m) >= least else "near" for name, m in means.items()}


def by_the_interval(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        found[name] = "cause" if abs(d.mean()) > half_of(d, t) else word(d.mean(), 99, least)
    return found


def ups_only(base, changed, least, t):
    found = one_by_one(base, changed, least, t)
    down = {name for name, after in changed.items() if (after - base).mean() < 0}
    return {name: "near" if name in down else word for name, word in found.items()}


def without_undecided(base, changed, least, t):
    found = one_by_one(base, changed, least, t)
    return {name: "near" if word == "undecided" else word for name, word in found.items()}


def not_found_is_near(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        found[name] = "near" if abs(d.mean()) <= half_of(d, t) else word(d.mean(), 0, least)
    return found


def without_root(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        found[name] = word(d.mean(), t * d.std(ddof=1), least)
    return found


def divided_by_n(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        d = after - base
        found[name] = word(d.mean(), t * d.std() / math.sqrt(len(d)), least)
    return found


def not_paired(base, changed, least, t):
    found = {}
    for name, after in changed.items():
        error = math.sqrt((after.var(ddof=1) + base.var(ddof=1)) / len(base))
        found[name] = word(after.mean() - base.mean(), t * error, least)
    return found


def as_a_list(base, changed, least, t):
    return list(one_by_one(base, changed, least, t).values())
