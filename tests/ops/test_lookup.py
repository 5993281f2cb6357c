import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

SENTENCE = np.array([[3, 1, 3], [0, 3, 6]])  # token 3 occurs three times


@pytest.mark.guide("G8")
@pytest.mark.errata("A20")
def test_g8_lookup_is_the_product_with_one_hot_rows(rng):
    table = rng.standard_normal((7, 5))
    assert np.array_equal(ops.embedding(table, ids=SENTENCE).data, np.eye(7)[SENTENCE] @ table)


@pytest.mark.guide("G8")
def test_g8_a_token_met_twice_receives_both_gradients(rng):
    cotangent = rng.standard_normal((2, 3, 5))
    looked_up, multiplied = (Tensor(rng.standard_normal((7, 5)), requires_grad=True) for _ in "ab")
    ops.embedding(looked_up, ids=SENTENCE).backward(cotangent)
    (np.eye(7)[SENTENCE] @ multiplied).backward(cotangent)
    assert np.allclose(looked_up.grad, multiplied.grad, rtol=1e-14, atol=1e-15)
    three = cotangent[0, 0] + cotangent[0, 2] + cotangent[1, 1]
    assert np.allclose(looked_up.grad[3], three, rtol=1e-15)
    assert not looked_up.grad[[2, 4, 5]].any()


def test_g8_the_table_is_as_long_as_the_vocabulary_whatever_the_length_of_the_text(rng):
    table = Tensor(rng.standard_normal((7, 5)), requires_grad=True)
    y = ops.embedding(table, ids=np.zeros(11, dtype=np.int64))
    y.sum().backward()
    assert (y.shape, table.grad.shape) == ((11, 5), (7, 5))
    assert table.grad[0].tolist() == [11.0] * 5


@given(st.lists(st.integers(0, 6), max_size=9))
def test_the_gradient_counts_the_occurrences(ids):
    table = Tensor(np.zeros((7, 2)), requires_grad=True)
    ops.embedding(table, ids=ids).sum().backward()
    assert table.grad[:, 0].tolist() == [float(ids.count(i)) for i in range(7)]


@pytest.mark.fault(5)
def test_ids_of_one_byte_do_not_wrap_round_in_a_wide_table():
    table = Tensor(np.zeros((300, 100)), requires_grad=True)
    ops.embedding(table, ids=np.array([255, 200], dtype=np.uint8)).sum().backward()
    assert np.flatnonzero(table.grad[:, 0]).tolist() == [200, 255]


@pytest.mark.parametrize("ids", [2, np.int64(2), np.array(2), [2], (2,), range(2, 3)])
def test_ids_may_be_a_number_a_list_a_tuple_or_a_range(ids):
    table = Tensor(np.arange(10.0).reshape(5, 2), requires_grad=True)
    y = ops.embedding(table, ids=ids)
    y.sum().backward()
    assert y.data.ravel().tolist() == [4.0, 5.0]
    assert table.grad[2].tolist() == [1.0, 1.0]


@pytest.mark.fault(12)
def test_an_empty_list_looks_up_nothing():
    assert ops.embedding(np.ones((5, 2)), ids=[]).shape == (0, 2)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 2**32))
def test_four_ways_to_look_up_agree_in_value_and_gradient(ids, seed):
    """Embedding, indexing, picking along an axis, the product with one-hot rows."""
    rng = np.random.default_rng(seed)
    values, cotangent = rng.standard_normal((5, 3)), rng.standard_normal((len(ids), 3))
    along = np.repeat(np.array(ids)[:, None], 3, axis=1)
    ways = [
        lambda table: np.eye(5)[ids] @ table,
        lambda table: ops.embedding(table, ids=ids),
        lambda table: table[np.array(ids)],
        lambda table: ops.take_along_axis(table, index=along, axis=0),
    ]
    tables = [Tensor(values, requires_grad=True) for _ in ways]
    for way, table in zip(ways, tables, strict=True):
        y = way(table)
        y.backward(cotangent)
        assert np.array_equal(y.data, values[ids])
        assert np.allclose(table.grad, tables[0].grad, rtol=1e-13, atol=1e-15)


def test_picking_along_the_last_axis_by_default_by_hand():
    x = Tensor(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), requires_grad=True)
    y = ops.take_along_axis(x, index=[[2, 2], [0, 1]])
    y.backward(np.array([[1.0, 10.0], [100.0, 1000.0]]))
    assert y.data.tolist() == [[3.0, 3.0], [4.0, 5.0]]
    assert x.grad.tolist() == [[0.0, 0.0, 11.0], [100.0, 1000.0, 0.0]]


@given(st.integers(0, 2**32), st.sampled_from([0, 1, -1, -2]))
def test_sorting_is_picking_along_an_axis_and_its_gradient_goes_back(seed, axis):
    rng = np.random.default_rng(seed)
    values, cotangent = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    order = np.argsort(values, axis=axis)
    x = Tensor(values, requires_grad=True)
    y = ops.take_along_axis(x, index=order, axis=axis)
    y.backward(cotangent)
    assert np.array_equal(y.data, np.sort(values, axis=axis))
    assert np.array_equal(np.take_along_axis(x.grad, order, axis=axis), cotangent)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.integers(0, 4))
def test_the_padding_row_is_read_like_any_other_but_does_not_learn(ids, padding_idx):
    rng = np.random.default_rng(len(ids))
    values, cotangent = rng.standard_normal((5, 3)), rng.standard_normal((len(ids), 3))
    tables = [Tensor(values, requires_grad=True) for _ in "ab"]
    plain = ops.embedding(tables[0], ids=ids)
    padded = ops.embedding(tables[1], ids=ids, padding_idx=padding_idx)
    for y in (plain, padded):
        y.backward(cotangent)
    assert np.array_equal(plain.data, padded.data)
    assert not tables[1].grad[padding_idx].any()
    others = np.arange(5) != padding_idx
    assert np.array_equal(tables[0].grad[others], tables[1].grad[others])
