"""Texts of clustered tokens: read back, token by token."""

import numpy as np
import pytest

from minillm.labs.worlds.clustered_tokens import ClusteredTokens, ClusterTexts

WORLD = ClusteredTokens(clusters=4, values=8, length=6)


def texts(own, seed=0):
    return ClusterTexts(WORLD, own, np.random.default_rng(seed))


@pytest.mark.parametrize("own", [0.0, 0.5, 1.0])
def test_the_next_value_is_what_the_clusters_table_says_of_the_value_before(own):
    made = texts(own)
    for row in made.draw(200, np.random.default_rng(1)):
        pairs = [divmod(int(token), 8) for token in row]
        for (_, before), (cluster, _), (_, after) in zip(pairs, pairs[1:], pairs[2:], strict=False):
            assert after == made.tables[cluster, before]


def test_the_dial_is_the_share_of_values_that_clusters_have_of_their_own():
    assert (texts(0.0).tables == texts(0.0).tables[0]).all()
    for own, most in ((0.25, 2), (0.5, 4), (1.0, 8)):
        tables = texts(own).tables
        assert 0 < (tables != tables[0]).any(axis=0).sum() <= most
    assert (texts(1.0).tables != texts(1.0).tables[0]).any(axis=0).all()


def test_clusters_and_first_values_are_even_and_known_from_the_id():
    ids = texts(1.0).draw(4000, np.random.default_rng(1))
    shares = np.bincount(WORLD.cluster_of(ids).reshape(-1), minlength=4) / ids.size
    np.testing.assert_allclose(shares, 0.25, atol=0.01)
    first = np.bincount(WORLD.value_of(ids[:, :2]).reshape(-1), minlength=8) / 8000
    np.testing.assert_allclose(first, 0.125, atol=0.015)
    assert WORLD.floor == pytest.approx(np.log(4)) and WORLD.tokens == 32 > ids.max()


@pytest.mark.parametrize("sizes", [{"clusters": 0}, {"values": 1}, {"length": 2}])
def test_worlds_without_anything_to_learn_are_refused(sizes):
    with pytest.raises(ValueError, match="a cluster, two values and three tokens are needed"):
        ClusteredTokens(**sizes)


@pytest.mark.parametrize("own", [-0.1, 1.1, np.nan])
def test_a_dial_that_is_no_share_is_refused(own):
    with pytest.raises(ValueError, match="own must be from 0 to 1"):
        texts(own)
