"""Accuracy with the negated sentences apart: there the order of the words decides."""

import itertools

import numpy as np
import pytest

from minillm.labs.learners import SmallBert, accuracies, bert_fit
from minillm.tasks import bag_of_words_learner
from minillm.text import Example, require_disjoint

GOOD = ("bright", "tidy", "warm", "lively", "fresh")
BAD = ("gloomy", "filthy", "cold", "dull", "stale")
BERT = SmallBert(width=16, n_heads=2, max_length=8, updates=150, learning_rate=1e-2)


def reviews():
    """Training and test: "not cold but warm" beside its twin, and "warm and tidy"."""
    rng = np.random.default_rng(0)
    plain = [
        Example(f"{a} and {b}", label)
        for words, label in ((GOOD, "positive"), (BAD, "negative"))
        for a, b in itertools.permutations(words, 2)
    ]
    negated = [
        [
            Example(f"not {bad} but {good}", "positive"),
            Example(f"not {good} but {bad}", "negative"),
        ]
        for good, bad in itertools.product(GOOD, BAD)
    ]
    parts = [[], []]
    for kind, held_out in (([[e] for e in plain], 10), (negated, 6)):
        for place, i in enumerate(rng.permutation(len(kind))):
            parts[place < held_out] += kind[i]
    return parts


@pytest.mark.guide("G37")
def test_of_negated_reviews_a_bag_of_words_is_right_half_the_time_and_bert_always():
    train, test = reviews()
    require_disjoint(train=train, test=test)
    negated = np.array([text.startswith("not") for text, _ in test])
    groups = {"plain": ~negated, "negation": negated}
    assert [int(mask.sum()) for mask in groups.values()] == [10, 12]
    assert accuracies(bag_of_words_learner(l2=0.001), train, test, groups) == [1.0, 0.5]
    assert accuracies(bert_fit(BERT, seed=0), train, test, groups) == [1.0, 1.0]
