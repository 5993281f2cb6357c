"""The encoder that two tasks share: its layers, its losses, exact expectations."""

import numpy as np
import pytest

from minillm.autograd import no_grad
from minillm.labs.conflict.two_tasks import Sizes, TwoTasks, exact, exact_gram
from minillm.labs.worlds.aspects import Aspects
from minillm.labs.worlds.listed import Rated
from minillm.labs.worlds.raters import Raters
from minillm.training.objectives import gradients_by_loss, gram_of, shared_places

SMALL = Sizes(width=8, hidden=8, neck=3)
RATERS, ASPECTS = Raters().every(), Aspects().every()


def test_losses_are_the_means_of_each_label():
    rng = np.random.default_rng(0)
    for every, heads in ((RATERS, 1), (ASPECTS, 2)):
        model = TwoTasks(every, SMALL, heads=heads, seed=0)
        rated = every.draw(20, rng)
        z = np.stack([logits.data for logits in model(rated.ids)], axis=1)
        assert z.shape == (20, heads)
        wanted = np.logaddexp(0, np.where(rated.labels > 0, -z, z)).mean(axis=0)
        np.testing.assert_allclose([loss.data for loss in model.losses(rated)], wanted, rtol=1e-5)


def test_exact_numbers_are_expectations_over_all_sentences():
    every = Raters(ambiguous=0.1).every()
    model = TwoTasks(every, SMALL, heads=1, seed=0)
    one = exact(model, every)
    drawn = every.draw(60_000, np.random.default_rng(0))
    with no_grad():
        z = np.concatenate([model(part)[0].data for part in np.split(drawn.ids, 20)])[:, None]
    right = (z > 0) == (drawn.labels > 0)
    assert np.abs(right.mean(axis=0) - one.accuracies).max() < 6 * (0.25 / 60_000) ** 0.5
    losses = np.logaddexp(0, np.where(drawn.labels > 0, -z, z)).mean(axis=0)
    np.testing.assert_allclose(one.losses, losses, atol=0.01)
    weighted = [loss.data for loss in model.losses(Rated(every.ids, every.labels), every.chances)]
    np.testing.assert_allclose(one.losses, weighted, rtol=1e-5)


def test_the_exact_gram_is_that_of_the_shared_part():
    model = TwoTasks(ASPECTS, SMALL, heads=2, seed=0)
    rows = gradients_by_loss(model.losses(Rated(ASPECTS.ids, ASPECTS.labels)), model.parameters())
    # all sentences are equally probable here
    np.testing.assert_allclose(
        exact_gram(model, ASPECTS), gram_of(rows, shared_places(rows)), rtol=1e-4
    )
    assert len(shared_places(rows)) == len(model.parameters()) - 4  # two heads of two


def test_dropout_and_deviation_act():
    def logits(**sizes):
        with no_grad():
            return TwoTasks(ASPECTS, Sizes(width=8, hidden=8, **sizes), heads=2, seed=0)(
                ASPECTS.ids[:50]
            )[0].data

    assert not np.allclose(logits(), logits(dropout=0.3))
    assert not np.allclose(logits(), logits(std=0.02))


def test_what_is_exact_has_no_dropout():
    plain, dropping = (
        TwoTasks(ASPECTS, Sizes(width=8, hidden=8, dropout=rate), heads=2, seed=0)
        for rate in (0.0, 0.5)
    )
    np.testing.assert_array_equal(exact(plain, ASPECTS).losses, exact(dropping, ASPECTS).losses)
    np.testing.assert_array_equal(exact_gram(plain, ASPECTS), exact_gram(dropping, ASPECTS))
    assert dropping.dropout.training


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match=r"whole, without attention, .*, got 'none'"):
        TwoTasks(ASPECTS, Sizes(block="none"), heads=2, seed=0)
