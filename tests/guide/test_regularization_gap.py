"""The validation gap under dropout and decay, small: a line in 40 numbers through 30 examples.

There are fewer examples than weights, so that without a remedy their noise is learned by heart.
"""

from functools import cache

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import Dropout, Linear, Module
from minillm.optim import AdamW
from minillm.training import evaluating, fit

N_TRAIN, N_UNSEEN, INPUTS, NOISE = 30, 1000, 40, 0.5
SEEDS = (0, 1, 2)


class Line(Module):
    """``y = drop(x) wᵀ + b`` under the mean squared error."""

    def __init__(self, rate, rng):
        self.dropout = Dropout(rate, rng=rng)
        self.output = Linear(INPUTS, 1, rng=rng)
        self.to_dtype(np.float64)

    def loss(self, batch):
        x, y = batch
        error = self.output(self.dropout(Tensor(x))) - y
        return (error * error).mean()


@cache
def losses(rate=0.0, decay=0.0):
    """The loss on the 30 examples and on 1000 unseen ones after training, mean of the seeds."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        truth = rng.standard_normal((INPUTS, 1)) / INPUTS**0.5
        parts = []
        for number in (N_TRAIN, N_UNSEEN):
            x = rng.standard_normal((number, INPUTS))
            parts.append((x, x @ truth + NOISE * rng.standard_normal((number, 1))))
        model = Line(rate, rng)
        optimizer = AdamW(model.parameters(), lr=0.02, weight_decay=decay)
        for _ in fit(model.loss, [parts[0]] * 150, optimizer):
            pass
        with evaluating(model):
            found.append([float(model.loss(part)) for part in parts])
    return np.mean(found, axis=0)


def gap(**remedy):
    """How much worse unseen examples are."""
    train, unseen = losses(**remedy)
    return unseen - train


@pytest.mark.guide("G23", "G24")
def test_without_a_remedy_the_noise_is_learned_by_heart():
    train, unseen = losses()
    assert train < 0.01 < NOISE**2 < 1 < unseen


@pytest.mark.guide("G23")
def test_more_dropout_narrows_the_gap_and_a_middle_rate_is_best_on_unseen_examples():
    none, some, much = losses()[1], losses(rate=0.3)[1], losses(rate=0.95)[1]
    assert gap() > gap(rate=0.3) + 0.5 > gap(rate=0.95) + 0.5
    assert some < 0.6 * none and some < 0.8 * much


@pytest.mark.guide("G24")
def test_more_decay_narrows_the_gap_and_a_middle_strength_is_best_on_unseen_examples():
    none, some, much = losses()[1], losses(decay=3.0)[1], losses(decay=30.0)[1]
    assert gap() > gap(decay=3.0) + 0.5 > gap(decay=30.0) + 0.5
    assert some < 0.6 * none and some < 0.85 * much
