import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm.backend.ids import check_ids, integer_array


def test_valid_ids_come_back_unchanged():
    ids = np.array([[0, 6], [3, 1]], dtype=np.int32)
    assert check_ids(ids, 7) is ids


def test_lists_become_arrays_and_an_empty_list_is_integer():
    assert check_ids([[1, 2]], 3).tolist() == [[1, 2]]
    assert check_ids([], 3).dtype == np.int64


@pytest.mark.guide("G3")
@pytest.mark.fault(1)
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[0, 7]], "token id 7 at position (0, 1) out of range for a vocabulary of 7"),
        ([2, -1], "token id -1 at position (1,) out of range for a vocabulary of 7"),
        ([2, -1, 9], "token id -1 at position (1,) out of range for a vocabulary of 7"),
        (7, "token id 7 at position () out of range for a vocabulary of 7"),
    ],
)
def test_an_id_outside_the_vocabulary_is_named_with_its_place(ids, message):
    with pytest.raises(IndexError) as caught:
        check_ids(ids, 7)
    assert str(caught.value) == message


def test_the_error_names_what_was_indexed():
    with pytest.raises(IndexError, match=r"^target 2 .* for a set of classes of 2$"):
        check_ids([2], 2, name="target", of="a set of classes")


@pytest.mark.fault(5)
def test_small_unsigned_ids_work_in_a_vocabulary_beyond_their_range():
    ids = np.array([0, 255], dtype=np.uint8)
    assert check_ids(ids, 1000) is ids
    with pytest.raises(IndexError, match="token id 255"):
        check_ids(ids, 255)


@pytest.mark.parametrize(
    ("ids", "given_type"),
    [
        (np.array([1.0]), "float64"),
        ([1.5], "float64"),
        (np.array([True, False]), "bool"),
        (["a"], "<U1"),
        (None, "object"),
        (np.zeros(0), "float64"),
    ],
)
def test_ids_that_are_not_integers_are_refused_by_type(ids, given_type):
    with pytest.raises(TypeError, match=f"token ids must be integers, got {given_type}"):
        check_ids(ids, 7)


@pytest.mark.fault(6)
@pytest.mark.parametrize("kind", [list, lambda rows: np.array(rows, dtype=object)])
def test_ragged_rows_are_refused_with_their_lengths(kind):
    with pytest.raises(ValueError, match="ragged: lengths 3, 5;"):
        check_ids(kind([[1, 2, 3], [1, 2, 3, 4, 5]]), 7)


def test_a_number_among_rows_is_ragged_too():
    with pytest.raises(ValueError, match="ragged: lengths 1, none;"):
        check_ids([[1], 2], 7)


def test_many_ragged_lengths_are_cut_short():
    with pytest.raises(ValueError, match=r"lengths 0, 1, 2, 3, 4, 5, 6, 7, \.\.\.;"):
        integer_array([[0] * n for n in range(9)])


@given(hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.integers(-3, 9)))
def test_check_agrees_with_looking_at_every_id(ids):
    if all(0 <= i < 7 for i in ids.ravel()):
        assert check_ids(ids, 7) is ids
    else:
        with pytest.raises(IndexError):
            check_ids(ids, 7)


def test_the_plural_of_class_is_classes():
    with pytest.raises(TypeError, match="target classes must be integers, got float64"):
        integer_array([0.5], name="target class")
