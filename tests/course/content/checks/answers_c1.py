"""Answers to case study c1's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm.labs import mean_and_interval


def synonyms(tokens, thesaurus, rate, rng):
    new = []
    for token in tokens:
        known = thesaurus.get(token, ())
        new.append(str(rng.choice(known)) if known and rng.random() < rate else token)
    return new


def ignores_the_rate(tokens, thesaurus, rate, rng):
    return [str(rng.choice(thesaurus[t])) if t in thesaurus else t for t in tokens]


def rate_turned_round(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 1 - rate, rng)


def one_lot_for_all(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, 1.0, rng) if rng.random() < rate else list(tokens)


def first_synonym(tokens, thesaurus, rate, rng):
    return [thesaurus[t][0] if t in thesaurus and rng.random() < rate else t for t in tokens]


def global_randomness(tokens, thesaurus, rate, rng):
    return synonyms(tokens, thesaurus, rate, np.random.default_rng())


def in_place(tokens, thesaurus, rate, rng):
    tokens[:] = synonyms(tokens, thesaurus, rate, rng)
    return tokens


def unknown_words_lost(tokens, thesaurus, rate, rng):
    return [t for t in synonyms(tokens, thesaurus, rate, rng) if t != "the"]


def drawn_from_all_synonyms(tokens, thesaurus, rate, rng):
    everything = [s for synonyms in thesaurus.values() for s in synonyms]
    known = [t in thesaurus and rng.random() < rate for t in tokens]
    return [str(rng.choice(everything)) if k else t for t, k in zip(tokens, known, strict=True)]


def as_a_text(tokens, thesaurus, rate, rng):
    return " ".join(synonyms(tokens, thesaurus, rate, rng))


def key(text):
    return " ".join(text.lower().split())


def deduplicate(examples, key=key):
    labels = {}
    for text, label in examples:
        labels.setdefault(key(text), set()).add(label)
    kept = {}
    for text, label in examples:
        if len(labels[key(text)]) == 1:
            kept.setdefault(key(text), (text, label))
    return list(kept.values())


def exact_texts_only(examples):
    return deduplicate(examples, key=lambda text: text)


def without_any_blanks(examples):
    return deduplicate(examples, key=lambda text: "".join(text.lower().split()))


def case_only(examples):
    return deduplicate(examples, key=str.lower)


def last_one_stays(examples):
    return list({key(text): (text, label) for text, label in deduplicate(examples[::-1])}.values())[
        ::-1
    ]


def first_label_stays(examples):
    kept = {}
    for text, label in examples:
        kept.setdefault(key(text), (text, label))
    return list(kept.values())


def pairs_as_a_set(examples):
    return sorted(set(deduplicate(examples)))


def normal_texts(examples):
    return [(key(text), label) for text, label in deduplicate(examples)]


def contradiction_drops_later_ones_only(examples):
    kept = {}
    for text, label in examples:
        first = kept.setdefault(key(text), (text, label))
        if first[1] != label:
            kept[key(text)] = (text, label)
    return [pair for pair in examples if pair in kept.values()]


def verdict(without, with_it):
    mean, half = mean_and_interval(with_it - without)
    return "helps" if mean > half else "hurts" if mean < -half else "cannot tell"


def sign_of_the_mean(without, with_it):
    gain = (with_it - without).mean()
    return "helps" if gain > 0 else "hurts" if gain < 0 else "cannot tell"


def intervals_apart(without, with_it):
    (a, half_a), (b, half_b) = mean_and_interval(without), mean_and_interval(with_it)
    return (
        "helps"
        if b - half_b > a + half_a
        else "hurts"
        if b + half_b < a - half_a
        else "cannot tell"
    )


def normal_instead_of_t(without, with_it):
    gain = with_it - without
    half = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5
    return "helps" if gain.mean() > half else "hurts" if gain.mean() < -half else "cannot tell"


def spread_instead_of_error(without, with_it):
    gain = with_it - without
    half = 2.776 * gain.std(ddof=1)
    return "helps" if gain.mean() > half else "hurts" if gain.mean() < -half else "cannot tell"


def every_seed_must_gain(without, with_it):
    gain = with_it - without
    return "helps" if (gain > 0).all() else "hurts" if (gain < 0).all() else "cannot tell"


def wrong_way_round(without, with_it):
    return verdict(with_it, without)


def help_only(without, with_it):
    return "helps" if verdict(without, with_it) == "helps" else "cannot tell"


def in_other_words(without, with_it):
    return verdict(without, with_it) == "helps"


RIGHT = {"c1.1": (synonyms,), "c1.2": (deduplicate,), "c1.3": (verdict,)}
WRONG = [
    *(("c1.1", (f,)) for f in (ignores_the_rate, rate_turned_round, one_lot_for_all)),
    *(("c1.1", (f,)) for f in (first_synonym, global_randomness, in_place)),
    *(("c1.1", (f,)) for f in (unknown_words_lost, drawn_from_all_synonyms, as_a_text)),
    *(("c1.2", (f,)) for f in (exact_texts_only, without_any_blanks, case_only)),
    *(("c1.2", (f,)) for f in (last_one_stays, first_label_stays, pairs_as_a_set)),
    *(("c1.2", (f,)) for f in (normal_texts, contradiction_drops_later_ones_only)),
    *(("c1.3", (f,)) for f in (sign_of_the_mean, intervals_apart, normal_instead_of_t)),
    *(("c1.3", (f,)) for f in (spread_instead_of_error, every_seed_must_gain)),
    *(("c1.3", (f,)) for f in (wrong_way_round, help_only, in_other_words)),
]
HALF = [
    ("c1.1", (lambda tokens, thesaurus, rate, rng: ...,)),
    ("c1.2", (lambda examples: ...,)),
    ("c1.3", (lambda without, with_it: ...,)),
]
MESSAGES = {
    ("c1.1", one_lot_for_all): ("each word is decided by itself", "word = 'dull'", "of 600 times"),
    ("c1.2", first_label_stays): ("with two labels nothing is left", "another label too"),
    ("c1.3", sign_of_the_mean): ("interval of the paired differences", "it says", "+-"),
}
