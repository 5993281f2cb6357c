"""Three losses for word vectors: the printed one and its gradient, a small run, the stored runs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs import read_settings, read_study
from minillm.labs.guide_code.printed_word2vec import printed_loss
from minillm.labs.guide_code.without_negatives import STUDY, alike, descend, measure, told
from minillm.labs.worlds.topics import Topics
from minillm.models.word_vectors import Sentences, Word2VecSettings

pytestmark = [pytest.mark.guide("G9"), pytest.mark.errata("A44")]


def as_printed(table, row):
    """The guide's sum, word for word; its last term is left out, for want of a next word."""
    score = [table[row[t]] @ table[row[t + 1]] for t in range(len(row) - 1)]
    return sum(np.log(1 / (1 + np.exp(-s))) for s in score)


@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=5), min_size=1, max_size=4))
def test_the_printed_loss_is_the_sum_and_its_gradient_that_of_finite_differences(rows):
    text, table = Sentences.of_ids(rows, 4), np.random.default_rng(0).standard_normal((4, 3))
    loss, gradient = printed_loss(table, text)
    assert loss == pytest.approx(sum(as_printed(table, row) for row in rows), rel=1e-12)
    assert loss < 0
    for place in np.ndindex(table.shape):
        step = np.zeros_like(table)
        step[place] = 1e-5
        sides = [printed_loss(table + sign * step, text)[0] for sign in (1, -1)]
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(gradient[place], abs=1e-7)


def test_a_table_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"the table must be \(2, D\), got \(3, 4\)"):
        printed_loss(np.ones((3, 4)), Sentences.of_ids([[0, 1]], 2))


def test_descent_notes_the_losses_and_makes_the_steps():
    settings = replace(STUDY.settings, rate=0.25, steps=4, every=2)
    x, losses = descend(settings, lambda x: (float(x @ x), 2 * x), np.array([1.0]))
    assert losses.tolist() == [1, 2**-4, 2**-8] and x.tolist() == [2**-4]


def test_what_scores_and_cosines_tell_of_planted_vectors():
    same = np.kron(np.eye(2), np.ones((2, 2))) > 0
    scores = np.where(same, 2.0, -1.0)
    scores[0, 0] = -2.0
    assert told(scores, same).tolist() == [[1.5, 7 / 8], [-1, 0]]
    vectors = np.array([[1, 0], [3, 0], [0, 1], [0, 1e200]])
    assert alike(vectors, same).tolist() == [1, 1]
    assert alike(vectors[[0, 2, 1, 3]], same).tolist() == [0, -0.5]


SMALL = replace(
    STUDY.settings,
    world=Topics(topics=2, words=6, purity=0.9),
    sentences=300,
    rate=4.0,
    word2vec=Word2VecSettings(window=1, noise_power=1.0, subsample=None, rate=0.1, chunk=500),
)


def check_the_three_regimes(of, world, negatives):
    """``of`` gives each number with the seeds along its first axis."""
    printed, turned = of("printed, loss"), of("turned, loss")
    np.testing.assert_allclose(printed[:, 0], -np.log(2), atol=0.03)
    assert (np.diff(printed, axis=1) < 0).all()
    assert (printed[:, -1] < 100 * printed[:, -2]).all() and (printed[:, -1] < -1e6).all()
    assert (np.diff(turned, axis=1) < 0).all() and (turned[:, -1] > 0).all()
    assert (turned[:, -1] < 0.01).all()
    assert (of("turned, told")[..., 1] == 1).all()  # every pair of words is called neighbours
    means, positive = np.moveaxis(of("negatives, told"), -1, 0)
    assert (positive == 0).all()
    same = world.topic_of_word[:, None] == world.topic_of_word
    theory = world.pmi - np.log(negatives)
    wanted = theory[same].mean(), theory[~same].mean()
    np.testing.assert_allclose(means, np.broadcast_to(wanted, means.shape), atol=0.15)
    drawn = of("word2vec, told")[..., 0]
    np.testing.assert_allclose(drawn, np.broadcast_to(wanted, drawn.shape), atol=0.35)


def test_a_small_run_has_the_three_regimes():
    found = measure(SMALL, 100)
    check_the_three_regimes(lambda key: np.asarray(found[key])[None], SMALL.world, 5)
    gaps = {name: found[f"alike, {name}"][1] for name in ("turned", "negatives", "word2vec")}
    assert gaps["negatives"] > 2 * gaps["turned"] and gaps["word2vec"] > 0.5


def test_what_is_stored_the_printed_loss_diverges_its_opposite_collapses_and_negatives_learn():
    runs, settings = read_study("without_negatives"), read_settings("without_negatives")
    assert len(runs["printed, loss"]) >= 5
    world = Topics(**settings["world"])
    check_the_three_regimes(runs.__getitem__, world, settings["negatives"])
    right, gaps = (
        {name: runs[f"alike, {name}"][:, i] for name in ("printed", "turned", "negatives")}
        for i in (0, 1)
    )
    assert (right["negatives"] == 1).all() and (runs["alike, word2vec"][:, 0] == 1).all()
    assert (right["printed"] < 0.5).all() and (runs["alike, at the start"][:, 0] < 0.5).all()
    assert (gaps["turned"] < 0.05).all() and (gaps["negatives"] > 0.3).all()
    assert (runs["negatives, correlation"] > 0.9).all()
