"""The feed-forward network with a ReLU too many, and what training makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.transformer import bending
from minillm.labs.transformer.bending import STUDY, bent_twice, losses, new_network
from minillm.nn import FeedForward
from minillm.ops import relu

SETTINGS = replace(STUDY.settings, inputs=50, rates=(1e-2,))


@pytest.mark.guide("G19")
def test_bending_twice_by_hand_and_never_below_the_bias():
    network = FeedForward(2, 3, rng=np.random.default_rng(0), activation=relu)
    network.inner.weight.data = np.array([[1, 0], [0, 1], [-1, -1]], dtype=np.float32)
    network.inner.bias.data = np.array([0, -1, 1], dtype=np.float32)
    network.outer.weight.data = np.array([[1, 2, 3], [-2, -1, 3]], dtype=np.float32)
    network.outer.bias.data = np.array([0, 1], dtype=np.float32)
    x = Tensor(np.array([[1, 2]], dtype=np.float32))
    assert network(x).data.tolist() == [[3, -2]]
    assert bent_twice(network, x).data.tolist() == [[3, 1]]


@pytest.mark.guide("G19")
def test_both_networks_start_from_the_same_weights_and_the_right_one_learns():
    untrained, _ = losses(replace(SETTINGS, steps=0), 0)
    right, twice = losses(replace(SETTINGS, steps=40), 0)
    assert right < twice < untrained
    assert right < 0.3 * untrained


def test_the_student_does_not_start_from_the_weights_of_its_teacher(monkeypatch):
    made = []
    monkeypatch.setattr(
        bending, "new_network", lambda *given: made.append(new_network(*given)) or made[-1]
    )
    losses(replace(SETTINGS, steps=0), 0)
    teacher, *students = [network.inner.weight.data for network in made]
    assert len(students) == 2 and np.array_equal(*students)
    assert not np.array_equal(teacher, students[0])


def test_every_rate_starts_from_the_same_weights_and_the_best_counts():
    alone = [losses(replace(SETTINGS, steps=20, rates=(rate,)), 0) for rate in (1e-2, 1e-3)]
    both = losses(replace(SETTINGS, steps=20, rates=(1e-2, 1e-3)), 0)
    assert both == np.minimum(*alone).tolist()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_student_that_answers_0_has_a_loss_of_about_1(seed, monkeypatch):
    """The target has variance 1, and a mean near 0."""

    def silent(settings, seed, purpose):
        network = new_network(settings, seed, purpose)
        if purpose == "student":
            network.outer.weight.data = 0 * network.outer.weight.data
        return network

    monkeypatch.setattr(bending, "new_network", silent)
    found = losses(replace(SETTINGS, steps=0, inputs=1000), seed)
    np.testing.assert_allclose(found, 1, atol=0.05)
