"""Two aspects: what sentences say, and the most that one number for two heads can do."""

from itertools import permutations

import numpy as np
import pytest

from minillm.labs.worlds.aspects import WORDS, Aspects, ceiling, least_errors, least_losses

PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_are_those_of_the_words(language):
    every = Aspects(language).every()
    assert len(set(every.texts)) == len(every.ids) == 2048
    for task, (_, praise, blame) in enumerate(WORDS[language]):
        for word, label in [(w, 1) for w in praise.split()] + [(w, 0) for w in blame.split()]:
            has = (every.ids == every.words.index(word)).any(axis=1)
            assert has.sum() == 256 and (every.labels[has, task] == label).all()


def test_the_sentences_can_be_read_in_both_orders():
    texts = Aspects("en").every().texts
    assert texts[0] == "The soup was really tasty and the waiter was really friendly."
    assert texts[1] == "The waiter was really friendly and the soup was really tasty."
    assert Aspects("zh").every().texts[0] == "这里的汤真美味，这里的服务员真热情。"


@pytest.mark.parametrize("differ", [0.0, 0.3, 0.5, 1.0])
def test_labels_differ_as_often_as_wanted(differ):
    every = Aspects(differ=differ).every()
    food, service = every.labels.T
    assert every.chances[food != service].sum() == pytest.approx(differ)
    assert every.chances @ every.labels == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(("language", "differ", "says"), [("fr", 0.5, "en, zh"), ("en", -1, "-1")])
def test_another_language_and_another_probability_are_refused(language, differ, says):
    with pytest.raises(ValueError, match=says):
        Aspects(language, differ).every()


@pytest.mark.parametrize("differ", [0.2, 0.5, 0.9])
def test_the_bound_is_what_all_orders_and_thresholds_leave(differ):
    """Pairs of labels on a line in any order, both heads with any threshold and direction."""
    chances = [differ / 2 if a != b else (1 - differ) / 2 for a, b in PAIRS]
    cuts = [np.arange(4) >= k for k in range(5)]
    guesses = [cut ^ turned for cut in cuts for turned in (False, True)]
    least = min(
        sum(
            c * ((p[0] != a) + (p[1] != b))
            for p, c, a, b in zip(order, weights, one, two, strict=True)
        )
        for places in permutations(range(4))
        for order, weights in [([PAIRS[i] for i in places], [chances[i] for i in places])]
        for one in guesses
        for two in guesses
    )
    assert least == pytest.approx(least_errors(differ))
    assert ceiling(differ) == pytest.approx(1 - least / 2)
    assert ceiling(0.5) == 0.875


def losses_of(numbers, heads, differ):
    """Both cross-entropies, if each pair of labels has one of these numbers."""
    found = np.zeros(2)
    for (one, two), z in zip(PAIRS, numbers, strict=True):
        chance = differ / 2 if one != two else (1 - differ) / 2
        for task, (label, (slope, shift)) in enumerate(zip((one, two), heads, strict=True)):
            logit = slope * z + shift
            found[task] += chance * np.logaddexp(0, -logit if label else logit)
    return found


@pytest.mark.parametrize("differ", [0.2, 0.5, 0.7])
def test_no_number_and_no_heads_have_lower_losses_together(differ):
    rng = np.random.default_rng(0)
    least = min(
        losses_of(size * rng.standard_normal(4), size * rng.standard_normal((2, 2)), differ).sum()
        for size in (0.3, 1.0, 3.0)
        for _ in range(3000)
    )
    assert least > least_losses(differ)


def test_the_bound_of_the_losses_is_reached_by_one_task_that_is_perfect():
    """The other one is undecided where labels differ."""
    near = losses_of((-30.0, -0.001, 0.001, 30.0), ((1e4, 0.0), (1.0, 0.0)), 0.5)
    assert near == pytest.approx([0, least_losses(0.5)], abs=1e-3)
    assert least_losses(0.5) == pytest.approx(0.5 * np.log(2))
