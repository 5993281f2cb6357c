"""The guide asks how to protect data and names no method (8.2.2): what one with a proof keeps.

A training is told by the sum that its steps let out.  Here it is one number a step: the clip where
a text takes part, and 0 where it does not, as for the text that pulls hardest.
"""

import math

import numpy as np
import pytest

from minillm.backend import stream
from minillm.tasks.metrics import membership_roc, true_positives_at
from minillm.training.privacy import PrivateGradients, epsilon_spent

CLIP, NOISE, RATE, STEPS, RUNS, DELTA = 3.0, 1.0, 0.5, 4, 20_000, 0.01


def trainings(noise, rng):
    """What the steps of many trainings let out, with the text and without it, (RUNS, STEPS)."""
    took_part = CLIP * (rng.random((RUNS, STEPS)) < RATE)
    private = PrivateGradients(clip=CLIP, noise=noise, expected=1.0, rng=rng)
    return private.noisy(took_part), private.noisy(0 * took_part)


def suspicion(told):
    """-ln of how much more probable it is with the text: no attack is better than this one."""
    z = told / CLIP
    odds = 1 - RATE + RATE * np.exp((2 * z - 1) / (2 * NOISE**2))
    return -np.log(odds).sum(axis=1)


@pytest.mark.errata("A106")
def test_a106_noise_keeps_the_best_attack_on_the_worst_text_below_its_bound():
    attack = [suspicion(told) for told in trainings(NOISE, stream(0, "a106"))]
    epsilon = epsilon_spent(rate=RATE, noise=NOISE, steps=STEPS, delta=DELTA).epsilon
    accused, found = membership_roc(*attack)
    most = math.exp(epsilon) * accused + DELTA
    chance = 4 * np.sqrt(0.25 / RUNS)
    assert np.all(found <= most + chance)
    assert true_positives_at(*attack, 0.01) > 0.02  # it is an attack
    assert most[np.searchsorted(accused, 0.01)] < 0.6  # and the bound says something


@pytest.mark.errata("A106")
def test_a106_without_noise_one_text_is_told_for_certain():
    attack = [suspicion(told) for told in trainings(0.0, stream(0, "a106"))]
    ever = 1 - (1 - RATE) ** STEPS  # who takes part in no step leaves no trace
    assert true_positives_at(*attack, 0.0) == pytest.approx(ever, abs=0.01)
