"""Echoes: what the least losses are, counted out over every sentence of a small language."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from minillm.labs.worlds.echoes import (
    Echoes,
    entropy,
    least_loss,
    of_every_length,
    surprises,
    texts,
)

SMALL = Echoes(kinds=2, least=2, most=5)


def every_sentence(world):
    """All sentences, each with its probability."""
    for kind, m in product(range(world.kinds), world.lengths):
        share = 1 / world.kinds / len(world.lengths) / 10 / 2 ** (m - 1)
        for first, *moves in product(range(10), *[(-1, 1)] * (m - 1)):
            walk = 2 * world.kinds + np.cumsum([first, *moves]) % 10
            yield (kind, *map(int, walk), world.stop, world.kinds + kind), share


def counted_out(world, window):
    """The conditional entropy of a token given the ``window`` before it, by adding up."""
    shares = defaultdict(lambda: defaultdict(float))
    for sentence, share in every_sentence(world):
        for place in range(1, len(sentence)):
            shares[sentence[max(place - window, 0) : place]][sentence[place]] += share
    nats = total = 0.0
    for row in map(list, map(dict.values, shares.values())):
        nats -= sum(p * np.log(p / sum(row)) for p in row)
        total += sum(row)
    return nats / total


@pytest.mark.parametrize("world", [SMALL, Echoes(3, 1, 4), Echoes(2, 3, 3)])
@pytest.mark.parametrize("window", [1, 2, 3, 4, 5, 6, 7, 9])
def test_the_least_loss_of_a_window_is_the_conditional_entropy(world, window):
    assert least_loss(world, window) == pytest.approx(counted_out(world, window), abs=1e-12)


def test_a_reader_of_everything_loses_the_entropy():
    assert entropy(SMALL) == pytest.approx(counted_out(SMALL, 99), abs=1e-12)
    assert entropy(Echoes()) == pytest.approx(least_loss(Echoes(), 20), abs=1e-12)
    assert least_loss(Echoes(), 19) > entropy(Echoes()) + 1e-3


def test_sentences_are_those_of_the_language():
    world, rng = SMALL, np.random.default_rng(0)
    known = {sentence for sentence, _ in every_sentence(world)}
    drawn = [tuple(map(int, one)) for one in texts(world, 300, rng)]
    assert set(drawn) <= known
    assert {len(one) for one in drawn} == {m + 3 for m in world.lengths}
    assert {one[0] for one in drawn} == set(range(world.kinds))
    lengths = [len(one) for one in of_every_length(world, 2, rng)]
    assert lengths == [5, 5, 6, 6, 7, 7, 8, 8]


def test_surprises_are_those_of_the_sentences_themselves():
    rows = [(one, share) for one, share in every_sentence(SMALL)][::37]
    for one, share in rows:
        wanted = -np.log(share * SMALL.kinds) / (len(one) - 1)
        assert surprises(SMALL, [np.array(one)]) == pytest.approx(wanted)


def test_sentences_are_shown_as_they_are_read():
    assert SMALL.spelled(np.array([1, 7, 8, 14, 3])) == "B 3 4 . b"


def test_a_reader_of_nothing_is_refused():
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        least_loss(SMALL, 0)
