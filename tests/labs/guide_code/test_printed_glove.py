"""The guide's loss for GloVe as printed: its gradient, what it knows, and the stored runs."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.guide_code.printed_glove import (
    STUDY,
    Topics,
    measure,
    planted_counts,
    printed_loss,
    ratios,
    same_and_other,
)
from minillm.labs.stored import read_study
from minillm.models.word_vectors import glove

SETTINGS = STUDY.settings
V = np.array([[0.3, 0.1], [0.2, -0.4]])  # of two words; their product is 0.02


@pytest.mark.guide("G10")
@pytest.mark.errata("A47")
def test_a47_counts_10_and_10_000_have_one_printed_loss_and_two_of_glove():
    printed, true = [], []
    for count in (10.0, 10_000.0):
        counts = np.array([[0, count], [count, 0]])
        printed.append(printed_loss(V, np.array([10.0, 10]), counts).value)
        none = np.zeros(2)
        true.append(glove(V, V[::-1], none, none, np.array([count, count])).loss.sum())
    assert printed[0] == printed[1] == pytest.approx(-1.3818, abs=5e-5)
    np.testing.assert_allclose(true, [1.8530, 168.9247], atol=5e-4)


def test_the_gradient_of_the_printed_loss_is_that_of_differences(rng):
    v, turned = rng.standard_normal((2, 5, 3))
    counts = rng.poisson(1.0, (5, 5)).astype(float)
    frequencies = 1 + rng.random(5)
    up, down = (printed_loss(v + e * turned, frequencies, counts).value for e in (1e-6, -1e-6))
    slope = (printed_loss(v, frequencies, counts).d_v * turned).sum()
    assert slope == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_counts_are_drawn_from_the_planted_shares(rng):
    counts = planted_counts(Topics(words=4, pairs=100_000, together=0.9), rng)
    assert counts.sum() == 100_000
    same = np.kron(np.eye(2), np.ones((2, 2))) == 1
    np.testing.assert_allclose(counts[same], 0.9 * 100_000 / 8, rtol=0.05)
    np.testing.assert_allclose(counts[~same], 0.1 * 100_000 / 8, rtol=0.1)
    with pytest.raises(ValueError, match="5 pairs leave a cell of the counts empty"):
        planted_counts(Topics(pairs=5), rng)


def test_ratios_are_those_of_known_counts():
    """P(k|i) / P(k|j) is 19 or 1/19, however frequent the words are."""
    counts = np.kron([[19.0, 1], [1, 19]], np.ones((3, 3))) * np.arange(1.0, 7)[:, None]
    np.testing.assert_allclose(ratios(np.log(counts)), [np.log(19), -np.log(19)])


def test_cosines_are_of_one_topic_and_of_two():
    v = np.array([[1.0, 0], [2, 0], [0, 3], [-1, 1]])
    same, other = same_and_other(v)
    assert same == pytest.approx((1 + np.sqrt(0.5)) / 2)
    assert other == pytest.approx(-np.sqrt(0.5) / 2)


@pytest.mark.guide("G10")
@pytest.mark.errata("A47")
def test_a47_climbing_the_printed_loss_has_no_end_and_knows_no_topics():
    short = replace(
        SETTINGS, printed=replace(SETTINGS.printed, measured_at=(0, 30, 300)),
        glove=replace(SETTINGS.glove, epochs=60),
    )  # fmt: skip
    found = measure(short, 0)
    for counts in ("topics", "none"):
        loss, length = (np.array(found[f"{counts}, printed, {k}"]) for k in ("loss", "length"))
        assert loss[0] == pytest.approx(-277.26, abs=0.1) and loss[-1] > -0.2
        assert np.all(np.diff(length) > 5)
        assert found[f"{counts}, printed, positive"][-1] == 1
        assert min(found[f"{counts}, printed, cosine"][-1]) > 0.999
    same, other = found["topics, GloVe, cosine"]
    assert same > 0.9 and other < -0.9
    same, other = found["none, GloVe, cosine"]
    assert abs(same - other) < 0.2
    np.testing.assert_allclose(found["topics, GloVe, ratios"], found["topics, ratios"], atol=0.1)
    np.testing.assert_allclose(found["topics, ratios"], [np.log(19), -np.log(19)], atol=0.1)
    np.testing.assert_allclose(found["none, GloVe, ratios"], 0, atol=0.1)


@pytest.mark.guide("G10")
def test_what_is_stored_the_printed_loss_diverges_and_glove_finds_the_ratios():
    runs = read_study("printed_glove")
    for counts in ("topics", "none"):
        np.testing.assert_allclose(runs[f"{counts}, printed, loss"][:, [0, -1]],
                                   [[-277.26, -0.007]] * 5, atol=0.02)  # fmt: skip
        assert np.all(runs[f"{counts}, printed, length"][:, -1] > 45)
        assert np.all(runs[f"{counts}, printed, cosine"][:, -1] > 0.999)
    assert np.all(runs["topics, GloVe, J"][:, 1] < 1e-3 * runs["topics, GloVe, J"][:, 0])
    assert np.all(runs["topics, GloVe, cosine"] @ [1, -1] > 1.9)
    np.testing.assert_allclose(runs["topics, GloVe, ratios"], runs["topics, ratios"], atol=0.02)
