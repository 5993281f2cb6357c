"""The study of sparse autoencoders: planted directions are found, in a cloud there are none."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.sparse_directions import (
    STUDY,
    WAYS,
    Settings,
    both_ways,
    learned,
    measure,
)
from minillm.labs.worlds.sparse_sums import SparseSums
from minillm.models.attribution import recovery

FAST = Settings(
    world=SparseSums(width=6, planted=8), active=(1.0,), directions=12, steps=700, batch=64
)


@pytest.mark.guide("G52")
def test_planted_directions_are_found_and_in_a_cloud_there_are_none():
    found = measure(FAST, 0)
    rows = dict(zip(WAYS, found["recovery"][0], strict=True))
    assert rows["sparse autoencoder"] > 0.9
    assert max(rows[name] for name in WAYS[1:]) < rows["sparse autoencoder"] - 0.1
    assert 0.0 < found["unexplained"][0] < 0.3 and 0.5 < found["codes"][0] < 4.0


def test_directions_have_length_one_at_the_end_of_training():
    world = FAST.world
    planted = world.directions(np.random.default_rng(0))
    model = learned(replace(FAST, steps=3), lambda n, rng: world.draw(n, planted, 1.0, rng), seed=0)
    np.testing.assert_allclose(np.linalg.norm(model.directions.data, axis=1), 1.0, rtol=1e-6)


def test_an_axis_is_found_in_whichever_way_it_points():
    assert recovery(both_ways(np.eye(3)), -np.eye(3)) == 1.0


@pytest.mark.slow
def test_with_more_active_directions_fewer_are_found():
    few, many = (
        measure(replace(STUDY.settings, active=(active,)), 200)["recovery"][0][0]
        for active in (1.0, 8.0)
    )
    assert few > 0.95 > many
