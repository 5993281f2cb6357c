"""Principal components: against the eigenvectors of the covariance, and a planted line."""

import numpy as np
import pytest

from minillm.models.word_vectors.components import principal_components


def test_places_are_those_along_the_eigenvectors_of_the_covariance(rng):
    table = rng.standard_normal((30, 4)) * [5, 1, 3, 0.1] + 7
    places, shares = principal_components(table, 3)
    variances, directions = np.linalg.eigh(np.cov(table.T))
    wanted = (table - table.mean(axis=0)) @ directions[:, ::-1][:, :3]
    signs = np.sign((wanted * places).sum(axis=0))
    np.testing.assert_allclose(places, wanted * signs, atol=1e-9)
    np.testing.assert_allclose(shares, variances[::-1][:3] / variances.sum())
    for column in places.T:
        assert column[np.abs(column).argmax()] > 0


def test_points_on_a_line_need_one_component():
    steps = np.array([0.0, 1, 2, 5])
    places, shares = principal_components(steps[:, None] * [3.0, 4.0] + [1, 1], 2)
    np.testing.assert_allclose(places, np.stack([5 * (steps - 2), 0 * steps], axis=1), atol=1e-9)
    np.testing.assert_allclose(shares, [1, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.ones((5, 3)), "all 5 rows are the same"),
        (np.eye(3)[:, :1], r"2 components need as many rows and dimensions, got \(3, 1\)"),
        (np.eye(3)[:1], "2 components need"),
    ],
)
def test_what_has_no_two_components_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        principal_components(table)
