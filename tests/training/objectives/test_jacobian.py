"""The gradients of several losses: which are shared, how they meet, what a step does to each."""

import numpy as np
import pytest

from minillm import Parameter, Tensor
from minillm.ops import tanh
from minillm.training.objectives import (
    combined,
    conflict,
    first_order_changes,
    gaps,
    gradients_by_loss,
    gram_of,
    share_of_conflicts,
    shared_places,
)
from minillm.training.objectives.aggregators import upgrad
from tests.strict import StrictArray, strict


def two_heads(rng, dtype=np.float64):
    """A trunk, two heads, and two losses on one graph, with what lies between."""
    x = Tensor(rng.standard_normal((6, 3)).astype(dtype))
    trunk, *heads = (
        Parameter(rng.standard_normal(shape).astype(dtype)) for shape in [(3, 4), (4, 1), (4, 2)]
    )
    hidden = tanh(x @ trunk)
    losses = [((hidden @ head) * (hidden @ head)).sum() for head in heads]
    return trunk, heads, hidden, [losses[0], losses[1] + hidden.sum()]


def test_each_row_is_the_gradient_of_its_own_loss_and_shared_is_what_two_reach():
    trunk, heads, _, losses = two_heads(np.random.default_rng(0))
    rows = gradients_by_loss(losses, [trunk, *heads])
    assert rows[0][2] is None and rows[1][1] is None
    assert shared_places(rows) == [0]
    for task, row in enumerate(rows):
        trunk, heads, _, losses = two_heads(np.random.default_rng(0))
        losses[task].backward()
        np.testing.assert_allclose(row[0], trunk.grad, rtol=1e-12)
        np.testing.assert_allclose(row[1 + task], heads[task].grad, rtol=1e-12)


def test_losses_may_stand_on_graphs_of_their_own():
    w = Parameter(np.ones(2))
    rows = gradients_by_loss([(w * w).sum(), (3.0 * w).sum()], [w])
    assert [row[0].tolist() for row in rows] == [[2, 2], [3, 3]]


def test_from_a_shared_representation_one_backward_pass_serves_all():
    trunk, _, _, losses = two_heads(np.random.default_rng(1))
    at_parameters = gradients_by_loss(losses, [trunk])
    trunk, _, hidden, losses = two_heads(np.random.default_rng(1))
    rows = gradients_by_loss(losses, [hidden])
    assert rows[0][0].shape == hidden.shape
    weights = upgrad(gram_of(rows)).tolist()
    hidden.backward(combined([row[0] for row in rows], weights))
    expected = combined([row[0] for row in at_parameters], weights)
    np.testing.assert_allclose(trunk.grad, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_keep_their_dtype_and_the_gram_matrix_is_in_float64(dtype, rng):
    trunk, heads, _, losses = two_heads(rng, dtype)
    rows = gradients_by_loss(losses, [trunk, *heads])
    gram = gram_of(rows)
    assert gram.dtype == np.float64
    assert {piece.dtype for row in rows for piece in row if piece is not None} == {np.dtype(dtype)}
    assert combined([row[0] for row in rows], [0.3, 0.7]).dtype == dtype
    pieces = [(row[0].ravel(), row[1 + task].ravel()) for task, row in enumerate(rows)]
    wide = [[piece.astype(np.float64) for piece in pair] for pair in pieces]
    exact = np.array([[a[0] @ b[0] for b in wide] for a in wide])
    exact += np.diag([own @ own for _, own in wide])
    np.testing.assert_allclose(gram, exact, rtol=1e-12)


def test_what_an_update_does_to_each_loss_is_the_gradient_times_the_step(rng):
    w = Parameter(rng.standard_normal(4))
    rows = gradients_by_loss([(w * w).sum(), (w * np.arange(4.0)).sum()], [w])
    step = rng.standard_normal(4)
    found = first_order_changes(rows, [w.data], [w.data + step])
    np.testing.assert_allclose(found, [2 * w.data @ step, np.arange(4) @ step], rtol=1e-12)


def test_conflict_is_a_negative_inner_product():
    base = conflict(np.array([[18.0, -22], [-22, 38]]))
    assert base.conflicting and base.least == pytest.approx(-0.841191, abs=5e-7)
    assert not conflict(np.eye(3)).conflicting
    assert conflict(np.array([[4.0]])).least == 1.0
    grams = [np.eye(2), np.array([[1, -0.5], [-0.5, 1]]), np.eye(2), np.eye(2)]
    assert share_of_conflicts(grams) == 0.25
    np.testing.assert_allclose(gaps([0.5, 2.0], [0.2, 2.0]), [0.3, 0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gradients_by_loss([], []), ValueError, "at least one loss, got none"),
        (lambda: gradients_by_loss([1.0], []), TypeError, "loss 0 must be a Tensor, got a float"),
        (lambda: shared_places([[np.ones(2), None], [None, np.ones(2)]]), ValueError, "share no"),
        (lambda: gram_of([]), ValueError, "a row for each task, got none"),
        (lambda: gram_of([[np.array([np.inf])]]), ValueError, "not finite"),
        (lambda: gaps([1.0], [1.0, 2.0]), ValueError, "1 losses and 2 optima"),
        (lambda: share_of_conflicts([]), ValueError, "at least one step, got none"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_one_task_shares_all_that_it_reaches_with_itself():
    assert shared_places([[np.ones(2), None, np.ones(1)]]) == [0, 2]


def test_on_a_device_only_the_gram_matrix_comes_to_the_host(rng):
    first, second = rng.standard_normal((2, 5))
    gradients = [strict.asarray(first), strict.asarray(second)]
    gram = gram_of([[g] for g in gradients])
    assert type(gram) is np.ndarray
    np.testing.assert_allclose(gram[0], [first @ first, first @ second])
    mixed = combined(gradients, [0.5, 2.0])
    assert isinstance(mixed, StrictArray)
    np.testing.assert_allclose(mixed.get(), 0.5 * first + 2 * second)


def test_rows_of_different_lengths_and_products_of_no_vectors_are_refused(rng):
    one = np.ones(2)
    with pytest.raises(ValueError, match=r"a piece for each tensor, got \[1, 2\]"):
        gram_of([[one], [one, one]])
    with pytest.raises(ValueError, match="a cosine is above 1"):
        conflict(np.array([[1.0, 5.0], [5.0, 1.0]]))
    assert conflict(np.array([[1.0, -1.0], [-1.0, 1.0]])).least == pytest.approx(-1.0)


def test_tensors_may_come_one_by_one(rng):
    trunk, heads, _, losses = two_heads(rng)
    rows = gradients_by_loss(losses, (tensor for tensor in (trunk, *heads)))
    assert [len(row) for row in rows] == [3, 3]
    assert all(row[0] is not None for row in rows)
