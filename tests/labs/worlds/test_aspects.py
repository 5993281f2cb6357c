"""Two aspects: what sentences say, and the most that one number for two heads can do."""

from itertools import permutations

import numpy as np
import pytest

from minillm.labs.worlds.aspects import WORDS, Aspects, ceiling, least_errors, shared_errors


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
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    chances = [differ / 2 if a != b else (1 - differ) / 2 for a, b in pairs]
    cuts = [np.arange(4) >= k for k in range(5)]
    guesses = [cut ^ turned for cut in cuts for turned in (False, True)]
    least = min(
        sum(
            c * ((p[0] != a) + (p[1] != b))
            for p, c, a, b in zip(order, weights, one, two, strict=True)
        )
        for places in permutations(range(4))
        for order, weights in [([pairs[i] for i in places], [chances[i] for i in places])]
        for one in guesses
        for two in guesses
    )
    assert least == pytest.approx(least_errors(differ))
    assert ceiling(differ) == pytest.approx(1 - least / 2)
    assert ceiling(0.5) == 0.875


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 1.0])
def test_shared_errors_are_those_of_an_encoder_with_one_number(part):
    """Numbers far apart; each head is the best one: its probability is the share of praise."""
    kinds = [(0, 0, -1, 0.25), (0, 1, 0, 0.25), (1, 1, 1, 0.25)]
    kinds += [(1, 0, 1, part / 4), (1, 0, -1, (1 - part) / 4)]
    losses, accuracies = shared_errors(part)
    for task, cut in ((0, 0.5), (1, -0.5)):
        expected = right = 0.0
        for side in (False, True):
            there = [(k[task], k[3]) for k in kinds if (k[2] > cut) == side]
            mass, praised = sum(c for _, c in there), sum(c for y, c in there if y)
            p = praised / mass
            expected -= sum(c * np.log(p if y else 1 - p) for y, c in there if c)
            right += max(praised, mass - praised)
        assert losses[task] == pytest.approx(expected)
        assert accuracies[task] == pytest.approx(right)


def test_the_mean_of_both_losses_is_least_where_one_task_has_all_errors():
    parts = np.linspace(0, 1, 101)
    losses = np.array([shared_errors(part)[0] for part in parts])
    for weight in (0.2, 0.5, 0.7):
        assert (losses @ [weight, 1 - weight]).argmin() in (0, 100)
    assert shared_errors(0.5)[0] == pytest.approx([0.312752, 0.312752], abs=1e-6)
    assert shared_errors(1.0)[0] == pytest.approx([0, 0.477386], abs=1e-6)
