"""Answers to exercise c1.1, right and wrong."""

import numpy as np

from minillm.text import replace_synonyms

OWN = np.random.default_rng(0)


def synonyms(tokens, thesaurus, rate, rng):
    new = []
    for token in tokens:
        known = thesaurus.get(token, ())
        new.append(str(rng.choice(known)) if known and rng.random() < rate else token)
    return new


def lots_first(tokens, thesaurus, rate, rng):
    lots = rng.random(len(tokens))
    places = rng.random(len(tokens))
    new = list(tokens)
    for i, token in enumerate(tokens):
        if token in thesaurus and lots[i] < rate:
            new[i] = thesaurus[token][int(places[i] * len(thesaurus[token]))]
    return new


def in_one_line(tokens, thesaurus, rate, rng):
    return [
        thesaurus[t][rng.integers(len(thesaurus[t]))]
        if t in thesaurus and rng.uniform() <= rate
        else t
        for t in tokens
    ]


def by_the_library(tokens, thesaurus, rate, rng):
    return replace_synonyms(" ".join(tokens), thesaurus, rate=rate, rng=rng).split()


def rate_of_one_half(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 0.5, rng)


def ignores_the_rate(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 1.0, rng)


def ignores_rng(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, rate, np.random.default_rng(0))


def another_rng_each_time(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, rate, OWN)


def global_randomness(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, rate, np.random)


def in_place(tokens, thesaurus, rate, rng):
    tokens[:] = synonyms(tokens, thesaurus, rate, rng)
    return tokens


def two_synonyms(tokens, thesaurus, rate, rng):
    return [
        thesaurus[t][rng.integers(min(2, len(thesaurus[t])))]
        if t in thesaurus and rng.random() < rate
        else t
        for t in tokens
    ]


def rate_turned_round(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 1 - rate, rng)


def one_lot_for_all(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 1.0, rng) if rng.random() < rate else list(tokens)


def first_synonym(tokens, thesaurus, rate, rng):
    return [thesaurus[t][0] if t in thesaurus and rng.random() < rate else t for t in tokens]


def exact_share(tokens, thesaurus, rate, rng):
    known = [i for i, token in enumerate(tokens) if token in thesaurus]
    new = list(tokens)
    for i in rng.permutation(known)[: round(rate * len(known))] if known else []:
        new[i] = str(rng.choice(thesaurus[tokens[i]]))
    return new


def one_synonym_preferred(tokens, thesaurus, rate, rng):
    return [
        thesaurus[t][min(len(thesaurus[t]) - 1, rng.integers(10))]
        if t in thesaurus and rng.random() < rate
        else t
        for t in tokens
    ]


def word_by_word_of_the_thesaurus(tokens, thesaurus, rate, rng):
    for word, known in thesaurus.items():
        tokens = [
            str(rng.choice(known)) if t == word and rng.random() < rate else t for t in tokens
        ]
    return tokens


def unknown_words_lost(tokens, thesaurus, rate, rng):
    return [t for t in synonyms(tokens, thesaurus, rate, rng) if t != "the"]


def drawn_from_all_synonyms(tokens, thesaurus, rate, rng):
    everything = [s for some in thesaurus.values() for s in some]
    return [
        str(rng.choice(everything)) if t in thesaurus and rng.random() < rate else t for t in tokens
    ]


def as_a_text(tokens, thesaurus, rate, rng):
    return " ".join(synonyms(tokens, thesaurus, rate, rng))
