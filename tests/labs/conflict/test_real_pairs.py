"""The pairs of objectives of BERT and GPT-1: how they are trained, and what the study says."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.labs.conflict.real_pairs import STUDY, Training, gpt_pair, learn
from minillm.labs.small_gpt import GptSizes, GptTraining
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.nn import Module

S = STUDY.settings


class Two(Module):
    """Two numbers, of which both losses see the first and one the second."""

    def __init__(self):
        self.both, self.own = Parameter(np.array([1.0])), Parameter(np.array([1.0]))

    def losses(self, _):
        return [(self.both * self.both).sum(), ((self.both - 3.0) ** 2 + self.own**2).sum()]


BRIEF = Training(steps=200, batch=1, rate=0.05, warmup=1, weight_decay=0.0, max_norm=1e3)


@pytest.mark.parametrize(
    ("weights", "both", "own"), [((1, 1), 1.5, 0), ((1, 2), 2, 0), ((1, 0), 0, 1), ((0, 1), 3, 0)]
)
def test_the_weighted_sum_is_trained_and_a_weight_of_nothing_leaves_one_out(weights, both, own):
    model = Two()
    grams = learn(model, model.losses, weights, range(200), BRIEF)
    assert model.both.data[0] == pytest.approx(both, abs=0.05)
    assert model.own.data[0] == pytest.approx(own, abs=0.05)
    assert len(grams) == (0 if 0 in weights else 200)
    if grams:
        g = np.array([2.0, weights[1] * -4.0])  # at 1, of what both see
        np.testing.assert_allclose(grams[0], np.outer(g, g))


@pytest.mark.guide("G43")
def test_the_weight_decides_which_loss_is_low():
    few = replace(
        S.auxiliary,
        sizes=(40, 80, 40),
        gpt=GptSizes(width=8, n_layers=1, n_heads=2),
        reading=GptTraining(steps=10, batch=8, warmup=1),
        training=Training(steps=40, batch=8, rate=0.01, warmup=2),
        weights=(0.0, 0.5, 5.0),
    )
    found = gpt_pair(replace(S, auxiliary=few), 0)
    losses = np.array(found["losses"])
    assert losses.shape == (3, 2) and np.ptp(losses[:, 1]) > 0.1
    assert losses[0, 1] == losses[:, 1].max()  # nothing asks for the next token
    assert len(found["cosines"]) == 40 and found["conflicting"] > 0
    assert 0 <= min(found["accuracy"]) <= max(found["accuracy"]) <= 1


@pytest.mark.guide("G43")
def test_the_study_says_that_gradients_of_real_pairs_are_about_orthogonal():
    """Under half of BERT's steps conflict, and half of GPT's, as by chance."""
    found = read_study("real_pairs")
    for name in ("BERT", "GPT"):
        assert np.abs(found[f"{name}, cosines"].mean(axis=1)).max() < 0.07
        conflicting = (found[f"{name}, cosines"] < 0).mean(axis=1)
        np.testing.assert_allclose(conflicting, found[f"{name}, conflicting"], atol=1e-6)
    assert found["BERT, conflicting"].min() > 0.3 and found["BERT, conflicting"].max() < 0.5
    assert np.abs(found["GPT, conflicting"] - 0.5).max() < 0.05


def test_the_study_says_that_hidden_tokens_pay_for_the_next_sentence():
    """What the next sentence pays is undecided: of four seeds little, on one it was not learned."""
    found = read_study("real_pairs")
    mean, half = mean_and_interval(found["BERT, together"] - found["BERT, alone"])
    assert mean[0] > half[0] > 0.1 and abs(mean[1]) < half[1]
    assert (found["BERT, together"][:, 1] < 0.3).all()
    assert sorted(found["BERT, alone"][:, 1] > 0.6) == [False] * 4 + [True]


def test_the_study_says_that_a_language_model_beside_the_task_helps_a_little_or_nothing():
    """A weight of 1/4 gains some accuracy, 2 gains nothing; what the text pays falls with it."""
    found, weights = read_study("real_pairs"), list(S.auxiliary.weights)
    pays = (found["GPT, losses"][:, :, 1] - found["GPT, alone"][:, None]).mean(axis=0)
    assert (np.diff(pays) < 0).all() and pays[0] > 3 and pays[-1] > 0.03
    mean, half = mean_and_interval(found["GPT, accuracy"] - found["GPT, accuracy"][:, :1])
    assert mean[weights.index(0.25)] > half[weights.index(0.25)]
    assert abs(mean[weights.index(2.0)]) < half[weights.index(2.0)]
