import subprocess
import sys

import numpy as np
import pytest

from minillm.backend import counted_uniform, stream

PROGRAM = """
from minillm.backend import counted_uniform, stream
print(stream(3, "shuffle", 5).integers(10**9, size=3).tolist())
print(counted_uniform(3, 5, (2,)).tolist())
"""


@pytest.mark.fault(90)
@pytest.mark.parametrize("hash_seed", ["0", "17"])
def test_another_process_draws_the_same_numbers(hash_seed):
    here = f"{stream(3, 'shuffle', 5).integers(10**9, size=3).tolist()}\n"
    here += f"{counted_uniform(3, 5, (2,)).tolist()}\n"
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout == here


def test_a_stream_gives_known_numbers_for_good():
    """A change of the seeding would silently break every run that resumes."""
    assert stream(0, "mask").integers(1000, size=4).tolist() == [739, 648, 241, 411]
    known = [0.26997457910808254, 0.8120389486073295]
    assert counted_uniform(1, 2, (2,), np.float64).tolist() == known


def test_seed_purpose_and_place_each_make_another_stream():
    places = [(0, "mask", 0), (1, "mask", 0), (0, "shuffle", 0), (0, "mask", 1)]
    drawn = [tuple(stream(*place).integers(10**9, size=3)) for place in places]
    assert len(set(drawn)) == 4
    assert stream(0, "mask", 0).random() == stream(0, "mask").random()


def test_streams_are_uncorrelated():
    a, b = (stream(0, "mask", place).standard_normal(10_000) for place in (0, 1))
    assert abs(np.corrcoef(a, b)[0, 1]) < 6.0 / 100.0


@pytest.mark.parametrize(("seed", "place"), [(-1, 0), (0, -1)])
def test_a_negative_seed_or_place_is_refused(seed, place):
    with pytest.raises(ValueError, match=f"must not be negative, got {seed} and {place}"):
        stream(seed, "mask", place)


def test_counted_numbers_depend_on_key_and_count_alone():
    first = counted_uniform(7, 0, (3, 5))
    second = counted_uniform(7, 1, (3, 5))
    assert np.array_equal(counted_uniform(7, 0, (3, 5)), first)
    assert not np.isin(first, second).any()
    assert not np.isin(first, counted_uniform(8, 0, (3, 5))).any()


def test_two_counts_never_overlap_however_many_numbers_are_drawn():
    long, following = counted_uniform(7, 0, (5000,)), counted_uniform(7, 1, (5,))
    windows = np.lib.stride_tricks.sliding_window_view(long, 5)
    assert not (windows == following).all(axis=1).any()


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.float32, np.float32), (np.float64, np.float64), (np.dtype("f8"), np.float64)],
)
def test_counted_numbers_are_uniform_in_the_dtype_asked_for(dtype, expected):
    x = counted_uniform(0, 0, (10_000,), dtype)
    assert x.dtype == expected
    assert 0.0 <= x.min() < 0.01 < 0.99 < x.max() < 1.0
    assert abs(x.mean() - 0.5) < 6.0 / np.sqrt(12.0 * 10_000)
