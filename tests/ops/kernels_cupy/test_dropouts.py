"""Dropout's factors are drawn on the device as on the host: same key and count, same bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.backend import counted_words
from minillm.nn import Dropout
from minillm.nn.dropout import factors
from minillm.nn.rows import Rows, rows_of_batch
from minillm.ops.kernels_cupy import dropouts
from minillm.ops.kernels_cupy.dropouts import EACH, MODULUS, MULTIPLIER, factors_on_device, leap
from tests.cuda_on_host import raw_module
from tests.cuda_on_host.raw_module import needs_gxx
from tests.strict import SYNCS, strict

KEYS = st.integers(0, 2**63 - 1)


@needs_gxx
@settings(max_examples=15)
@given(
    key=KEYS, count=st.integers(0, 2**40), start=st.sampled_from([0, 1, 2, 3, 4, 1023, 7 << 40]),
    shape=st.sampled_from([(), (1,), (3, 5), (0, 4), (1021,), (257, 4)]),
    dropped=st.sampled_from([1, 6554, 32768, 65535]), dtype=st.sampled_from(["f", "d"]),
)  # fmt: skip
def test_the_same_bits_as_on_the_host(key, count, start, shape, dropped, dtype):
    given = key, count, shape, dropped, start
    expected = factors(*given, like=np.empty(0, dtype))
    found = factors_on_device(*given, like=strict.empty(0, dtype))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found._host, expected)


@needs_gxx
@pytest.mark.parametrize("each", [1, 3, EACH])
@pytest.mark.parametrize("how", [0, 1, 99])
def test_threads_that_leap_over_one_another_leave_no_gap(each, how, monkeypatch):
    monkeypatch.setattr(dropouts, "EACH", each)
    monkeypatch.setitem(raw_module.ORDER, "how", how)
    given = 5, 6, (9000,), 20000, 3
    expected = factors(*given, like=np.empty(0, "f"))
    found = factors_on_device(*given, like=strict.empty(0, "f"))
    np.testing.assert_array_equal(found._host, expected)


@needs_gxx
def test_a_word_that_is_the_bound_is_kept():
    words = counted_words(5, 6, 100, 0)
    given = 5, 6, (100,), int(words[50]), 0
    found = factors_on_device(*given, like=strict.empty(0, "d"))
    assert found._host[50] > 1
    np.testing.assert_array_equal(found._host == 0, words < words[50])


@given(state=st.integers(0, MODULUS - 1), plus=st.integers(0, MODULUS - 1), n=st.integers(0, 50))
def test_a_leap_is_many_steps(state, plus, n):
    times, added = leap(plus, n)
    stepped = state
    for _ in range(n):
        stepped = (MULTIPLIER * stepped + plus) % MODULUS
    assert (times * state + added) % MODULUS == stepped


@needs_gxx
def test_a_layer_on_the_device_drops_what_it_drops_on_the_host(rng, monkeypatch):
    monkeypatch.setitem(Dropout.kernels, strict, factors_on_device)
    seed = int(rng.integers(2**32))
    here, there = (Dropout(0.3, rng=np.random.default_rng(seed)) for _ in range(2))
    x = rng.standard_normal((6, 50)).astype(np.float32)
    SYNCS.clear()
    raw_module.LAUNCHES.clear()
    for rows in (slice(0, 6), slice(0, 6), slice(2, 4)):
        part = x[rows]
        whole = rows.stop == 6
        with rows_of_batch(None if whole else Rows(rows.start, rows.stop)):
            expected, found = here(Tensor(part)), there(Tensor(strict.asarray(part)))
        np.testing.assert_array_equal(found.data._host, expected.data)
    assert SYNCS == []
    assert raw_module.LAUNCHES == ["dropout_factors"] * 3


def test_another_dtype_is_refused_with_what_the_kernel_knows():
    with pytest.raises(
        TypeError, match=r"^dropout: its kernel .* float32 and float64, got float16"
    ):
        factors_on_device(1, 2, (3,), 4, 0, like=strict.empty(0, np.float16))
