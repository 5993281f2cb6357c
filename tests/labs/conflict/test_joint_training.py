"""How two tasks are trained at once: each way, its optimizers, what is refused."""

import numpy as np
import pytest

from minillm.labs.conflict.joint_training import (
    AGGREGATORS,
    JointTraining,
    aggregated,
    famo,
    grad_norm,
    optimizer_of,
    train,
    uncertain,
    weighted,
)
from minillm.labs.conflict.two_tasks import Sizes, TwoTasks, exact
from minillm.labs.worlds.raters import Raters

EVERY = Raters().every()
SMALL = Sizes(width=8, hidden=8, neck=3)
BRIEF = JointTraining("sgd", steps=4, batch=8, warmup=1)
WAYS = {
    "sum": lambda losses: weighted(losses, (1.0, 1.0)),
    "uncertain": uncertain,
    "GradNorm": grad_norm,
    "FAMO": famo,
    **{name: lambda losses, name=name: aggregated(losses, name) for name in AGGREGATORS},
}


def learned(way, how=BRIEF, rate=0.1, seed=0, every=EVERY):
    """All weights of a small model after a training."""
    model = TwoTasks(every, SMALL, heads=1, seed=0)
    train(model, way(model.losses), every, how, rate=rate, seed=seed)
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def test_every_way_trains_in_its_own_way():
    opposed = Raters(ambiguous=0.9).every()  # gradients are in conflict from the first step on
    found = {name: learned(way, every=opposed) for name, way in WAYS.items()}
    assert len({values.tobytes() for values in found.values()}) == len(WAYS)
    assert all(np.isfinite(values).all() for values in found.values())


def test_the_sum_is_twice_the_mean_and_pcgrad_twice_upgrad():
    half = learned(lambda losses: weighted(losses, (0.5, 0.5)))
    np.testing.assert_allclose(learned(WAYS["mean"]), half, atol=1e-6)
    np.testing.assert_allclose(
        learned(WAYS["PCGrad"], rate=0.05), learned(WAYS["UPGrad"], rate=0.1), atol=1e-5
    )


def test_the_weights_of_the_losses_are_learned_beside_the_model():
    model = TwoTasks(EVERY, SMALL, heads=1, seed=0)
    way = uncertain(model.losses)
    train(model, way, EVERY, BRIEF, rate=0.1, seed=0)
    assert np.abs(way.beside[0].data).min() > 0


@pytest.mark.parametrize(
    "changed",
    [
        JointTraining("adam", steps=4, batch=8, warmup=1),
        JointTraining("sgd", steps=5, batch=8, warmup=1),
        JointTraining("sgd", steps=4, batch=9, warmup=1),
        JointTraining("sgd", steps=4, batch=8, warmup=2),
        JointTraining("sgd", steps=4, batch=8, warmup=1, weight_decay=0.5),
    ],
)
def test_every_setting_of_the_training_acts(changed):
    same = learned(WAYS["sum"])
    np.testing.assert_array_equal(same, learned(WAYS["sum"]))
    assert np.abs(same - learned(WAYS["sum"], changed)).max() > 1e-5
    assert np.abs(same - learned(WAYS["sum"], seed=1)).max() > 1e-5


def test_a_step_of_sgd_is_the_aggregated_gradient_times_the_rate():
    """Nash-MTL's is always as long as the rate."""
    one = JointTraining("sgd", steps=1, batch=8, warmup=0)
    before = TwoTasks(EVERY, SMALL, heads=1, seed=0).state_dict().values()
    start = np.concatenate([value.ravel() for value in before])
    assert np.linalg.norm(learned(WAYS["Nash-MTL"], one) - start) == pytest.approx(0.1, rel=1e-4)


def test_a_sum_learns_what_is_clear():
    model = TwoTasks(EVERY, SMALL, heads=1, seed=0)
    how = JointTraining("adam", steps=60, batch=32, warmup=5)
    train(model, weighted(model.losses, (0.5, 0.5)), EVERY, how, rate=0.03, seed=0)
    assert exact(model, EVERY).accuracies.sum() == pytest.approx(1.7, abs=0.01)


def test_unknown_names_are_refused():
    model = TwoTasks(EVERY, SMALL, heads=1, seed=0)
    with pytest.raises(ValueError, match=r"aggregators are mean, .*, got 'best'"):
        aggregated(model.losses, "best")
    with pytest.raises(ValueError, match="optimizer must be one of sgd, adam, got 'lion'"):
        optimizer_of("lion", model.parameters(), 0.0)
