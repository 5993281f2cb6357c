"""The guide writes Q = W X in columns beside Q Kᵀ in rows: only one of the two at a time works."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import Linear
from minillm.ops import scaled_dot_product_attention, softmax

N, D, K = 7, 12, 4  # positions, model width, head width


@pytest.mark.guide("G14")
@pytest.mark.errata("A28")
def test_attention_in_rows_and_in_columns_agree_and_the_mix_attends_over_features(rng):
    x = rng.standard_normal((N, D))
    wq, wk, wv = (rng.standard_normal((D, K)) for _ in range(3))
    rows = scaled_dot_product_attention(x @ wq, x @ wk, x @ wv).data
    assert rows.shape == (N, K)

    q, k, v = (w.T @ x.T for w in (wq, wk, wv))  # columns: one position per column, (K, N)
    columns = v @ softmax(k.T @ q / K**0.5, axis=0).data
    np.testing.assert_allclose(columns.T, rows, rtol=1e-12)

    mixed = softmax(q @ k.T / K**0.5).data @ v  # as the guide has it
    assert (q @ k.T).shape == (K, K)  # features against features, not positions
    assert not np.allclose(mixed.T, rows)


@pytest.mark.errata("A28")
def test_a28_a_matrix_on_the_left_of_rows_does_not_fit_or_mixes_the_positions(rng):
    w, x = Tensor(rng.standard_normal((K, D))), rng.standard_normal((N, D))
    with pytest.raises(ValueError, match="matmul"):
        w @ Tensor(x)

    square = Linear(D, D, rng=rng, bias=False).to_dtype(np.float64)
    x = rng.standard_normal((D, D))  # as many positions as features: now it fits
    touched = x + np.eye(D)[:, :1]  # another word in the first position

    def positions_that_change(project):
        before, after = (project(Tensor(words)).data for words in (x, touched))
        return np.flatnonzero(np.abs(after - before).max(axis=1) > 1e-9).tolist()

    assert positions_that_change(square) == [0]  # x Wᵀ: every position by itself
    assert positions_that_change(lambda words: square.weight @ words) == list(range(D))


@pytest.mark.errata("A29")
def test_values_may_have_another_width_than_queries_and_keys(rng):
    q, k, v = (rng.standard_normal((N, width)) for width in (K, K, 9))
    assert scaled_dot_product_attention(q, k, v).shape == (N, 9)
