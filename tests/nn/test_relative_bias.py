"""H = 3 heads, T queries, S keys."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.nn import MultiHeadAttention, RelativeBias
from minillm.nn.relative_bias import relative_buckets
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values
from tests.strict import SYNCS, StrictArray, strict

H, T, D = 3, 4, 6
SIZES = {"buckets": 32, "furthest": 128}


def bucket_by_hand(distance: int, *, buckets: int, furthest: int, causal: bool) -> int:
    """``distance`` is how far the key stands before the query."""
    n, shift = distance, 0
    if causal:
        n = max(n, 0)
    else:
        buckets //= 2
        shift = buckets if n < 0 else 0
        n = abs(n)
    exact = buckets // 2
    if n < exact:
        return shift + n
    steps = math.log(n / exact) / math.log(furthest / exact) * (buckets - exact)
    return shift + min(buckets - 1, exact + int(steps))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (8, 20), (4, 7)])
def test_every_bucket_is_that_of_the_formula(buckets, furthest, causal):
    sizes = {"buckets": buckets, "furthest": furthest, "causal": causal}
    found = relative_buckets(150, 200, **sizes)
    places = range(50, 200)
    expected = [[bucket_by_hand(i - j, **sizes) for j in range(200)] for i in places]
    np.testing.assert_array_equal(found, expected)
    assert (found.min(), found.max()) == (0, buckets - 1)


def test_the_buckets_of_t5_at_some_distances():
    """16 buckets a direction: 8 exact, then 8-11, 12-15, 16-22, ..., 91 and farther."""
    row = relative_buckets(1, 200, causal=False, **SIZES)[0][::-1]  # by distance before the query
    assert row[[0, 1, 7, 8, 11, 12, 15, 16, 22, 23, 31, 90, 91, 127, 199]].tolist() == [
        *(0, 1, 7, 8, 8, 9, 9, 10, 10, 11, 11, 14, 15, 15, 15)
    ]
    assert relative_buckets(3, 3, causal=False, **SIZES)[0].tolist() == [0, 17, 18]
    assert relative_buckets(3, 3, causal=True, **SIZES)[0].tolist() == [0, 0, 0]


@given(st.integers(1, 60), st.integers(0, 60), st.booleans())
def test_the_last_queries_have_the_last_rows_and_diagonals_are_constant(queries, more, causal):
    whole = relative_buckets(queries + more, queries + more, causal=causal, **SIZES)
    last = relative_buckets(queries, queries + more, causal=causal, **SIZES)
    np.testing.assert_array_equal(last, whole[more:])
    for d in range(-queries + 1, queries + more):
        assert len(np.unique(np.diagonal(last, d))) == 1


def biased(rng, bias, **settings):
    return MultiHeadAttention(D, H, rng=rng, position_bias=bias, **settings)


def test_the_number_of_its_bucket_is_added_to_each_score(rng):
    part = RelativeBias(H, rng=rng, buckets=4, furthest=7)
    layer = scrambled(biased(rng, part, scale=1.0), rng)
    x = rng.standard_normal((2, T, D))
    plain = MultiHeadAttention(D, H, rng=rng, scale=1.0).to_dtype(np.float64)
    plain.load_state_dict({n: a for n, a in layer.state_dict().items() if "position" not in n})
    odds = layer.weights(Tensor(x)) / plain.weights(Tensor(x))
    for h, i, j in np.ndindex(H, T, T):
        bucket = bucket_by_hand(i - j, buckets=4, furthest=7, causal=False)
        expected = math.exp(part.weight.data[bucket, h])
        first = math.exp(
            part.weight.data[bucket_by_hand(i, buckets=4, furthest=7, causal=False), h]
        )
        ratio = odds[:, h, i, j] / odds[:, h, i, 0]
        np.testing.assert_allclose(ratio, expected / first, rtol=1e-10)


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_of_all_weights_and_of_the_table(causal, rng):
    part = RelativeBias(H, rng=rng, buckets=4, furthest=5, causal=causal)
    layer = biased(rng, part, causal=causal)
    assert check_layer(layer, rng.standard_normal((2, 7, D)), rng) < 1e-6
    assert "position_bias.weight" in layer.state_dict()


def test_float32_stays_float32(rng):
    layer = biased(rng, RelativeBias(H, rng=rng))
    x = rng.standard_normal((2, T, D)).astype(np.float32)
    assert dtypes_of_output_and_gradients(layer, x) == {np.dtype(np.float32)}


def test_layers_that_share_a_table_have_one_parameter_more(rng):
    shared = RelativeBias(H, rng=rng)
    layers = [biased(rng, shared) for _ in range(3)]
    layers[0].others = layers[1:]
    names = [n for n, _ in layers[0].named_parameters() if "position_bias" in n]
    assert names == ["position_bias.weight"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"buckets": 2}, "got 2 buckets, 0 exact"),
        ({"buckets": 1, "causal": True}, "got 1 buckets, 0 exact"),
        ({"buckets": 7}, "got 7 buckets"),
        ({"furthest": 8}, "8 exact, furthest 8"),
        ({"n_heads": 0}, "n_heads must be at least 1, got 0"),
    ],
)
def test_impossible_sizes_are_refused(settings, message, rng):
    with pytest.raises(ValueError, match=message):
        RelativeBias(**{"n_heads": H, **settings}, rng=rng)


def test_more_queries_than_keys_are_refused(rng):
    part = RelativeBias(H, rng=rng)
    with pytest.raises(ValueError, match="4 queries are not the last of 3 positions"):
        part(Tensor(np.zeros((H, 4, 2))), Tensor(np.zeros((H, 3, 2))))


def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(rng):
    layer = scrambled(biased(rng, RelativeBias(H, rng=rng), causal=True), rng)
    x = rng.standard_normal((2, T, D))
    here = values(layer, x)
    for parameter in layer.parameters():
        parameter.data = strict.asarray(parameter.data)
    SYNCS.clear()
    there = layer(Tensor(strict.asarray(x))).data
    assert (type(there), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.get(), here)
