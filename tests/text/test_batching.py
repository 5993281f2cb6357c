import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import Vocabulary, frame, pad

VOCABULARY = Vocabulary(["a", "b", "c"])
SEQUENCES = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12)


def test_a_frame_keeps_both_ends_when_it_cuts():
    assert frame([7, 8, 9], VOCABULARY, max_length=5).tolist() == [2, 7, 8, 9, 3]
    assert frame([7, 8, 9], VOCABULARY, max_length=4).tolist() == [2, 7, 8, 3]
    assert frame([7, 8, 9], VOCABULARY, max_length=3).tolist() == [2, 7, 3]
    empty = frame([], VOCABULARY, max_length=3)
    assert (empty.tolist(), empty.dtype) == ([2, 3], np.int64)


def test_a_frame_takes_the_ids_of_its_roles_from_the_vocabulary():
    special = {"bos": "<s>", "eos": "</s>", "cls": "<s>"}
    words = Vocabulary(["a", "</s>", "b", "<s>"], special=special)
    assert frame([0, 2], words, max_length=4, roles=("bos", "eos")).tolist() == [3, 0, 2, 1]
    assert frame([0, 2], words, max_length=3, roles=("cls", "eos")).tolist() == [3, 0, 1]
    with pytest.raises(ValueError, match=r"no sep token; its roles: cls, bos, eos"):
        frame([0, 2], words, max_length=4)
    with pytest.raises(ValueError, match=r"at least 3 \(<s>, a token, </s>\), got 2"):
        frame([0], words, max_length=2, roles=("bos", "eos"))


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
