"""The ring sums what all ranks have, whatever the sizes, and sends what the formula says."""

import queue
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.training.ranks import ring_all_reduce, ring_rounds, simulated_ring
from minillm.training.ranks.ring import chunks_of

SIZES = [0, 1, 2, 5, 7, 8, 64, 840, 1001]


@pytest.mark.parametrize("ranks", range(1, 9))
@pytest.mark.parametrize("length", SIZES)
def test_every_rank_ends_with_the_sum(ranks, length, rng):
    buffers = [rng.integers(-1000, 1000, size=length).astype(np.float64) for _ in range(ranks)]
    expected = np.sum(buffers, axis=0) if length else np.zeros(0)
    sent = simulated_ring(buffers)
    for one in buffers:
        assert np.array_equal(one, expected)  # integers: to the bit
    assert sum(sent) == 2 * (ranks - 1) * length * 8


@pytest.mark.parametrize("ranks", range(1, 9))
def test_a_rank_sends_its_share_twice_but_for_one_chunk_each_time(ranks, rng):
    length = 840  # every number up to 8 divides it
    sent = simulated_ring([rng.standard_normal(length).astype(np.float32) for _ in range(ranks)])
    assert sent == [2 * (ranks - 1) * length * 4 // ranks] * ranks


@given(st.integers(1, 8), st.integers(0, 60), st.data())
def test_any_split_sends_all_chunks_but_two(ranks, length, data):
    columns = st.lists(st.integers(-50, 50), min_size=length, max_size=length)
    buffers = [np.array(data.draw(columns), dtype=np.float64) for _ in range(ranks)]
    expected = np.array(buffers).sum(axis=0)
    chunks = [len(chunk) for chunk in chunks_of(buffers[0], ranks)]
    assert sum(chunks) == length and max(chunks) - min(chunks) <= 1
    sent = simulated_ring(buffers)
    for rank, n_bytes in enumerate(sent):
        kept = chunks[(rank + 1) % ranks] + chunks[(rank + 2) % ranks]
        assert n_bytes == (8 * (2 * length - kept) if ranks > 1 else 0)
    assert all(np.array_equal(one, expected) for one in buffers)


def test_the_sum_of_floats_is_the_same_to_the_bit_on_every_rank(rng):
    buffers = [rng.standard_normal(1001).astype(np.float32) for _ in range(5)]
    expected = np.sum(buffers, axis=0, dtype=np.float64)
    simulated_ring(buffers)
    assert len({one.tobytes() for one in buffers}) == 1
    np.testing.assert_allclose(buffers[0], expected, rtol=1e-5, atol=1e-5)


def test_three_ranks_by_hand():
    assert [*ring_rounds(0, 3)] == [
        (0, 2, True),
        (2, 1, True),
        (1, 0, False),
        (0, 2, False),
    ]
    buffers = [np.array([1.0, 2, 3]), np.array([10.0, 20, 30]), np.array([100.0, 200, 300])]
    assert simulated_ring(buffers) == [32, 32, 32]
    assert [one.tolist() for one in buffers] == [[111, 222, 333]] * 3


class Neighbours:
    """As much of an mpi4py communicator as a ring needs, between threads."""

    def __init__(self, rank, boxes):
        self.rank, self.boxes = rank, boxes

    def Get_rank(self):
        return self.rank

    def Get_size(self):
        return len(self.boxes)

    def Sendrecv(self, out, dest, recvbuf, source):
        assert source == (self.rank - 1) % len(self.boxes)
        self.boxes[dest].put((self.rank, out.copy()))
        sender, recvbuf[...] = self.boxes[self.rank].get(timeout=20)
        assert sender == source


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
@pytest.mark.parametrize("length", [0, 2, 17])
def test_ranks_that_only_know_their_neighbours_do_what_is_simulated(ranks, length, rng):
    buffers = [rng.standard_normal(length) for _ in range(ranks)]
    expected = [one.copy() for one in buffers]
    simulated = simulated_ring(expected)
    boxes, sent = [queue.Queue() for _ in range(ranks)], [None] * ranks

    def work(rank):
        sent[rank] = ring_all_reduce(Neighbours(rank, boxes), buffers[rank])

    threads = [threading.Thread(target=work, args=[rank]) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == simulated
    assert [one.tobytes() for one in buffers] == [one.tobytes() for one in expected]


@pytest.mark.parametrize(
    "buffers",
    [
        [],
        [np.zeros(3), np.zeros(4)],
        [np.zeros(3), np.zeros(3, np.float32)],
        [np.zeros((2, 2)), np.zeros((2, 2))],
    ],
)
def test_buffers_that_do_not_fit_are_refused(buffers):
    with pytest.raises(ValueError, match="simulated_ring: buffers must be one-dimensional, of one"):
        simulated_ring(buffers)
