import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import (
    array_module,
    is_array,
    on_host,
    quiet,
    scatter_add,
    to_numpy,
    where_or_0,
)
from minillm.backend.arrays import LIBRARIES, library_of
from tests.strict import SYNCS, strict


def test_an_array_names_its_library_and_numbers_belong_to_any():
    there = strict.asarray([1.0])
    assert array_module(np.ones(2), 2.0, np.float64(3.0), True) is np
    assert array_module(2.0, there, np.int64(1)) is strict
    assert array_module(1.0) is array_module() is np


def test_two_libraries_in_one_op_are_refused_by_name():
    with pytest.raises(
        TypeError, match="arrays from numpy and strict; move them with to_device first"
    ):
        array_module(strict.asarray([1.0]), 2.0, np.ones(1))


@pytest.mark.parametrize("value", [[1.0], (1.0,), None, "1.0", {1: 2}])
def test_what_is_neither_array_nor_number_is_refused(value):
    with pytest.raises(TypeError, match=f"an array or a number, got {type(value).__name__}"):
        array_module(np.ones(1), value)
    assert not is_array(value)


def test_a_subclass_of_a_numpy_array_is_numpys(tmp_path):
    mapped = np.memmap(tmp_path / "numbers", dtype=np.float64, mode="w+", shape=(3,))
    assert array_module(mapped) is np
    assert is_array(mapped)
    assert not is_array(np.float64(1.0))


def test_cupy_is_met_when_its_first_array_arrives(monkeypatch):
    class ndarray:
        __module__ = "cupy"

    monkeypatch.setitem(__import__("sys").modules, "cupy", strict)
    monkeypatch.setattr("minillm.backend.arrays.LIBRARIES", dict(LIBRARIES))
    assert library_of(ndarray()) is strict
    assert array_module(ndarray(), 1.0) is strict


def test_only_what_is_on_a_device_makes_the_host_wait():
    assert all(on_host(value) for value in (np.ones(2), [1], (1,), 1, np.int64(1), range(3)))
    assert not on_host(strict.asarray([1]))


def test_to_numpy_fetches_from_a_device_and_passes_host_arrays_through():
    SYNCS.clear()
    here = np.ones(2)
    assert to_numpy(here) is here
    assert to_numpy([1.0, 2.0]).tolist() == [1.0, 2.0]
    assert SYNCS == []
    assert to_numpy(strict.asarray([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert SYNCS == ["get"]


def test_scatter_add_by_hand():
    values = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    out = scatter_add((4, 2), np.array([3, 1, 3]), values)
    assert out.tolist() == [[0.0, 0.0], [10.0, 20.0], [0.0, 0.0], [101.0, 202.0]]


@given(
    st.lists(st.integers(0, 4), max_size=9), st.integers(0, 3), st.sampled_from(["u1", "i4", "i8"])
)
def test_scatter_add_is_a_product_with_one_hot_columns(rows, width, dtype):
    values = np.random.default_rng(0).standard_normal((len(rows), width))
    out = scatter_add((5, width), np.array(rows, dtype=dtype), values)
    assert np.allclose(out, np.eye(5)[:, rows] @ values, rtol=1e-14, atol=1e-15)


def test_scatter_add_of_small_unsigned_rows_does_not_wrap_round():
    out = scatter_add((256, 100), np.array([255, 3], dtype=np.uint8), np.ones((2, 100)))
    assert np.flatnonzero(out.any(axis=1)).tolist() == [3, 255]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scatter_add_keeps_the_dtype_takes_any_shape_of_rows_and_owns_its_memory(dtype):
    out = scatter_add((3, 2), np.array([[0, 0], [0, 2]]), np.ones((2, 2, 2), dtype=dtype))
    assert out.tolist() == [[3.0, 3.0], [0.0, 0.0], [1.0, 1.0]]
    assert out.dtype == dtype
    assert out.base is None
    assert scatter_add((3, 2), np.zeros((0, 5), dtype=int), np.zeros((0, 5, 2))).shape == (3, 2)


def test_scatter_add_refuses_rows_and_values_of_two_libraries():
    with pytest.raises(TypeError, match="numpy and strict"):
        scatter_add((3, 2), np.array([0]), strict.asarray([[1.0, 2.0]]))


def test_infinities_and_nan_come_quietly_where_they_are_meant_and_only_there():
    zero = np.zeros(1)
    with quiet():
        assert (1.0 / zero).tolist() == [np.inf]
        assert np.isnan(zero / zero).all()
        with pytest.warns(RuntimeWarning, match="overflow"):
            assert (np.array([1e300]) ** 2).tolist() == [np.inf]
    with quiet(overflow=True):
        assert (np.array([1e300]) ** 2).tolist() == [np.inf]
        assert (1.0 / zero).tolist() == [np.inf]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert (1.0 / zero).tolist() == [np.inf]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (4, 3)])
def test_where_or_0_chooses_the_number_or_0_whatever_the_number(dtype, shape, rng):
    x = rng.choice(np.array([np.inf, -np.inf, np.nan, -0.0, 1.5], dtype), size=shape)
    for condition in (rng.random(shape) < 0.5, np.True_, np.False_, np.zeros((2, *shape), bool)):
        y, wanted = where_or_0(condition, x), np.where(condition, x, dtype(0))
        assert y.dtype == dtype
        assert np.array_equal(y, wanted, equal_nan=True)
        assert np.array_equal(np.signbit(y), np.signbit(wanted))


def test_where_or_0_stays_on_the_device_and_takes_arrays_in_any_order_of_memory(rng):
    x = rng.standard_normal((4, 6)).astype(np.float32).T[::2]
    there = where_or_0(strict.asarray(x > 0.0), strict.asarray(x))
    assert np.array_equal(there.get(), np.where(x > 0.0, x, 0.0))
    assert np.array_equal(where_or_0(x > 0.0, x), there.get())
