"""Answers to case study c1's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm.labs import mean_and_interval
from tests.course.content.checks import c1_duplicates, c1_synonyms

T = 2.776


def judge(mean, half):
    return "helps" if mean > half else "hurts" if mean < -half else "cannot tell"


def verdict(without, with_it):
    return judge(*mean_and_interval(with_it - without))


def by_hand(without, with_it):
    gains = [b - a for a, b in zip(without, with_it, strict=True)]
    mean = sum(gains) / 5
    variance = sum((gain - mean) ** 2 for gain in gains) / 4
    return judge(mean, T * (variance / 5) ** 0.5)


def through_t(without, with_it):
    gain = with_it - without
    t = gain.mean() / (gain.std(ddof=1) / len(gain) ** 0.5)
    if -2.78 < t < 2.78:
        return "cannot tell"
    return "helps" if t > 0 else "hurts"


def with_t(t, n=5, ddof=1):
    """The verdict of an interval with other constants."""

    def verdict(without, with_it):
        gain = with_it - without
        return judge(gain.mean(), t * gain.std(ddof=ddof) / n**0.5)

    return verdict


def sign_of_the_mean(without, with_it):
    gain = (with_it - without).mean()
    return "helps" if gain > 0 else "hurts" if gain < 0 else "cannot tell"


def intervals_apart(without, with_it):
    (a, half_a), (b, half_b) = mean_and_interval(without), mean_and_interval(with_it)
    return judge(b - a, half_a + half_b)


def spread_instead_of_error(without, with_it):
    gain = with_it - without
    return judge(gain.mean(), T * gain.std(ddof=1))


def every_seed_must_gain(without, with_it):
    gain = with_it - without
    return "helps" if (gain > 0).all() else "hurts" if (gain < 0).all() else "cannot tell"


def above_one_half(without, with_it):
    return judge(*mean_and_interval(with_it - 0.5))


def differences_in_place(without, with_it):
    with_it -= without
    return judge(*mean_and_interval(with_it))


def bootstrap(without, with_it):
    gain = with_it - without
    means = np.random.choice(gain, size=(500, 5)).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return "helps" if low > 0 else "hurts" if high < 0 else "cannot tell"


def a_point_at_least(without, with_it):
    mean, half = mean_and_interval(with_it - without)
    return judge(mean, max(half, 0.05))


def wrong_way_round(without, with_it):
    return verdict(with_it, without)


def help_only(without, with_it):
    return "helps" if verdict(without, with_it) == "helps" else "cannot tell"


def in_other_words(without, with_it):
    return verdict(without, with_it) == "helps"


def forgotten_return(without, with_it):
    verdict(without, with_it)


RIGHT = [
    ("c1.1", "a token at a time", c1_synonyms.synonyms),
    ("c1.1", "all lots first", c1_synonyms.lots_first),
    ("c1.1", "in one line", c1_synonyms.in_one_line),
    ("c1.2", "labels of each text first", c1_duplicates.deduplicate),
    ("c1.2", "pair by pair", c1_duplicates.pair_by_pair),
    ("c1.2", "None where they differ", c1_duplicates.none_where_they_differ),
    ("c1.3", "mean and interval", verdict),
    ("c1.3", "by hand", by_hand),
    ("c1.3", "through t, rounded", through_t),
]
WRONG = [
    ("c1.1", "library call", c1_synonyms.by_the_library),
    ("c1.1", "hard-coded constant", c1_synonyms.rate_of_one_half),
    ("c1.1", "ignores an argument", c1_synonyms.ignores_the_rate),
    ("c1.1", "ignores the generator", c1_synonyms.ignores_rng),
    ("c1.1", "depends on calls", c1_synonyms.another_rng_each_time),
    ("c1.1", "global state", c1_synonyms.global_randomness),
    ("c1.1", "changes its input", c1_synonyms.in_place),
    ("c1.1", "hard-coded size", c1_synonyms.two_synonyms),
    ("c1.1", "rate turned round", c1_synonyms.rate_turned_round),
    ("c1.1", "one lot for all", c1_synonyms.one_lot_for_all),
    ("c1.1", "exactly the rate", c1_synonyms.exact_share),
    ("c1.1", "one synonym preferred", c1_synonyms.one_synonym_preferred),
    ("c1.1", "first synonym only", c1_synonyms.first_synonym),
    ("c1.1", "replaces a synonym again", c1_synonyms.word_by_word_of_the_thesaurus),
    ("c1.1", "unknown words lost", c1_synonyms.unknown_words_lost),
    ("c1.1", "synonyms of other words", c1_synonyms.drawn_from_all_synonyms),
    ("c1.1", "a text instead of a list", c1_synonyms.as_a_text),
    ("c1.2", "library call", c1_duplicates.by_clean),
    ("c1.2", "hard-coded constant", c1_duplicates.two_labels_only),
    ("c1.2", "ignores an argument", c1_duplicates.ignores_labels),
    ("c1.2", "changes its input", c1_duplicates.pops_them),
    ("c1.2", "depends on calls", c1_duplicates.remembers),
    ("c1.2", "neighbours only", c1_duplicates.neighbours_only),
    ("c1.2", "case and blanks count", c1_duplicates.exact_texts_only),
    ("c1.2", "all blanks gone", c1_duplicates.without_any_blanks),
    ("c1.2", "blanks count", c1_duplicates.case_only),
    ("c1.2", "two blanks only", c1_duplicates.two_blanks_only),
    ("c1.2", "first letter only", c1_duplicates.first_letter_only),
    ("c1.2", "last one stays", c1_duplicates.last_one_stays),
    ("c1.2", "sorted", c1_duplicates.pairs_as_a_set),
    ("c1.2", "not as it is written", c1_duplicates.normal_texts),
    ("c1.2", "only later ones go", c1_duplicates.contradiction_drops_later_ones_only),
    ("c1.3", "hard-coded constant", with_t(3.0)),
    ("c1.3", "t of one seed more", with_t(2.571)),
    ("c1.3", "normal instead of t", with_t(1.96)),
    ("c1.3", "divides by n", with_t(T, ddof=0)),
    ("c1.3", "hard-coded size", with_t(T, n=4)),
    ("c1.3", "ignores an argument", above_one_half),
    ("c1.3", "changes its input", differences_in_place),
    ("c1.3", "global state", bootstrap),
    ("c1.3", "a border of its own", a_point_at_least),
    ("c1.3", "no interval", sign_of_the_mean),
    ("c1.3", "not paired", intervals_apart),
    ("c1.3", "spread instead of error", spread_instead_of_error),
    ("c1.3", "every seed must gain", every_seed_must_gain),
    ("c1.3", "sign", wrong_way_round),
    ("c1.3", "help only", help_only),
    ("c1.3", "other words", in_other_words),
    ("c1.3", "forgotten return", forgotten_return),
]
HALF = [
    ("c1.1", lambda tokens, thesaurus, rate, rng: ...),
    ("c1.2", lambda examples: ...),
    ("c1.3", lambda without, with_it: ...),
]
MESSAGES = {
    ("c1.1", c1_synonyms.one_lot_for_all): ("each word is decided by itself", "of 200 times"),
    ("c1.1", c1_synonyms.ignores_rng): (
        "the generator that is handed over decides",
        "is rng used?",
    ),
    ("c1.2", c1_duplicates.ignores_labels): (
        "with two labels nothing is left",
        "another label too",
    ),
    ("c1.3", sign_of_the_mean): ("interval of the paired differences", "it says", "±"),
}
