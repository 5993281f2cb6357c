import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import Vocabulary, bucketed_batches, frame, pad

VOCABULARY = Vocabulary(["a", "b", "c"])
SEQUENCES = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12)


def padding_share(batches):
    """The share of positions that hold no token."""
    masks = [batch.mask for batch in batches]
    return 1 - sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)


def test_a_frame_keeps_both_ends_when_it_cuts():
    assert frame([7, 8, 9], VOCABULARY, max_length=5).tolist() == [2, 7, 8, 9, 3]
    assert frame([7, 8, 9], VOCABULARY, max_length=4).tolist() == [2, 7, 8, 3]
    assert frame([7, 8, 9], VOCABULARY, max_length=3).tolist() == [2, 7, 3]
    empty = frame([], VOCABULARY, max_length=3)
    assert (empty.tolist(), empty.dtype) == ([2, 3], np.int64)


@pytest.mark.parametrize(
    ("ids", "max_length", "error", "message"),
    [
        ([7], 2, ValueError, "max_length must be at least 3 .*, got 2"),
        ([10], 9, IndexError, "token id 10"),
        ([7.0], 9, TypeError, "float64"),
        ([[7]], 9, ValueError, r"one-dimensional, got shape \(1, 1\)"),
    ],
)
def test_a_frame_without_room_or_with_wrong_ids_is_refused(ids, max_length, error, message):
    with pytest.raises(error, match=message):
        frame(ids, VOCABULARY, max_length=max_length)


@pytest.mark.guide("G4")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [[7, 8, 9], [7, 0, 0]]),
        ({"pad_id": 5}, [[7, 8, 9], [7, 5, 5]]),
        ({"side": "left"}, [[7, 8, 9], [0, 0, 7]]),
        ({"length": 2}, [[7, 8], [7, 0]]),
        ({"length": 2, "truncate": "left"}, [[8, 9], [7, 0]]),
        ({"length": 2, "side": "left"}, [[7, 8], [0, 7]]),
        ({"length": 2, "side": "left", "truncate": "left"}, [[8, 9], [0, 7]]),
        ({"length": 4, "side": "left", "truncate": "left"}, [[0, 7, 8, 9], [0, 0, 0, 7]]),
        ({"length": 0, "truncate": "left"}, [[], []]),
    ],
)
def test_padding_by_example(settings, expected):
    ids, mask = pad([[7, 8, 9], [7]], **settings)
    assert ids.tolist() == expected
    assert (mask == np.isin(ids, [7, 8, 9])).all()
    assert (ids.dtype, mask.dtype) == (np.int64, bool)


@pytest.mark.fault(11)
def test_no_sequences_make_an_empty_batch():
    assert [array.shape for array in pad([])] == [(0, 0), (0, 0)]
    assert [array.shape for array in pad([], length=3)] == [(0, 3), (0, 3)]


@given(SEQUENCES, st.sampled_from(["left", "right"]))
def test_the_mask_leads_back_to_the_sequences(sequences, side):
    ids, mask = pad(sequences, side=side, pad_id=3)
    assert [row[real].tolist() for row, real in zip(ids, mask, strict=True)] == sequences
    assert (ids[~mask] == 3).all()


@pytest.mark.parametrize(
    ("sequences", "settings", "error", "message"),
    [
        ([[1.0]], {}, TypeError, "integers, got float64"),
        ([[True]], {}, TypeError, "integers, got bool"),
        ([1, 2], {}, ValueError, r"one-dimensional, got shape \(\)"),
        ([[1]], {"length": -1}, ValueError, "length must not be negative, got -1"),
        ([[1]], {"side": "post"}, ValueError, "side must be 'right' or 'left', got 'post'"),
        ([[1]], {"truncate": "pre"}, ValueError, "truncate must be .* got 'pre'"),
    ],
)
def test_what_cannot_be_padded_is_refused(sequences, settings, error, message):
    with pytest.raises(error, match=message):
        pad(sequences, **settings)


@given(SEQUENCES, st.integers(1, 5), st.booleans())
def test_an_epoch_holds_every_example_once_with_its_target(sequences, batch_size, shuffled):
    targets = np.arange(len(sequences)) * 10
    generator = np.random.default_rng(1) if shuffled else None
    batches = list(
        bucketed_batches(
            sequences, targets, vocabulary_size=10, batch_size=batch_size, rng=generator
        )
    )
    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(sequences)))
    assert len(batches) == -(-len(sequences) // batch_size)
    for batch in batches:
        rows = [row[real].tolist() for row, real in zip(batch.ids, batch.mask, strict=True)]
        assert rows == [sequences[i] for i in batch.indices]
        assert (batch.targets == batch.indices * 10).all()
        assert batch.ids.shape[1] == max(map(len, rows))
        assert batch.segments.shape == batch.ids.shape
        assert not batch.segments.any()


def test_buckets_pad_less_than_batches_in_the_order_given(rng):
    sequences = [[7] * n for n in rng.integers(1, 50, size=2000)]
    unsorted = 1 - 2000 * np.mean([len(s) for s in sequences]) / sum(
        16 * max(map(len, sequences[i : i + 16])) for i in range(0, 2000, 16)
    )
    for generator in (rng, None):
        batches = bucketed_batches(sequences, vocabulary_size=8, batch_size=16, rng=generator)
        assert padding_share(batches) < 0.05 < 0.4 < unsorted


def test_training_batches_are_shuffled_and_repeat_with_their_seed():
    sequences = [[7] * (1 + i % 9) for i in range(180)]

    def order(seed):
        rng = np.random.default_rng(seed)
        batches = bucketed_batches(sequences, vocabulary_size=8, batch_size=4, rng=rng)
        return [batch.indices.tolist() for batch in batches]

    assert order(1) == order(1) != order(2)
    widths = [len(sequences[indices[0]]) for indices in order(1)]
    assert widths != sorted(widths)
    assert {frozenset(batch) for batch in order(1)} != {frozenset(batch) for batch in order(2)}


def test_evaluation_batches_go_by_length_and_then_by_place():
    sequences = [[7, 7], [7], [7, 7, 7], [7], [7, 7]]
    batches = bucketed_batches(sequences, vocabulary_size=8, batch_size=2, rng=None)
    assert [batch.indices.tolist() for batch in batches] == [[1, 3], [0, 4], [2]]


def test_batches_without_targets_and_with_another_padding_id():
    batches = bucketed_batches([[7, 7], [7]], vocabulary_size=8, batch_size=2, rng=None, pad_id=5)
    (batch,) = batches
    assert batch.targets is None
    assert batch.ids.tolist() == [[7, 5], [7, 7]]


@pytest.mark.fault(1)
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"targets": [1]}, ValueError, "2 sequences but 1 targets"),
        ({"vocabulary_size": 8}, IndexError, r"example 1: token id 8 at position \(1,\)"),
        ({"sequences": [[7], [-1]]}, IndexError, "example 1: token id -1"),
        ({"sequences": [[7.5], [1]]}, TypeError, "example 0: token ids must be integers"),
        ({"sequences": [7, 8]}, ValueError, "one-dimensional"),
    ],
)
def test_wrong_examples_are_refused_before_the_first_batch(change, error, message):
    settings = {
        "sequences": [[7], [7, 8]],
        "targets": [0, 1],
        "vocabulary_size": 9,
        "batch_size": 2,
        "rng": None,
    }
    with pytest.raises(error, match=message):
        bucketed_batches(**(settings | change))
