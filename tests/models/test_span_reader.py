"""Where an answer begins and ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models import Bert, BertConfig
from minillm.models.span_reader import SpanReader, best_span

RNG = np.random.default_rng(0)
READER = SpanReader(Bert(BertConfig(9, width=8, n_layers=1, n_heads=2, hidden=8), rng=RNG), rng=RNG)
IDS, MASK = np.array([[1, 2, 3, 4], [5, 6, 0, 0]]), np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)


def test_the_loss_is_the_mean_of_both_ends():
    READER.eval()
    targets = np.array([[1, 3], [0, 1]])
    scores = READER(IDS, MASK).data.astype(np.float64)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    expected = -np.mean(
        [log_p[i, t, end] for i, row in enumerate(targets) for end, t in enumerate(row)]
    )
    assert np.isclose(READER.loss(IDS, MASK, targets).data, expected, atol=1e-6)
    with pytest.raises(ValueError, match="start and end"):
        READER.loss(IDS, MASK, np.array([1, 3]))


@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_best_span_is_the_best_of_all(length, longest, seed):
    rng = np.random.default_rng(seed)
    scores, mask = rng.standard_normal((length, 2)), rng.random(length) < 0.7
    spans = [
        (scores[i, 0] + scores[j, 1], (i, j))
        for i in range(length)
        for j in range(i, min(i + longest, length))
        if mask[i] and mask[j]
    ]
    if mask.any():
        assert best_span(scores, mask, longest) == max(spans)[1]
    else:
        with pytest.raises(ValueError, match="place"):
            best_span(scores, mask, longest)
