import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import stream
from minillm.ops import IGNORE
from minillm.tasks.generation import all_windows, pieces, random_windows, training_windows

TEXTS = [np.arange(100 * i, 100 * i + n) for i, n in enumerate((7, 2, 1, 12))]
texts = st.lists(st.integers(1, 20), min_size=1, max_size=6).map(
    lambda lengths: [np.arange(100 * i, 100 * i + n) for i, n in enumerate(lengths)]
)


def pairs_of(window):
    """Each token and the one that is to be found behind it."""
    found = window.targets != IGNORE
    return list(zip(window.ids[found].tolist(), window.targets[found].tolist(), strict=True))


def pairs_in(texts):
    return Counter((a, a + 1) for text in texts for a in text[:-1].tolist())


@given(st.integers(2, 50), st.integers(1, 49), st.integers(1, 6))
def test_pieces_of_a_long_text_are_followed_by_the_next_token(n, length, size):
    rng = np.random.default_rng(0)
    if n <= length:
        with pytest.raises(ValueError, match=f"of {n} tokens has no piece of {length}"):
            random_windows(np.arange(n), length=length, batch_size=size, rng=rng)
        return
    window = random_windows(np.arange(n), length=length, batch_size=size, rng=rng)
    assert window.ids.shape == (size, length)
    assert window.mask is None
    assert window.n_targets == size * length
    np.testing.assert_array_equal(window.targets, window.ids + 1)


def test_pieces_begin_at_every_place_alike():
    rng = np.random.default_rng(3)
    window = random_windows(np.arange(12), length=3, batch_size=9000, rng=rng)
    counts = np.bincount(window.ids[:, 0], minlength=9)
    assert len(counts) == 9  # the last one ends with the text
    assert ((counts - 1000) ** 2 / 1000).sum() < 26.1  # chi-squared, 8 degrees, p = 0.001


@given(texts, st.integers(1, 9), st.integers(1, 5))
def test_every_token_that_has_one_before_it_is_a_target_once(texts, length, size):
    windows = list(all_windows(texts, length=length, batch_size=size))
    assert Counter(pair for window in windows for pair in pairs_of(window)) == pairs_in(texts)
    assert all(window.ids.shape[1] <= length for window in windows)
    for window in windows:
        np.testing.assert_array_equal(window.mask | (window.targets == IGNORE), True)


def test_pieces_share_the_token_that_one_ends_and_the_next_begins_with():
    rows = pieces([np.arange(1, 7)], 2)
    assert [row.tolist() for row in rows] == [[1, 2, 3], [3, 4, 5], [5, 6]]


def test_an_epoch_of_documents_has_every_piece_once_and_another_order_each_time():
    epoch = len(pieces(TEXTS, 3))

    def batches(start, stop):
        found = training_windows(TEXTS, length=3, batch_size=1, seed=5, start=start, stop=stop)
        return [pairs_of(window) for window in found]

    first, second = batches(0, epoch), batches(epoch, 2 * epoch)
    for one in (first, second):
        assert Counter(itertools.chain.from_iterable(one)) == pairs_in(TEXTS)
    assert first != second
    assert batches(2, epoch + 3) == (first + second)[2 : epoch + 3]


def test_a_long_text_gives_the_same_pieces_whenever_a_batch_is_asked_for():
    settings = {"length": 4, "batch_size": 3, "seed": 5}
    whole = [w.ids.tolist() for w in training_windows([TEXTS[3]], **settings, start=0, stop=6)]
    later = [w.ids.tolist() for w in training_windows([TEXTS[3]], **settings, start=4, stop=6)]
    assert whole[4:] == later
    assert len({str(ids) for ids in whole}) > 1
    rng = stream(5, "window", 4)
    np.testing.assert_array_equal(
        random_windows(TEXTS[3], length=4, batch_size=3, rng=rng).ids, whole[4]
    )
