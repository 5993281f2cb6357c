"""Training with several losses and an aggregator: what the optimizer is given, and what is told."""

from functools import partial

import numpy as np
import pytest

from minillm import Parameter, Tensor
from minillm.nn import Module
from minillm.optim import SGD, Adam
from minillm.training import DivergenceError, Run, Stage, fit
from minillm.training.objectives import Aggregated
from minillm.training.objectives.aggregators import mean, mgda, nash_mtl, total, upgrad
from tests.strict import StrictArray, strict

BASE = np.array([[-4.0, 1, 1], [6, 1, 1]])


class Model(Module):
    """Two numbers."""

    def __init__(self):
        self.w = Parameter(np.zeros(2))


def linear(rows, w):
    """Losses whose gradients are the rows, at every w."""
    return lambda _: [(w * Tensor(np.array(row, dtype=w.dtype))).sum() for row in rows]


def test_the_shared_parameters_get_the_aggregate_and_those_of_one_task_their_own(rng):
    w, first, second = (Parameter(np.zeros(n)) for n in (3, 2, 1))

    def losses_of(_):
        one, other = linear(BASE, w)(None)
        return [one + (first * np.array([1.0, 2])).sum(), other + 5.0 * second.sum()]

    rule = Aggregated(mgda)
    (step,) = fit(losses_of, [None], SGD([w, first, second], lr=1.0), gradients=rule)
    np.testing.assert_allclose(-w.data, [0, 1, 1], atol=1e-14)
    np.testing.assert_allclose(-first.data, [1, 2])
    np.testing.assert_allclose(-second.data, [5])
    np.testing.assert_allclose(rule.last.gram, BASE @ BASE.T)
    np.testing.assert_allclose(rule.last.weights, [0.6, 0.4])
    assert float(step.loss) == 0.0


def test_the_plain_aggregators_are_training_on_the_sum_and_on_the_mean(rng):
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    found = []
    for aggregator, scale in ((None, 1.0), (total, 1.0), (mean, 2.0)):
        w = Parameter(np.ones((3, 1)))

        def losses_of(rows, w=w):
            errors = [Tensor(x[rows]) @ w - Tensor(y[rows][:, [k]]) for k in (0, 1)]
            return [(error * error).mean() for error in errors]

        settings = {} if aggregator is None else {"gradients": Aggregated(aggregator)}

        def loss_of(rows, own=losses_of, several=aggregator is not None):
            losses = own(rows)
            return losses if several else losses[0] + losses[1]

        batches = [np.arange(3), np.arange(3, 8)] * 4
        optimizer = SGD([w], lr=0.05 * scale)
        steps = fit(loss_of, batches, optimizer, accumulate=2, count=len, **settings)
        losses = [float(step.loss) for step in steps]
        found.append((w.data, losses))
    for weights, losses in found[1:]:
        np.testing.assert_allclose(weights, found[0][0], rtol=1e-12)
        np.testing.assert_allclose(losses, found[0][1], rtol=1e-12)


def test_losses_that_are_aggregated_keep_the_dtype_of_the_parameters():
    w = Parameter(np.zeros(3, dtype=np.float32))
    rule = Aggregated(upgrad)
    list(fit(linear(BASE, w), [None], SGD([w], lr=1.0), gradients=rule))
    assert w.dtype == np.float32 and rule.last.gram.dtype == np.float64
    np.testing.assert_allclose(-w.data, [0.292398, 1.900585, 1.900585], rtol=1e-5)


def test_on_a_device_everything_but_the_small_matrices_stays_there():
    w = Parameter(strict.asarray(np.zeros(3)))
    rows = [strict.asarray(np.array(row)) for row in BASE]
    rule = Aggregated(upgrad)
    losses_of = lambda _: [(w * Tensor(row)).sum() for row in rows]  # noqa: E731
    (step,) = fit(losses_of, [None], SGD([w], lr=1.0), gradients=rule)
    assert isinstance(w.data, StrictArray) and float(step.loss) == 0.0
    np.testing.assert_allclose(-w.data.get(), [0.292398, 1.900585, 1.900585], rtol=1e-5)
    assert rule.last.changes().max() < 1e-12


def test_under_sgd_no_loss_rises_and_under_adam_one_may():
    """Adam gives every number of d a step of one length: the promise is d's, not Adam's."""
    fell = {}
    for kind in (SGD, Adam):
        w = Parameter(np.zeros(3))
        rows = [[-4.0, 1, 1], [4.5, 1, 0.2]]
        rule = Aggregated(upgrad)
        list(fit(linear(rows, w), [None], kind([w], lr=0.01), gradients=rule))
        d = np.array(rows).T @ rule.last.weights
        assert (np.array(rows) @ d).min() >= -1e-12
        np.testing.assert_allclose(rule.last.changes(), np.array(rows) @ w.data, rtol=1e-12)
        fell[kind] = rule.last.changes()
    assert fell[SGD].max() <= 1e-12
    assert fell[Adam].max() > 1e-3


def test_a_single_loss_is_trained_as_it_is():
    w = Parameter(np.zeros(2))
    list(fit(linear([[3.0, 4]], w), [None], SGD([w], lr=1.0), gradients=Aggregated(upgrad)))
    np.testing.assert_allclose(w.data, [-3, -4])
    list(fit(linear([[3.0, 4]], w), [None], SGD([w], lr=1.0), gradients=Aggregated(nash_mtl)))
    np.testing.assert_allclose(w.data, [-3.6, -4.8])


def test_what_one_batch_counts_is_its_share_of_every_task():
    w = Parameter(np.zeros(2))
    rows = np.array([[[1.0, 0], [0, 1]], [[0, 3], [2, 0]]])
    rule = Aggregated(total)
    losses_of = lambda batch: linear(rows[batch], w)(None)  # noqa: E731
    list(fit(losses_of, [0, 1], SGD([w], lr=1.0), accumulate=2, count=lambda b: 1 + 2 * b,
             gradients=rule))  # fmt: skip
    expected = (rows[0] + 3 * rows[1]) / 4
    np.testing.assert_allclose(rule.last.gram, expected @ expected.T)


def test_a_stage_of_a_run_takes_several_losses(tmp_path):
    model = Model()
    goals = np.array([[1.0, 0], [0, 1]])

    def losses_of(_):
        return [((model.w - Tensor(goal)) * (model.w - Tensor(goal))).sum() for goal in goals]

    rule = Aggregated(mgda)
    stage = Stage(
        name="both",
        loss_of=losses_of,
        batches=lambda start, stop: [None] * (stop - start),
        steps=100,
        optimizer=lambda: SGD(model.parameters(), lr=0.1),
        gradients=rule,
    )
    assert len(list(Run(model, [stage], {}, out=tmp_path).all())) == 100
    np.testing.assert_allclose(model.w.data, [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(rule.last.losses, [0.5, 0.5], atol=1e-6)


@pytest.mark.parametrize(
    ("losses_of", "error", "message"),
    [
        (lambda w, v: [], ValueError, "at least one loss, got none"),
        (lambda w, v: w.sum(), TypeError, "must return a list of losses, one a task, got Tensor"),
        (lambda w, v: [w.sum(), 1.0], TypeError, "loss 1 must be a Tensor, got a float"),
        (lambda w, v: [w.sum(), v.sum()], ValueError, "2 losses share no parameter"),
        (lambda w, v: [w.sum(), w.sum()], RuntimeError, r"parameter 1 of shape \(2,\) influences"),
        (lambda w, v: [w.sum(), (w * np.inf).sum()], DivergenceError, "task 1: loss nan"),
        (lambda w, v: [(w + np.inf).sum(), w.sum()], DivergenceError, "task 0: loss inf"),
    ],
)
def test_losses_that_cannot_be_aggregated_are_refused_and_change_nothing(losses_of, error, message):
    w, v = Parameter(np.zeros(2)), Parameter(np.zeros(2))
    steps = fit(
        lambda _: losses_of(w, v), [None], SGD([w, v], lr=1.0), gradients=Aggregated(upgrad)
    )
    with pytest.raises(error, match=message):
        next(steps)
    assert not w.data.any() and not v.data.any()


@pytest.mark.parametrize("answer", [[1.0], [1.0, np.nan], None])
def test_weights_of_another_form_are_refused(answer):
    w = Parameter(np.zeros(3))
    steps = fit(
        linear(BASE, w), [None], SGD([w], lr=1.0), gradients=Aggregated(lambda gram: answer)
    )
    with pytest.raises(ValueError, match="of 2 tasks must give 2 finite weights"):
        next(steps)


def test_an_aggregator_is_a_function():
    with pytest.raises(TypeError, match="a function of a Gram matrix, such as upgrad, got 'mgda'"):
        Aggregated("mgda")


def test_batches_with_unlike_numbers_of_losses_or_without_any_target_are_refused():
    w = Parameter(np.zeros(3))
    start = partial(fit, optimizer=SGD([w], lr=1.0), accumulate=2, gradients=Aggregated(upgrad))
    steps = start(lambda n: linear(BASE[:n], w)(None), [1, 2], count=lambda n: 1)
    with pytest.raises(ValueError, match="a batch gave 2 losses, and one before it 1"):
        next(steps)
    with pytest.raises(ValueError, match="count nothing"):
        next(start(linear(BASE, w), [1, 2], count=lambda n: 0))


def test_a_step_that_was_refused_tells_nothing_of_the_one_before():
    w = Parameter(np.zeros(3))
    rule = Aggregated(upgrad)
    list(fit(linear(BASE, w), [None], SGD([w], lr=1.0), gradients=rule))
    assert rule.last is not None
    with pytest.raises(ValueError, match="at least one loss"):
        next(fit(lambda _: [], [None], SGD([w], lr=1.0), gradients=rule))
    assert rule.last is None
