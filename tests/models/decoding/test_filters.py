import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minillm.models.decoding import min_p, repetition_penalty, temperature, top_k, top_p

logits = hnp.arrays(np.float64, (2, 7), elements=st.floats(-9, 9))
shares = st.floats(0.01, 1.0)
LOG = np.log([[0.5, 0.25, 0.125, 0.125]])


def softmax(z):
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def kept(z):
    return np.isfinite(z).tolist()


@pytest.mark.guide("G40")
def test_filters_by_hand():
    assert kept(top_k(LOG, k=1)) == [[True, False, False, False]]
    assert kept(top_k(LOG, k=3)) == [[True, True, True, False]]  # the smaller id of two equals
    assert kept(top_p(LOG, p=0.4)) == [[True, False, False, False]]
    assert kept(top_p(LOG, p=0.6)) == [[True, True, False, False]]
    assert kept(top_p(LOG, p=0.76)) == [[True, True, True, False]]
    assert kept(top_p(LOG, p=1.0)) == [[True] * 4]
    assert kept(min_p(LOG, p=0.4)) == [[True, True, False, False]]
    assert kept(min_p(LOG, p=1.0)) == [[True, False, False, False]]
    assert kept(min_p(LOG, p=0.1)) == [[True] * 4]
    z, seen = np.array([[2.0, -2.0, 1.0, 0.0]]), np.array([[True, True, False, True]])
    np.testing.assert_array_equal(
        repetition_penalty(z, penalty=2.0, seen=seen), [[1.0, -4.0, 1.0, 0.0]]
    )
    p = softmax(temperature(LOG, t=0.5))
    np.testing.assert_allclose(p, np.exp(2 * LOG) / np.exp(2 * LOG).sum(), rtol=1e-12)


@given(logits, st.integers(1, 7), shares)
def test_what_stays_keeps_its_logit_and_the_most_probable_always_stays(z, k, p):
    for y in (top_k(z, k=k), top_p(z, p=p), min_p(z, p=p)):
        stays = np.isfinite(y)
        np.testing.assert_array_equal(y[stays], z[stays])
        assert stays[[0, 1], z.argmax(axis=-1)].all()
        lowest = np.where(stays, z, np.inf).min(axis=-1)
        highest_gone = np.where(stays, -np.inf, z).max(axis=-1)
        assert (highest_gone <= lowest).all()
    assert (np.isfinite(top_k(z, k=k)).sum(axis=-1) == k).all()


@given(logits, shares)
def test_the_nucleus_has_the_probability_p_and_without_its_last_token_has_not(z, p):
    probabilities, stays = softmax(z), np.isfinite(top_p(z, p=p))
    mass = (probabilities * stays).sum(axis=-1)
    smallest = np.where(stays, probabilities, np.inf).min(axis=-1)
    assert (mass >= p - 1e-12).all()
    assert ((mass - smallest < p + 1e-12) | (stays.sum(axis=-1) == 1)).all()


@given(logits, shares)
def test_min_p_keeps_what_is_probable_enough_beside_the_most_probable(z, p):
    ratio = softmax(z) / softmax(z).max(axis=-1, keepdims=True)
    clear = np.abs(ratio - p) > 1e-9
    assert (np.isfinite(min_p(z, p=p)) == (ratio >= p))[clear].all()


@given(logits, st.floats(0.1, 10.0), st.floats(0.1, 10.0))
def test_temperatures_multiply_and_keep_the_order(z, s, t):
    np.testing.assert_allclose(temperature(temperature(z, t=s), t=t), z / (s * t), rtol=1e-12)
    np.testing.assert_array_equal(temperature(z, t=t).argmax(axis=-1), z.argmax(axis=-1))


@given(logits, hnp.arrays(bool, (2, 7)), st.floats(1.0, 5.0))
def test_a_penalty_raises_nothing_and_leaves_what_was_not_seen(z, seen, penalty):
    y = repetition_penalty(z, penalty=penalty, seen=seen)
    assert (y <= z).all()
    np.testing.assert_array_equal(y[~seen], z[~seen])


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        (temperature, {"t": 0.7}),
        (top_k, {"k": 2}),
        (top_p, {"p": 0.8}),
        (min_p, {"p": 0.2}),
        (repetition_penalty, {"penalty": 1.2, "seen": np.ones((1, 4), bool)}),
    ],
)
def test_filters_change_neither_dtype_nor_argument(rule, settings):
    z = LOG.astype(np.float32)
    assert rule(z, **settings).dtype == np.float32
    np.testing.assert_array_equal(z, LOG.astype(np.float32))


@pytest.mark.parametrize("t", [0, 0.0, -1.0, math.nan, math.inf, "1", True])
def test_a_temperature_that_is_not_above_0_is_refused_with_the_right_spelling(t):
    with pytest.raises(ValueError, match=r"must be above 0 and finite, got .*choose=greedy"):
        temperature(LOG, t=t)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k(LOG, k=5), r"k must be in 1\.\.4, the size of the vocabulary, got 5"),
        (lambda: top_k(LOG, k=0), "k must be a whole number, at least 1, got 0"),
        (lambda: top_k(LOG, k=2.0), "a whole number, at least 1, got 2.0"),
        (lambda: top_p(LOG, p=0.0), r"top_p: p must be in \(0, 1\], got 0.0"),
        (lambda: top_p(LOG, p=1.01), r"must be in \(0, 1\], got 1.01"),
        (lambda: top_p(LOG, p=math.nan), r"must be in \(0, 1\], got nan"),
        (lambda: min_p(LOG, p=-0.1), r"min_p: p must be in \(0, 1\], got -0.1"),
        (lambda: repetition_penalty(LOG, penalty=0.9, seen=LOG > 0), "at least 1 and finite"),
        (lambda: repetition_penalty(LOG, penalty=2.0, seen=LOG[0] > 0), r"seen \(4,\) must have"),
    ],
)
def test_settings_out_of_their_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
