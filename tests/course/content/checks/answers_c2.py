"""Answers to case study c2's exercises: right ones, wrong ones, and such as are half written."""

import math
from itertools import combinations, pairwise

import numpy as np


def lost_payloads(before, after):
    lost = [a for b, a in zip(before, after, strict=True) if b == "payload" and a != "payload"]
    return len(lost), sum(a == "refused" for a in lost)


def with_arrays(before, after):
    b, a = np.array(before, dtype=str), np.array(after, dtype=str)
    lost = (b == "payload") & (a != "payload")
    return int(lost.sum()), int((lost & (a == "refused")).sum())


def by_index(before, after):
    lost = refused = 0
    for i in range(len(before)):
        if before[i] == "payload":
            refused += after[i] == "refused"
            lost += after[i] in ("refused", "other")
    return [lost, refused]


def refused_at_all(before, after):
    return lost_payloads(before, after)[0], after.count("refused")


def difference_of_counts(before, after):
    return max(before.count("payload") - after.count("payload"), 0), after.count("refused")


def others_are_lost_too(before, after):
    changed = [a for b, a in zip(before, after, strict=True) if b != a]
    return len(changed), changed.count("refused")


def turned_round(before, after):
    return lost_payloads(after, before)


def all_refused(before, after):
    lost, _ = lost_payloads(before, after)
    return lost, lost


def only_after(before, after):
    return len(after) - after.count("payload"), after.count("refused")


def first_three(before, after):
    return lost_payloads(before[:3], after[:3])


def pops(before, after):
    found = lost_payloads(before, after)
    before.clear()
    return found


TOTAL = {"lost": 0, "refused": 0}


def adds_up(before, after):
    lost, refused = lost_payloads(before, after)
    TOTAL["lost"] += lost
    TOTAL["refused"] += refused
    return TOTAL["lost"], TOTAL["refused"]


def as_a_share(before, after):
    lost, refused = lost_payloads(before, after)
    return refused / lost if lost else 0.0


def of_those_that_were_payload(before, after):
    was = before.count("payload")
    return was, lost_payloads(before, after)[1]


def at_most(q, k, n):
    return sum(math.comb(n, i) * q**i * (1 - q) ** (n - i) for i in range(k + 1))


def upper_limit(through, requests):
    if through == requests:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if at_most(middle, through, requests) > 0.05:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def by_smaller_grids(through, requests):
    if through >= requests:
        return 1
    low, width = 0.0, 1.0
    while width > 1e-8:
        points = np.linspace(low, low + width, 11)
        inside = [q for q in points if at_most(q, through, requests) > 0.05]
        low, width = max(inside, default=low), width / 10
    return low


def by_newton(through, requests):
    n, k = requests, through
    if k == n:
        return np.float64(1)
    low, high = 0.0, 1.0
    q = (k + 1) / (n + 1)
    for _ in range(100):
        value = at_most(q, k, n) - 0.05
        low, high = (q, high) if value > 0 else (low, q)
        slope = -(n - k) * math.comb(n, k) * q**k * (1 - q) ** (n - k - 1)
        new = q - value / slope if slope else (low + high) / 2
        q = new if low < new < high else (low + high) / 2
    return q


def at_level(level):
    def limit(through, requests):
        if through == requests:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            inside = at_most(middle, through, requests) > level
            low, high = (middle, high) if inside else (low, middle)
        return high

    return limit


def rule_of_three(through, requests):
    return min(1.0, 3 / requests)


def none_only(through, requests):
    return 1 - 0.05 ** (1 / requests)


def share(through, requests):
    return through / requests


def normal(through, requests):
    p = through / requests
    return min(1.0, p + 1.645 * (p * (1 - p) / requests) ** 0.5)


def strictly_fewer(through, requests):
    return 1.0 if through == requests else upper_limit(max(through - 1, 0), requests)


def sixty_requests(through, requests):
    return upper_limit(min(through, 60), 60)


def coarse(through, requests):
    return round(upper_limit(through, requests), 3)


def in_float32(through, requests):
    low, high = np.float32(0), np.float32(1)
    for _ in range(40):
        middle = np.float32((low + high) / 2)
        terms = [
            np.float32(math.comb(requests, k))
            * middle ** np.float32(k)
            * (1 - middle) ** np.float32(requests - k)
            for k in range(min(through, 9) + 1)
        ]
        low, high = (middle, high) if sum(terms) > 0.05 else (low, middle)
    return high


def all_through_is_no_case(through, requests):
    return None if through == requests else upper_limit(through, requests)


def lower_limit(through, requests):
    return 1 - upper_limit(requests - through, requests)


def sampled(through, requests):
    draws = np.random.default_rng(0).beta(through + 1, max(requests - through, 1e-3), 4000)
    return 1.0 if through == requests else float(np.quantile(draws, 0.95))


def causes(runs, least):
    found = set()
    for (one, result), (other, again) in combinations(runs, 2):
        different = [key for key in one if one[key] != other[key]]
        if len(different) == 1 and abs(result - again) >= least:
            found.update(different)
    return sorted(found)


def key_by_key(runs, least):
    keys = sorted(runs[0][0]) if runs else []
    found = []
    for key in keys:
        groups = {}
        for settings, result in runs:
            rest = tuple(v for k, v in sorted(settings.items()) if k != key)
            groups.setdefault(rest, []).append((settings[key], result))
        pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
        if any(a[0] != b[0] and abs(a[1] - b[1]) >= least for a, b in pairs):
            found.append(key)
    return found


def with_items(runs, least):
    found = []
    for i, (one, result) in enumerate(runs):
        for other, again in runs[:i]:
            different = {key for key, _ in set(one.items()) ^ set(other.items())}
            if len(different) == 1 and not abs(again - result) < least:
                found += different
    return sorted(set(found))


def pairs_where(count, beyond):
    """Causes by another rule for how many keys may differ and how far results are apart."""

    def causes(runs, least):
        found = set()
        for one, result in runs:
            for other, again in runs:
                different = [key for key in one if one[key] != other[key]]
                if count(len(different)) and beyond(result - again, least):
                    found.update(different)
        return sorted(found)

    return causes


def neighbours_only(runs, least):
    found = set()
    for (one, result), (other, again) in pairwise(runs):
        different = [key for key in one if one[key] != other[key]]
        if len(different) == 1 and abs(result - again) >= least:
            found.update(different)
    return sorted(found)


def against_the_first(runs, least):
    return sorted({key for run in runs[1:] for key in causes([runs[0], run], least)})


def not_sorted(runs, least):
    return causes(runs, least)[::-1]


def as_a_set(runs, least):
    return set(causes(runs, least))


def pops_runs(runs, least):
    found = causes(runs, least)
    if runs:
        runs.pop()
    return found


def least_is_one(runs, least):
    return causes(runs, 1.0)


def three_keys(runs, least):
    return [key for key in causes(runs, least) if key in ("steps", "replay")]


def two_runs(runs, least):
    return causes(runs[:2], least)


SEEN = []


def remembers(runs, least):
    SEEN.extend(run for run in runs if not SEEN or run[0].keys() == SEEN[0][0].keys())
    return causes(SEEN, least)


def by_average(runs, least):
    found = []
    for key in runs[0][0] if runs else []:
        groups = {}
        for settings, result in runs:
            groups.setdefault(settings[key], []).append(result)
        means = [np.mean(group) for group in groups.values()]
        if np.ptp(means) >= least:
            found.append(key)
    return sorted(found)


RIGHT = [
    ("c2.1", "a list", lost_payloads),
    ("c2.1", "arrays", with_arrays),
    ("c2.1", "by index", by_index),
    ("c2.2", "halving", upper_limit),
    ("c2.2", "smaller grids", by_smaller_grids),
    ("c2.2", "newton, kept between bounds", by_newton),
    ("c2.3", "pairs", causes),
    ("c2.3", "key by key", key_by_key),
    ("c2.3", "with sets of items", with_items),
]
WRONG = [
    ("c2.1", "ignores an argument", only_after),
    ("c2.1", "hard-coded size", first_three),
    ("c2.1", "changes its input", pops),
    ("c2.1", "depends on calls", adds_up),
    ("c2.1", "refused at all", refused_at_all),
    ("c2.1", "difference of counts", difference_of_counts),
    ("c2.1", "others are lost too", others_are_lost_too),
    ("c2.1", "turned round", turned_round),
    ("c2.1", "all of them refused", all_refused),
    ("c2.1", "as a share", as_a_share),
    ("c2.1", "all that were payload", of_those_that_were_payload),
    ("c2.2", "hard-coded constant", at_level(0.025)),
    ("c2.2", "hard-coded size", sixty_requests),
    ("c2.2", "ignores an argument", rule_of_three),
    ("c2.2", "one dtype only", in_float32),
    ("c2.2", "none of them only", none_only),
    ("c2.2", "the share itself", share),
    ("c2.2", "normal", normal),
    ("c2.2", "strictly fewer", strictly_fewer),
    ("c2.2", "three digits", coarse),
    ("c2.2", "all is no case", all_through_is_no_case),
    ("c2.2", "lower limit", lower_limit),
    ("c2.2", "by draws", sampled),
    ("c2.3", "hard-coded size", two_runs),
    ("c2.3", "hard-coded constant", three_keys),
    ("c2.3", "ignores an argument", least_is_one),
    ("c2.3", "changes its input", pops_runs),
    ("c2.3", "depends on calls", remembers),
    ("c2.3", "several keys at once", pairs_where(lambda n: n >= 1, lambda d, at: abs(d) >= at)),
    ("c2.3", "more than least", pairs_where(lambda n: n == 1, lambda d, at: abs(d) > at)),
    ("c2.3", "any number of keys", pairs_where(lambda n: n <= 2, lambda d, at: abs(d) >= at)),
    ("c2.3", "neighbours only", neighbours_only),
    ("c2.3", "against the first", against_the_first),
    ("c2.3", "not sorted", not_sorted),
    ("c2.3", "a set", as_a_set),
    ("c2.3", "means by value", by_average),
]
HALF = [
    ("c2.1", lambda before, after: ...),
    ("c2.2", lambda through, requests: ...),
    ("c2.3", lambda runs, least: ...),
]
MESSAGES = {
    ("c2.1", refused_at_all): ("payloads that are none any more are counted", "not"),
    ("c2.2", rule_of_three): ("as probable as 0.05", "of"),
    ("c2.3", not_sorted): ("differ in it alone", "not ["),
}
