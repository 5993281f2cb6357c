"""The formula of a step's time, against numbers worked out by hand and what must be so."""

import pytest

from minillm.training.ranks import Wire, ring_seconds, speed_up, step_seconds

WIRE = Wire(latency=1e-3, bandwidth=1e6)


def test_by_hand():
    # 4 ranks: 6 messages of a quarter of 8 MB, each a millisecond late: 6 * (0.001 + 2)
    assert ring_seconds(4, 8e6, WIRE) == pytest.approx(12.006, rel=1e-12)
    assert step_seconds(4, 3.0, 8e6, WIRE) == pytest.approx(15.006, rel=1e-12)
    assert speed_up(4, 3.0, 8e6, WIRE) == pytest.approx(4 * 3 / 15.006, rel=1e-12)
    assert speed_up(4, 3.0, 8e6, WIRE, same_batch=True) == pytest.approx(3 / 12.756, rel=1e-12)


def test_one_rank_waits_for_nobody():
    assert ring_seconds(1, 8e6, WIRE) == 0
    assert speed_up(1, 3.0, 8e6, WIRE) == speed_up(1, 3.0, 8e6, WIRE, same_batch=True) == 1


def test_bytes_hardly_grow_with_the_ranks_and_latency_does():
    free = Wire(latency=0, bandwidth=1e6)
    assert ring_seconds(512, 1e6, free) < 2 == pytest.approx(ring_seconds(10**9, 1e6, free))
    assert ring_seconds(513, 0, WIRE) == pytest.approx(2 * 512 * 1e-3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Wire(-1, 1), "latency must be at least 0 seconds and bandwidth above 0"),
        (lambda: Wire(0, 0), "got 0 and 0"),
        (lambda: ring_seconds(0, 1, WIRE), "ranks must be at least 1"),
        (lambda: ring_seconds(1, -1, WIRE), "n_bytes at least 0, got 1 and -1"),
        (lambda: step_seconds(1, -2.0, 1, WIRE), "compute must be at least 0 seconds, got -2.0"),
    ],
)
def test_what_cannot_be_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
