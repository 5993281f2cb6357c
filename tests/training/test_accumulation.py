"""One update out of several batches, each by the number of targets that it counts."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import Parameter, Tensor, ops
from minillm.ops import IGNORE
from minillm.optim import SGD
from minillm.training import DivergenceError, fit
from tests.strict import SYNCS, strict


def slope(parameter):
    """A loss whose gradient is the batch itself."""
    return lambda batch: (parameter * Tensor(batch)).sum()


def one(_):
    """Every batch counts the same."""
    return 1


def regression(parameter):
    """Mean squared error of a linear map over the rows of a batch."""

    def loss_of(batch):
        x, y = batch
        error = Tensor(x) @ parameter - y
        return (error * error).mean()

    return loss_of


def cut(rows, sizes):
    """The rows in pieces of these sizes."""
    return np.split(rows, np.cumsum(sizes)[:-1])


@pytest.mark.parametrize("sizes", [[12], [6, 6], [4, 4, 4], [2] * 6, [1, 11], [5, 3, 1, 3]])
def test_batches_accumulated_are_one_batch_of_all_their_rows(sizes, rng):
    """Loss, gradient norm and weights, in float64, however the rows are cut."""
    x, y = rng.standard_normal((5, 12, 3)), rng.standard_normal((5, 12))
    whole, parts = Parameter(np.ones(3)), Parameter(np.ones(3))
    large = list(zip(x, y, strict=True))
    small = [
        pair for m, n in large for pair in zip(cut(m, sizes), cut(n, sizes), strict=True)
    ]  # fmt: skip
    settings = {"accumulate": len(sizes), "count": lambda batch: len(batch[1])}
    one_by_one = list(fit(regression(whole), large, SGD([whole], lr=0.1)))
    many = list(fit(regression(parts), small, SGD([parts], lr=0.1), **settings))
    assert len(one_by_one) == len(many) == 5
    for a, b in zip(one_by_one, many, strict=True):
        assert a.index == b.index
        assert float(b.loss) == pytest.approx(float(a.loss), rel=1e-13)
        assert float(b.gradient_norm) == pytest.approx(float(a.gradient_norm), rel=1e-13)
    np.testing.assert_allclose(parts.data, whole.data, rtol=1e-12)


TARGETS = st.lists(st.lists(st.sampled_from([0, 1, 2, IGNORE]), min_size=1), min_size=1, max_size=5)


@given(TARGETS)
def test_targets_that_are_ignored_weigh_nothing_in_whatever_batch_they_are(batches):
    def trained(batches, k):
        w = Parameter(np.array([[0.3, -0.2, 0.1]]))

        def loss_of(targets):
            logits = ops.broadcast_to(w, shape=(len(targets), 3))
            return ops.cross_entropy(logits, targets=np.array(targets))

        def count(targets):
            return sum(target != IGNORE for target in targets)

        (step,) = fit(loss_of, batches, SGD([w], lr=1.0), accumulate=k, count=count)
        return float(step.loss), w.data

    whole_loss, whole = trained([list(itertools.chain(*batches))], 1)
    loss, parts = trained(batches, len(batches))
    assert loss == pytest.approx(whole_loss, rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(parts, whole, atol=1e-14)


def test_a_batch_that_counts_nothing_is_not_asked_for_a_mean():
    w = Parameter(np.ones(2, dtype=np.float32))

    def loss_of(batch):
        return (w * Tensor(np.array(batch, dtype=np.float32))).sum() * (1.0 / len(batch))

    first, second = fit(
        loss_of, [[], [2.0, 4.0], [], []], SGD([w], lr=1.0), accumulate=2, count=len
    )
    assert (float(first.loss), second.loss, second.gradient_norm) == (3.0, 0.0, 0.0)
    assert (second.loss.dtype, second.index) == (np.float32, 1)
    assert (w.data.tolist(), w.dtype) == ([0.0, -1.0], np.float32)


@pytest.mark.fault(87)
def test_five_batches_by_two_give_three_updates_by_hand():
    """Means 2, 3 and, of the one that is left, 9."""
    w = Parameter(np.zeros(1))
    optimizer = SGD([w], lr=1.0)
    batches = [np.array([g]) for g in (1.0, 3.0, 2.0, 4.0, 9.0)]
    steps = list(fit(slope(w), batches, optimizer, accumulate=2, count=len))
    assert [float(step.gradient_norm) for step in steps] == [2.0, 3.0, 9.0]
    assert [float(step.loss) for step in steps] == [0.0, -6.0, -45.0]  # w is 0, -2, -5
    assert (w.data.tolist(), optimizer.steps) == ([-14.0], 3)
    assert [step.index for step in steps] == [0, 1, 2]


def test_unequal_counts_by_hand():
    w = Parameter(np.zeros(1))
    batches = [np.array([g]) for g in (1.0, 3.0, 5.0)]
    counts = {1.0: 1, 3.0: 3, 5.0: np.int64(0)}
    list(fit(slope(w), batches, SGD([w], lr=1.0), accumulate=3, count=lambda b: counts[b[0]]))
    assert w.data.tolist() == [-2.5]


def test_clipping_sees_the_mean_and_not_each_batch():
    w = Parameter(np.zeros(2))
    batches = [np.array([30.0, 0.0]), np.array([-30.0, 0.5])]
    (step,) = fit(slope(w), batches, SGD([w], lr=1.0), accumulate=2, count=one, max_norm=1.0)
    assert float(step.gradient_norm) == 0.25
    assert w.data.tolist() == [0.0, -0.25]


def test_a_batch_that_misses_a_parameter_gives_it_nothing():
    used, now_and_then, never = (Parameter(np.zeros(1)) for _ in range(3))

    def loss_of(batch):
        return (used + now_and_then).sum() if batch else used.sum()

    optimizer = SGD([used, now_and_then, never], lr=1.0)
    list(fit(loss_of, [0, 1, 0, 0], optimizer, allow_unused=True, accumulate=4, count=one))
    found = [p.data.tolist() for p in (used, now_and_then, never)]
    assert found == [[-1.0], [-0.25], [0.0]]


def test_accumulating_is_as_lazy_as_its_caller_and_takes_what_is_left():
    w = Parameter(np.ones(1))
    asked = []

    def batches():
        for i in range(5):
            asked.append(i)
            yield np.ones(1)

    steps = fit(slope(w), batches(), SGD([w], lr=0.1), accumulate=2, count=len)
    assert asked == []
    for n in (2, 4, 5):
        next(steps)
        assert len(asked) == n
    assert list(steps) == []


def test_numbers_stay_arrays_of_their_dtype_when_they_are_accumulated():
    w = Parameter(np.ones(2, dtype=np.float32))
    batches = [np.ones(2, dtype=np.float32)] * 3
    counts = iter(np.array([1, 2, 4]))  # NumPy's integers, which would make float64 of float32
    settings = {"accumulate": 3, "count": lambda batch: next(counts)}
    (step,) = fit(slope(w), batches, SGD([w], lr=0.1), **settings)
    assert isinstance(step.loss, np.ndarray)
    assert (step.loss.shape, step.loss.dtype, w.dtype) == ((), np.float32, np.float32)


def test_one_bad_batch_stops_the_whole_update():
    w = Parameter(np.ones(1))
    optimizer = SGD([w], lr=0.1)
    batches = [np.ones(1), np.array([math.nan]), np.ones(1)]
    with pytest.raises(DivergenceError, match="step 0: loss nan, gradient norm nan"):
        list(fit(slope(w), batches, optimizer, accumulate=3, count=len))
    assert (w.data.tolist(), optimizer.steps) == ([1.0], 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"accumulate": 0}, "accumulate must be at least 1 batch per update, got 0"),
        ({"accumulate": -1, "count": len}, "at least 1 batch per update, got -1"),
        ({"accumulate": 2}, "accumulate = 2 batches per update need count.* count=len will do"),
        ({"accumulate": 2, "count": lambda _: -1}, "count gave -1.0 for batch 0 of an update"),
        ({"count": lambda _: math.nan}, "count gave nan for batch 0 of an update"),
        ({"count": lambda _: math.inf}, "count gave inf for batch 0 of an update"),
    ],
)
def test_batches_that_cannot_be_weighed_are_refused(settings, message):
    w = Parameter(np.ones(1))
    with pytest.raises(ValueError, match=message):
        list(fit(slope(w), [np.ones(1)] * 2, SGD([w], lr=0.1), **settings))
    assert w.data.tolist() == [1.0]


def test_an_update_of_accumulated_batches_waits_for_the_device_once():
    w = Parameter(strict.asarray(np.ones(2)))
    batches = [strict.asarray(np.ones(2))] * 6
    SYNCS.clear()
    settings = {"accumulate": 3, "count": len}
    assert len(list(fit(slope(w), batches, SGD([w], lr=0.1), **settings))) == 2
    assert SYNCS == ["get"] * 2
