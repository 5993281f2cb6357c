"""Answers that can all be listed: expected harm, its gradient, and the best policy, exactly."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import Parameter, Tensor, gradients_of
from minillm.labs.worlds.answer_tree import (
    beginnings,
    expected_harm,
    harm_gradients,
    harm_variances,
    kl_by_word,
    reached,
    safest,
    word_harm,
)
from minillm.ops import exp, log_softmax

sizes = st.tuples(st.integers(2, 4), st.integers(1, 5), st.integers(0, 10_000))


def drawn(words, length, seed):
    """Logits of a random policy, and a random harm that the first h words decide."""
    rng = np.random.default_rng(seed)
    logits = [2 * rng.standard_normal((words**t, words)) for t in range(length)]
    horizon = int(rng.integers(1, length + 1))
    harm = np.repeat(rng.random(words**horizon), words ** (length - horizon))
    return logits, harm, horizon


def tables_of(logits):
    return [log_softmax.run(z)[0] for z in logits]


def whole(tables):
    """p of every answer as a product over its words."""
    return reduce(lambda p, table: (p[:, None] * np.exp(table)).ravel(), tables, np.ones(1))


@given(sizes)
def test_the_gradient_is_the_covariance_and_none_is_behind_the_horizon(size):
    """Against the gradient of the sum over all answers, by the tape."""
    logits, harm, horizon = drawn(*size)
    parameters = [Parameter(z) for z in logits]
    log_p = Tensor(np.zeros((1, 1)))
    for z in parameters:
        log_p = (log_p.reshape(-1, 1) + log_softmax(z)).reshape(-1)
    expected = gradients_of((exp(log_p) * harm).sum(), parameters)
    found = harm_gradients(tables_of(logits), harm)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    for behind in found[horizon:]:
        np.testing.assert_allclose(behind, 0.0, atol=1e-15)
    assert np.abs(found[horizon - 1]).max() > 1e-9


@given(sizes)
def test_what_the_words_decide_adds_up_to_the_variance_of_the_harm(size):
    logits, harm, horizon = drawn(*size)
    tables = tables_of(logits)
    p = whole(tables)
    mean = p @ harm
    assert expected_harm(tables, harm)[0][0] == pytest.approx(mean)
    np.testing.assert_allclose(reached(tables)[-1], p)
    variances = harm_variances(tables, harm)
    assert variances.sum() == pytest.approx(p @ (harm - mean) ** 2)
    np.testing.assert_allclose(variances[horizon:], 0.0, atol=1e-15)


@given(sizes, st.floats(0.05, 2.0))
def test_the_best_policy_tilts_every_answer_and_moves_no_word_behind_the_horizon(size, beta):
    logits, harm, horizon = drawn(*size)
    tables = tables_of(logits)
    tilted = whole(tables) * np.exp(-harm / beta)
    tilted /= tilted.sum()
    best = safest(tables, harm, beta)
    np.testing.assert_allclose(whole(best), tilted, atol=1e-12)
    kl = kl_by_word(best, tables)
    assert kl.sum() == pytest.approx(tilted @ np.log(tilted / whole(tables)), abs=1e-9)
    np.testing.assert_allclose(kl[horizon:], 0.0, atol=1e-12)


def test_rows_are_in_the_order_of_the_dictionary_and_the_judge_looks_at_one_word():
    assert beginnings(2, 2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert beginnings(3, 0).shape == (1, 0)
    assert word_harm(2, 2, 1).tolist() == [1, 1, 0, 0]
    assert word_harm(2, 2, 2).tolist() == [1, 0, 1, 0]
    for horizon in (0, 3):
        with pytest.raises(ValueError, match=f"horizon must be from 1 to 2, got {horizon}"):
            word_harm(2, 2, horizon)
