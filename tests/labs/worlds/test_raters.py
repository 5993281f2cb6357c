"""Two raters: what they agree on, and the front that nothing can beat."""

import numpy as np
import pytest

from minillm.labs.worlds.raters import Raters, above_front, front


@pytest.mark.parametrize("language", ["en", "zh"])
def test_raters_differ_where_a_sentence_is_ambiguous_and_nowhere_else(language):
    every = Raters(language, 0.2).every()
    assert len(set(every.texts)) == len(every.ids) == 576
    one, two = every.labels.T
    assert every.chances[one != two].sum() == pytest.approx(0.2)
    assert every.chances[(one == 1) & (two == 1)].sum() == pytest.approx(0.4)
    assert every.chances[(one == 0) & (two == 1)].sum() == 0


def test_the_sentences_can_be_read():
    assert Raters("en").every().texts[0] == "The band was really great."
    assert Raters("zh").every().texts[0] == "这支乐队真精彩。"


@pytest.mark.parametrize(("language", "ambiguous", "says"), [("fr", 0.3, "en, zh"), ("en", 2, "2")])
def test_another_language_and_another_share_are_refused(language, ambiguous, says):
    with pytest.raises(ValueError, match=says):
        Raters(language, ambiguous).every()


@pytest.mark.parametrize("weight", [0.05, 0.3, 0.5, 0.9])
def test_the_front_is_the_least_weighted_sum_of_any_probability(weight):
    """On a grid of probabilities that ambiguous sentences may get."""
    p = np.linspace(0.001, 0.999, 999)
    both = 0.4 * np.stack([-np.log(p), -np.log(1 - p)], axis=1)
    best = both[(both @ [weight, 1 - weight]).argmin()]
    np.testing.assert_allclose(front(weight, 0.4), best, atol=1e-9)


def test_how_far_a_point_is_above_the_front():
    points = front(np.array([0.05, 0.5, 0.95]), 0.3)
    np.testing.assert_allclose(above_front(points, 0.3), 0, atol=1e-12)
    np.testing.assert_allclose(above_front(points + 0.07, 0.3), 0.07)
    assert above_front(points[1] + np.array([0.0, 0.1]), 0.3) < 0.1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_probabilities_of_sentences_are_below_the_front(language):
    rng, every = np.random.default_rng(0), Raters(language, 0.3).every()
    for sharp in (0.1, 3.0, 30.0):
        z = (
            sharp * rng.standard_normal(len(every.ids))[:, None]
            + 9 * (every.labels.sum(1) - 1)[:, None]
        )
        losses = every.chances @ np.logaddexp(0, np.where(every.labels > 0, -z, z))
        assert above_front(losses, 0.3) > 0
