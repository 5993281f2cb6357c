"""Training runs beside PyTorch's: 200 steps of the same problem with every optimiser."""

import numpy as np
import pytest

from tests.reference.our_training import STORED, largest_loss_difference, title, trained

RUNS = [pytest.param(run, id=title(run["recipe"])) for run in STORED["runs"]]
CLIPPED = 1e-6  # PyTorch adds 1e-6 to the norm that it divides by


@pytest.mark.parametrize("run", RUNS)
def test_200_steps_lose_what_torch_loses(run):
    ours = trained(run["recipe"])
    limit = CLIPPED if "max_norm" in run["recipe"] else 1e-12
    assert len(ours["losses"]) == 200
    np.testing.assert_allclose(ours["losses"], run["losses"], rtol=0, atol=limit)
    for weight, theirs in zip(ours["weights"], run["weights"], strict=True):
        np.testing.assert_allclose(weight, theirs, rtol=0, atol=10 * limit)


@pytest.mark.parametrize("run", RUNS)
def test_the_learning_rates_are_those_of_torch(run):
    np.testing.assert_allclose(trained(run["recipe"])["rates"], run["rates"], rtol=1e-12)


@pytest.mark.parametrize("run", RUNS)
def test_every_recipe_learns_and_no_two_are_the_same(run):
    assert run["losses"][-1] < 0.4 * run["losses"][0]
    others = [other for other in STORED["runs"] if other["recipe"] != run["recipe"]]
    assert len(others) == len(STORED["runs"]) - 1
    assert all(np.max(np.abs(other["losses"] - run["losses"])) > 1e-3 for other in others)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("AdamW", {"decay": 0.31}),
        ("AdamW", {"groups": False}),
        ("SGD", {"options": {"momentum": 0.9}}),
        ("Adam", {"schedule": "cosine"}),
    ],
)
def test_a_slightly_different_recipe_is_found(name, change):
    runs = [run for run in STORED["runs"] if run["recipe"]["name"] == name]
    run = next(run for run in reversed(runs) if change.keys() & run["recipe"].keys())
    other = {**run, "recipe": run["recipe"] | change}
    assert largest_loss_difference(other) > 1e-4
