"""Threads that share a batch give what one thread gives."""

import threading
from typing import NamedTuple

import numpy as np
import pytest

from minillm import Tensor
from minillm.backend.ids import IGNORE
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import Dropout
from minillm.nn.rows import Rows, current_rows, rows_of_batch, settle
from minillm.optim import SGD
from minillm.training import ShardedGradients, fit, mean_gradients
from minillm.training.sharding import ids_to_share


class Masked(NamedTuple):
    ids: np.ndarray
    mask: np.ndarray
    targets: np.ndarray


def count(batch):
    return int((batch.targets != IGNORE).sum())


def model_and_batch(dropout=0.0, rows=6):
    rng = np.random.default_rng(0)
    config = BertConfig(
        vocabulary_size=40, width=16, n_layers=2, n_heads=2, max_length=12, dropout=dropout
    )
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng).to_dtype(np.float64)
    ids = rng.integers(7, 40, size=(rows, 10))
    mask = np.arange(10) < rng.integers(3, 11, size=(rows, 1))
    hidden = mask & (rng.random(ids.shape) < 0.4)
    return model, Masked(ids, mask, np.where(hidden, ids, IGNORE))


def answers(gradients, model, batches, counts=None):
    counts = counts or [1.0] * len(batches)
    return gradients(
        lambda batch: model.loss(*batch), batches, model.parameters(), counts=counts,
        allow_unused=True,
    )  # fmt: skip


def assert_equal_answers(found, expected):
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    largest = max(np.abs(b).max() for b in expected[1] if b is not None)
    for a, b in zip(found[1], expected[1], strict=True):
        if b is None:
            assert a is None
        else:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * largest)


@pytest.mark.parametrize("threads", [2, 3, 6])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_shared_rows_give_the_gradients_of_the_whole_batch(threads, dropout):
    model, batch = model_and_batch(dropout)
    expected = answers(mean_gradients, model, [batch])
    again, _ = model_and_batch(dropout)
    found = answers(ShardedGradients(threads, count, worthwhile=0), again, [batch])
    assert_equal_answers(found, expected)


def test_several_batches_of_an_update_keep_their_weights():
    model, batch = model_and_batch()
    other = model_and_batch(rows=4)[1]
    weights = [3.0, 5.0]
    expected = answers(mean_gradients, model, [batch, other], weights)
    sharded = ShardedGradients(2, count, worthwhile=0)
    assert_equal_answers(answers(sharded, model, [batch, other], weights), expected)
    skipped = answers(sharded, model, [batch, other], [0.0, 2.0])
    assert_equal_answers(skipped, answers(mean_gradients, model, [other]))


def test_a_part_without_targets_is_left_out():
    model, batch = model_and_batch()
    targets = batch.targets.copy()
    targets[3:] = IGNORE
    lopsided = batch._replace(targets=targets)
    found = answers(ShardedGradients(2, count, worthwhile=0), model, [lopsided])
    assert_equal_answers(found, answers(mean_gradients, model, [lopsided]))


def test_training_by_two_threads_is_training_by_one():
    trained = []
    for gradients in (mean_gradients, ShardedGradients(2, count, worthwhile=0)):
        model, batch = model_and_batch(dropout=0.2)
        optimizer = SGD(model.parameters(), lr=0.1)
        batches = [batch] * 4
        losses = [
            float(step.loss)
            for step in fit(
                lambda some, model=model: model.loss(*some),
                batches,
                optimizer,
                gradients=gradients,
                allow_unused=True,
            )
        ]
        trained.append(losses)
    np.testing.assert_allclose(*trained, rtol=1e-12)
    assert len(set(trained[0])) == 4  # dropout draws anew at each update


def test_every_part_has_its_own_thread_and_a_small_batch_none():
    model, batch = model_and_batch()
    seen, rows = set(), []

    def loss_of(part):
        seen.add(threading.get_ident())
        rows.append(len(part.ids))
        together.wait(timeout=20)
        return model.loss(*part)

    together = threading.Barrier(2)
    sharded = ShardedGradients(2, count, worthwhile=0)
    sharded(loss_of, [batch], model.parameters(), counts=[1.0], allow_unused=True)
    assert threading.get_ident() not in seen
    assert (len(seen), rows) == (2, [3, 3])
    seen.clear()
    together = threading.Barrier(1)
    ShardedGradients(2, count)(
        loss_of, [batch], model.parameters(), counts=[1.0], allow_unused=True
    )
    assert seen == {threading.get_ident()}


def test_an_error_in_a_thread_is_the_callers():
    model, batch = model_and_batch()
    ids = batch.ids.copy()
    ids[-1, 0] = 99
    with pytest.raises(IndexError, match="99"):
        answers(ShardedGradients(2, count, worthwhile=0), model, [batch._replace(ids=ids)])


def test_settings_and_batches_of_another_form_are_refused():
    with pytest.raises(ValueError, match="threads must be at least 1, got 0"):
        ShardedGradients(0, count)
    with pytest.raises(TypeError, match="count must be a function"):
        ShardedGradients(2, 3)
    model, batch = model_and_batch()
    for wrong in ([*batch], (batch.ids, batch.mask[:3]), (batch.ids, 3), batch.ids):
        with pytest.raises(TypeError, match="a tuple of arrays with an entry for each row"):
            ShardedGradients(2, count)(
                lambda some: Tensor([0.0]), [wrong], model.parameters(), counts=[1.0]
            )


class Layer:
    calls = 5


def test_parts_count_for_themselves_until_they_are_settled():
    layer, parts = Layer(), [Rows(0, 2), Rows(2, 4)]
    assert [part.call_of(layer) for part in parts for _ in range(2)] == [5, 6, 5, 6]
    assert layer.calls == 5
    settle(parts)
    assert layer.calls == 7
    with rows_of_batch(parts[0]):
        assert current_rows() is parts[0]
        with rows_of_batch(None):
            assert current_rows() is None
    assert current_rows() is None


def test_dropout_draws_for_some_rows_what_it_draws_for_them_in_the_whole():
    drawn = []
    for _ in range(2):
        layer = Dropout(0.4, rng=np.random.default_rng(5))
        whole = layer.keep_factors((6, 3, 5), like=np.zeros(1))
        with rows_of_batch(Rows(2, 4)):
            some = layer.keep_factors((2, 3, 5), like=np.zeros(1))
            again = layer.keep_factors((2, 3, 5), like=np.zeros(1))
        second = layer.keep_factors((6, 3, 5), like=np.zeros(1))
        assert np.array_equal(some, second[2:4])
        assert not np.array_equal(some, whole[2:4])
        assert not np.array_equal(some, again)
        drawn.append(again)
    assert np.array_equal(*drawn)


def test_dropout_on_an_axis_that_is_not_one_of_rows_draws_apart_for_each_part():
    layer = Dropout(0.5, rng=np.random.default_rng(5))
    drawn = []
    for rows in (Rows(0, 3), Rows(3, 6)):
        with rows_of_batch(rows):
            drawn.append(layer.keep_factors((100,), like=np.zeros(1)))
    assert not np.array_equal(*drawn)


def test_the_smallest_batch_that_is_shared():
    assert ids_to_share(1_000_000) == 500
    assert ids_to_share(999_999) == 501
    assert ids_to_share(0) == 5e8
