"""A batch in parts, one after another, gives what the whole gives, in the memory of a part."""

import gc
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest

from minillm import kernels
from minillm.models import Bert, BertConfig, MaskedLanguageModel, gpt2_style
from minillm.models.costs import training_peak
from minillm.nn import Dropout
from minillm.nn.recomputing import recompute_blocks
from minillm.training import (
    AccumulatedGradients,
    DataParallelGradients,
    ShardedGradients,
    fit,
    mean_gradients,
)
from minillm.training.data_parallel import gradients_by
from minillm.training.parts import cut_rows, rows_in, some_rows
from tests.models.costs.peaks import new_model as new_gpt
from tests.models.costs.peaks import random_batch
from tests.training.masked import Masked, count, new_batch
from tests.training.ranks.threads import all_done, in_ranks


class Cut(NamedTuple):
    batch_size: int
    accumulate: int


class Pair(NamedTuple):
    first: Masked
    second: Masked | None
    weights: np.ndarray


def new_model(dropout=0.0, recompute=0):
    rng = np.random.default_rng(0)
    config = BertConfig(
        vocabulary_size=40, width=8, n_layers=2, n_heads=2, max_length=12, dropout=dropout
    )
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng).to_dtype(np.float64)
    recompute_blocks(model, recompute)
    return model


def answer(gradients, model, batches, counts=None):
    """Loss, gradients, and how often every layer of dropout has drawn."""
    loss, found = gradients(
        lambda batch: model.loss(*batch), batches, model.parameters(),
        counts=counts or [float(count(batch)) for batch in batches], allow_unused=True,
    )  # fmt: skip
    calls = [m.calls for _, m in model.named_modules() if isinstance(m, Dropout)]
    return float(loss), [None if g is None else g.copy() for g in found], calls


def assert_same(found, expected):
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert found[2] == expected[2]
    largest = max(np.abs(g).max() for g in expected[1] if g is not None)
    for a, b in zip(found[1], expected[1], strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * largest)


@pytest.mark.parametrize("n", [1, 2, 4, 6, 9])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("recompute", [0, 1])
def test_parts_give_what_the_whole_gives(n, dropout, recompute):
    batches = [new_batch(1), new_batch(2, rows=5), new_batch(3, without=(0, 1, 2))]
    expected = answer(mean_gradients, new_model(dropout), batches)
    found = answer(AccumulatedGradients(n, count), new_model(dropout, recompute), batches)
    assert_same(found, expected)


def test_one_part_is_the_whole_to_the_bit():
    batch = new_batch()
    one = answer(AccumulatedGradients(1, count), new_model(0.3), [batch])
    whole = answer(mean_gradients, new_model(0.3), [batch])
    assert one[0] == whole[0] and all(map(np.array_equal, one[1], whole[1]))


def test_a_mean_of_the_parts_means_would_be_another_one():
    batch, model = new_batch(without=(0, 1)), new_model()
    parts = [part for part, _ in cut_rows(batch, 3, "of three")][1:]
    means = np.mean([float(model.loss(*part).data) for part in parts])
    loss = answer(AccumulatedGradients(3, count), new_model(), [batch])[0]
    assert loss == pytest.approx(float(model.loss(*batch).data), rel=1e-12)
    assert abs(means - loss) > 1e-4


def test_nothing_is_counted():
    batch = new_batch(without=range(6))
    assert_same(
        answer(AccumulatedGradients(2, count), new_model(0.3), [batch]),
        answer(mean_gradients, new_model(0.3), [batch]),
    )


def test_a_count_of_something_else_takes_the_batch_whole():
    """The batch counts, and none of its parts: there is no share to weigh them by."""
    batch = new_batch()
    found = answer(AccumulatedGradients(2, lambda _: 0), new_model(), [batch])
    assert_same(found, answer(mean_gradients, new_model(), [batch]))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_ranks_may_take_their_rows_in_parts_too(size):
    batches = [new_batch(1, rows=7), new_batch(2, without=(0, 1, 2))]
    expected = answer(mean_gradients, new_model(0.3), batches)

    def work(ranks):
        return answer(DataParallelGradients(ranks, count, accumulate=2), new_model(0.3), batches)

    for found in all_done(in_ranks(size, work)):
        assert_same(found, expected)


def test_the_peak_is_that_of_accumulated_batches_by_formula():
    config = gpt2_style(300, width=64, n_layers=3, n_heads=4, max_length=64)

    def peak(n):
        batch, gradients = random_batch(config, 8, 64, None), AccumulatedGradients(n, count_all)
        with kernels("numpy"):
            gc.collect()
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            model, optimizer = new_gpt(config, 0, "float32")
            steps = fit(lambda b: model.loss(*b), [batch] * 2, optimizer, gradients=gradients)
            assert len(list(steps)) == 2
            found = tracemalloc.get_traced_memory()[1] - before
            tracemalloc.stop()
        return found

    for n in (1, 4):
        told = training_peak(config, 8 // n, 64, accumulate=n, kernels="numpy").total
        assert min(peak(n), peak(n)) == pytest.approx(told, rel=0.06)
    assert told < training_peak(config, 8, 64, kernels="numpy").total / 1.8


def count_all(batch):
    return batch[1].size


def test_tuples_in_a_batch_are_cut_with_it():
    pair = Pair(new_batch(1), None, np.arange(12.0).reshape(6, 2))
    assert rows_in(pair, "of pairs") == 6
    part = some_rows(pair, 2, 4)
    assert isinstance(part, Pair) and isinstance(part.first, Masked) and part.second is None
    np.testing.assert_array_equal(part.first.ids, pair.first.ids[2:4])
    np.testing.assert_array_equal(part.weights, [[4.0, 5.0], [6.0, 7.0]])
    uneven = pair._replace(second=new_batch(2, rows=5))
    with pytest.raises(TypeError, match=r"a batch of pairs must be .* got Pair, of \(6, 10\)"):
        rows_in(uneven, "of pairs")


def test_which_gradients_are_made():
    assert gradients_by(Cut(4, 1), len) is mean_gradients
    by = gradients_by(Cut(4, 4), len)
    assert isinstance(by, AccumulatedGradients) and by.n == 4
    assert isinstance(gradients_by(Cut(4, 1), len, threads=2), ShardedGradients)

    class Two:
        size, rank = 2, 0

    shared = gradients_by(Cut(4, 2), len, ranks=Two())
    assert isinstance(shared, DataParallelGradients) and shared.accumulate == 2
    told = "accumulate 3 on each of 2 ranks is more than batch_size 4 has rows for; it must be at"
    with pytest.raises(ValueError, match=f"^{told} most 2$"):
        gradients_by(Cut(4, 3), len, ranks=Two())
    with pytest.raises(
        ValueError, match=r"^threads = 2 beside accumulate = 2: .* take one of both"
    ):
        gradients_by(Cut(4, 2), len, threads=2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: AccumulatedGradients(0, len), ValueError, "n must be at least 1 .*, got 0"),
        (lambda: AccumulatedGradients(2, 3), TypeError, "count must be a function, got 3"),
        (
            lambda: AccumulatedGradients(2, len)(len, [[1, 2]], [], counts=[1.0]),
            TypeError,
            "a batch to be cut must be a tuple of arrays .* got list",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
