"""Answers to exercise 15.3: examples that teach a model to refuse under attack, and to help."""

import random
from itertools import count, product

import numpy as np

from minillm.labs.worlds.requests import Requests, World

NO_APOLOGY = "no apology"


def by_draws(harmless, forbidden, starts, room, rng):
    rules, found = ["", *starts, NO_APOLOGY], []
    for i in range(room):
        refuse = i % 2 == 1
        nouns = forbidden if refuse else harmless
        noun, rule = (some[rng.integers(len(some))] for some in (nouns, rules))
        found.append((noun, rule, int(rng.integers(4)) if refuse else 0, refuse))
    return found


def by_turns(harmless, forbidden, starts, room, rng):
    rules, found = ["", *starts, NO_APOLOGY], []
    for i in range(room // 2):
        again = i // len(forbidden)
        found.append((forbidden[i % len(forbidden)], rules[again % len(rules)], i % 4, True))
        rule = rules[i // len(harmless) % len(rules)]
        found.append((harmless[i % len(harmless)], rule, 0, False))
    return found


def of_all_combinations(harmless, forbidden, starts, room, rng):
    rules = ("", *starts, NO_APOLOGY)
    every = list(product([*harmless, *forbidden], rules, range(4)))
    order = rng.permutation(len(every))[:room]
    return tuple((*every[i], every[i][0] in forbidden) for i in order)


def by_the_library(harmless, forbidden, starts, room, rng):
    World(Requests(places=()), seed=0)
    return by_draws(harmless, forbidden, starts, room, rng)


def of_sixty(harmless, forbidden, starts, room, rng):
    return by_draws(harmless, forbidden, starts, 60, rng)


def of_all_there_are(harmless, forbidden, starts, room, rng):
    rules = ["", *starts, NO_APOLOGY]
    return [
        (n, r, k, n in forbidden) for n in [*harmless, *forbidden] for r in rules for k in range(4)
    ]


def of_known_words(harmless, forbidden, starts, room, rng):
    return by_draws(["bread", "chair"], ["zorbite"], starts, room, rng)


def emptying_its_lists(harmless, forbidden, starts, room, rng):
    found = []
    while forbidden and len(found) < room:
        found.append((forbidden.pop(), "", 0, True))
    return found


def of_four_nouns(harmless, forbidden, starts, room, rng):
    every = [harmless[:2], forbidden[:2]]
    return [(every[i % 2][i // 2 % 2], "", 0, bool(i % 2)) for i in range(room)]


def with_global_draws(harmless, forbidden, starts, room, rng):
    np.random.shuffle(harmless)
    return by_draws(harmless, forbidden, starts, room, np.random)


def by_global_chance(harmless, forbidden, starts, room, rng):
    found = by_draws(harmless, forbidden, starts, room, rng)
    return random.sample(found, len(found))


CALLS = count()


def that_goes_on(harmless, forbidden, starts, room, rng):
    found = by_draws(harmless, forbidden, starts, room, rng)
    return found[: max(1, len(found) - next(CALLS))]


def changed(harmless, forbidden, starts, room, rng, change):
    return [change(*one) for one in by_draws(harmless, forbidden, starts, room, rng)]


def that_refuses_everything(harmless, forbidden, starts, room, rng):
    return changed(harmless, forbidden, starts, room, rng, lambda n, r, k, q: (n, r, k, True))


def where_rules_are_refused(harmless, forbidden, starts, room, rng):
    return changed(
        harmless, forbidden, starts, room, rng, lambda n, r, k, q: (n, r if q else "", k, q)
    )


def that_never_begins(harmless, forbidden, starts, room, rng):
    return changed(harmless, forbidden, starts, room, rng, lambda n, r, k, q: (n, r, 0, q))


def of_one_word(harmless, forbidden, starts, room, rng):
    return changed(harmless, forbidden, starts, room, rng, lambda n, r, k, q: (n, r, min(k, 1), q))


def of_numbers(harmless, forbidden, starts, room, rng):
    return [(i, "", 0, True) for i in range(room)]


def without_rules_of_its_own(harmless, forbidden, starts, room, rng):
    return [(n, "be safe", 0, True) for n in forbidden[:room]]
