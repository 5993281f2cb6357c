import subprocess
import sys

import numpy as np
import pytest

from minillm.backend import counted_words, stream

PROGRAM = """
from minillm.backend import counted_words, stream
print(stream(3, "shuffle", 5).integers(10**9, size=3).tolist())
print(counted_words(3, 5, 2).tolist())
"""


@pytest.mark.fault(90)
@pytest.mark.parametrize("hash_seed", ["0", "17"])
def test_another_process_draws_the_same_numbers(hash_seed):
    here = f"{stream(3, 'shuffle', 5).integers(10**9, size=3).tolist()}\n"
    here += f"{counted_words(3, 5, 2).tolist()}\n"
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
    assert counted_words(1, 2, 5).tolist() == [58466, 25221, 41578, 63942, 7867]


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


def test_counted_words_depend_on_key_and_count_alone():
    first = counted_words(7, 0, 100)
    assert np.array_equal(counted_words(7, 0, 100), first)
    assert np.mean(first == counted_words(7, 1, 100)) < 0.05
    assert np.mean(first == counted_words(8, 0, 100)) < 0.05


def test_two_counts_never_overlap_however_many_words_are_drawn():
    long, following = counted_words(7, 0, 5000), counted_words(7, 1, 5)
    windows = np.lib.stride_tricks.sliding_window_view(long, 5)
    assert not (windows == following).all(axis=1).any()


@pytest.mark.parametrize("start", [0, 1, 3, 4, 15, 16, 17, 1000, 1 << 40])
def test_words_from_a_later_start_are_those_of_the_same_sequence(start):
    whole = counted_words(7, 3, 90, start)
    for skipped, n in ((0, 1), (1, 5), (16, 30), (19, 71), (89, 1), (5, 0)):
        some = counted_words(7, 3, n, start + skipped)
        assert np.array_equal(some, whole[skipped : skipped + n])
        assert some.dtype == np.uint16


def test_counted_words_are_uniform():
    words = counted_words(0, 0, 100_000)
    shares = np.bincount(words >> 12, minlength=16) / words.size
    assert np.abs(shares - 1 / 16).max() < 6 * np.sqrt(15 / 256 / words.size)
    assert np.abs(np.bincount(words & 15) / words.size - 1 / 16).max() < 0.005
