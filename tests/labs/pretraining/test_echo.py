"""Echoes: a GPT learns what n-grams cannot see, and the study measures what it says."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.pretraining.echo import (
    Settings,
    Training,
    data,
    last_letter,
    measure,
    trained,
)
from minillm.labs.small_gpt import new_gpt
from minillm.labs.stored import read_study
from minillm.labs.worlds.echoes import Echoes, entropy, least_loss, surprises
from minillm.models.ngrams import NGrams
from minillm.tasks.generation import counting_loss, language_loss

WORLD = Echoes(kinds=4, least=4, most=7)
SMALL = Settings(
    world=WORLD,
    learned=600,
    held_out=15,
    orders=(2, 3, 4),
    training=Training(steps=150, rate=0.02),
)


def untrained(training):
    return new_gpt(training, vocabulary_size=WORLD.size, max_length=WORLD.most + 2, seed=0)


@pytest.mark.guide("G30")
def test_a_gpt_comes_below_what_n_grams_can_reach_at_best():
    model, (learned, held_out) = trained(SMALL, 0), data(SMALL, 0)
    truth, seen = surprises(WORLD, held_out), 3
    n_grams = NGrams(learned, vocabulary_size=WORLD.size, order=1 + seen)
    least = truth + least_loss(WORLD, seen) - entropy(WORLD)
    loss = language_loss(model, held_out)
    assert truth < loss < truth + 0.1 < least - 0.05
    assert counting_loss(n_grams, held_out) > least - 0.02
    assert last_letter(model, held_out).max() < 0.3 < 1.2 < last_letter(n_grams, held_out).mean()


def test_the_deviation_of_the_first_weights_is_the_one_of_the_settings():
    table = untrained(replace(Training(), std=0.5)).tokens.weight.data
    assert table.std() == pytest.approx(0.5, rel=0.1)


def test_what_is_learned_and_what_is_held_out_are_drawn_apart():
    learned, held_out = data(SMALL, 3)
    assert len(learned) == 600 and len(held_out) == 60
    assert not all(any(np.array_equal(a, b) for b in learned) for a in held_out[-15:])


@pytest.mark.parametrize("n_grams_too", [True, False])
def test_the_last_letter_is_the_last_token(n_grams_too):
    learned, held_out = data(SMALL, 0)
    model = untrained(SMALL.training)
    if n_grams_too:
        model = NGrams(learned, vocabulary_size=WORLD.size, order=2)
        wanted = [-np.log(model.next_probabilities(one[:-1])[one[-1]]) for one in held_out[:3]]
    else:
        wanted = [-model.log_probabilities(one[None])[0, -1] for one in held_out[:3]]
    np.testing.assert_allclose(last_letter(model, held_out[:3]), wanted, rtol=1e-6)


def test_the_study_says_that_gpt_comes_near_the_entropy_and_counting_does_not():
    stored, world = read_study("echo"), Settings().world
    truth = entropy(world)
    np.testing.assert_allclose(stored["truth"], truth, rtol=1e-5)  # held out: every length alike
    assert (stored["gpt"] - truth).max() < 0.06
    floors = np.array([least_loss(world, n - 1) for n in Settings().orders])
    assert (stored["ngrams"] > floors - 0.002).all()
    assert (stored["chosen"] - truth).min() > 0.15


def test_every_number_of_a_seed_is_measured():
    found = measure(replace(SMALL, training=replace(SMALL.training, steps=2, warmup=1)), 0)
    assert {key: np.shape(number) for key, number in found.items()} == {
        **dict.fromkeys(["truth", "gpt", "order", "chosen"], ()),
        "ngrams": (3,),
        **dict.fromkeys(["letter_gpt", "letter_chosen", "letter_longest"], (4,)),
    }
