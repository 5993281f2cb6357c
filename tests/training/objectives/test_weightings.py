"""Weights of losses: what they come to where the answer is known."""

import numpy as np
import pytest

from minillm import Parameter, Tensor
from minillm.optim import SGD
from minillm.training import fit
from minillm.training.objectives import Famo, GradNorm, UncertaintyWeights, weighted_loss


def parabolas(w, scales, goals):
    """``scale (w - goal)² + 0.1 scale`` for each task."""
    return lambda _: [
        ((w - Tensor(np.array(goal))) * (w - Tensor(np.array(goal)))).sum() * scale + 0.1 * scale
        for scale, goal in zip(scales, goals, strict=True)
    ]


def test_fixed_weights_are_a_weighted_sum_and_move_its_minimum():
    w = Parameter(np.zeros(1))
    losses_of = parabolas(w, (1.0, 1.0), ([0.0], [1.0]))
    assert weighted_loss(losses_of(None), [2.0, 3.0]).item() == pytest.approx(0.2 + 3.3)
    for _ in fit(
        lambda b: weighted_loss(losses_of(b), [0.25, 0.75]), [None] * 100, SGD([w], lr=0.2)
    ):
        pass
    assert w.data == pytest.approx(0.75)


def test_uncertainty_weights_come_to_half_of_one_over_the_loss():
    weights, losses = UncertaintyWeights(3, dtype=np.float64), np.array([0.01, 1.0, 250.0])
    optimizer = SGD(weights.parameters(), lr=0.5)
    for _ in fit(lambda _: weights([Tensor(x) for x in losses]), [None] * 800, optimizer):
        pass
    s = weights.log_variances.data
    np.testing.assert_allclose(s, np.log(losses), rtol=1e-6)
    least = weights([Tensor(x) for x in losses]).item()
    assert least == pytest.approx((1 + np.log(losses)).sum() / 2)


def test_uncertainty_weights_give_each_task_the_same_share_however_its_loss_is_scaled():
    ends = []
    for scale in (1.0, 1000.0):
        w, weights = Parameter(np.array([0.3])), UncertaintyWeights(2, dtype=np.float64)
        losses_of = parabolas(w, (1.0, scale), ([0.0], [1.0]))
        for _ in range(40):
            losses = [loss.item() for loss in losses_of(None)]
            weights.log_variances.data = np.log(losses)
            loss = weights(losses_of(None))
            w.grad = None
            loss.backward()
            w.data = w.data - 0.02 * w.grad
        ends.append(w.data)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-9)


def test_gradnorm_brings_gradients_to_one_length_and_the_sum_of_weights_stays():
    w = Parameter(np.zeros(2))

    def losses_of(_):
        return [10.0 + 4.0 * w[0], 10.0 + w[1]]

    rule = GradNorm(alpha=0.0, rate=0.002)
    for _ in fit(losses_of, [None] * 600, SGD([w], lr=0.0), gradients=rule):
        assert rule.last.weights.sum() == pytest.approx(2)
    lengths = rule.last.weights * np.sqrt(rule.last.gram.diagonal())
    np.testing.assert_allclose(lengths[0], lengths[1], rtol=0.05)
    np.testing.assert_allclose(rule.last.weights, [0.4, 1.6], rtol=0.05)


def test_gradnorm_gives_more_to_a_task_that_lags_behind():
    rule, gram = GradNorm(alpha=1.0), np.eye(2)
    assert rule.weigh(np.array([1.0, 1.0]), gram).tolist() == [1, 1]
    rule.weigh(np.array([0.2, 0.9]), gram)
    late = rule.weigh(np.array([0.2, 0.9]), gram)
    assert late[1] > 1 > late[0]


def test_gradnorms_weights_are_those_of_all_parameters_of_a_loss():
    w, own = Parameter(np.ones(1)), Parameter(np.zeros(1))
    rule = GradNorm()
    losses_of = lambda _: [w.sum() + own.sum() + 1.0, 3.0 * w.sum()]  # noqa: E731
    steps = fit(losses_of, [None] * 3, SGD([w, own], lr=0.0), gradients=rule)
    for step in steps:
        expected = rule.last.weights @ [1, 3], rule.last.weights[0]
        assert float(step.gradient_norm) == pytest.approx(np.hypot(*expected))
    assert rule.last.weights[0] != 1


def test_famo_goes_along_the_gradients_of_the_logarithms_and_its_weights_sum_to_one():
    w = Parameter(np.array([0.3, -0.2]))
    losses_of = parabolas(w, (1.0, 1000.0), ([0.0, 0], [1.0, 0]))
    values = np.array([loss.item() for loss in losses_of(None)])
    rule = Famo()
    before = w.data
    (step,) = fit(losses_of, [None], SGD([w], lr=1e-9), gradients=rule)
    np.testing.assert_allclose(rule.weights, (1 / values) / (1 / values).sum(), rtol=1e-12)
    assert float(step.loss) == pytest.approx(rule.weights @ values)
    assert w.data.tolist() != before.tolist()


def test_famo_turns_to_the_loss_that_fell_least():
    w = Parameter(np.array([0.0]))
    losses_of = parabolas(w, (1.0, 1.0), ([0.1], [3.0]))
    rule = Famo(rate=1.0, decay=0.0)
    steps = fit(losses_of, [None] * 2, SGD([w], lr=0.05), gradients=rule)
    logs = [np.log([loss.item() for loss in losses_of(None)]) for _ in steps]
    change = np.log([0.1 + 0.01, 0.1 + 9.0]) - logs[0]
    np.testing.assert_allclose(rule.logits, -0.25 * np.array([1, -1]) * (change[0] - change[1]))


def test_famo_does_not_care_for_the_units_of_a_loss():
    ends = []
    for scale in (1.0, 1e4):
        w = Parameter(np.array([0.3]))
        losses_of = parabolas(w, (1.0, scale), ([0.0], [1.0]))
        rule, moves = Famo(), []
        for _ in fit(losses_of, [None] * 5, SGD([w], lr=0.0), gradients=rule):
            ratio = rule.weights * [1, scale]
            moves.append(ratio / ratio.sum())
        ends.append(moves)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weighted_loss([], []), "at least one loss and a weight for each, got 0"),
        (lambda: weighted_loss([Tensor(np.ones(()))], [1, 2]), "got 1 losses and 2 weights"),
        (lambda: weighted_loss([Tensor(np.ones(()))], [-1]), "at least 0 and finite"),
        (lambda: UncertaintyWeights(0), "n_tasks must be at least 1, got 0"),
        (lambda: UncertaintyWeights(2)([Tensor(np.ones(()))]), "1 losses for 2 tasks"),
        (lambda: GradNorm(alpha=-1), "alpha >= 0 and rate > 0 are needed, got -1"),
        (lambda: GradNorm().weigh(np.array([1.0, 0]), np.eye(2)), "must be positive"),
        (lambda: Famo(rate=0), "rate > 0 and decay >= 0 are needed, got 0"),
        (lambda: Famo().logarithms([]), "at least one loss, got none"),
        (lambda: Famo(bounds=2.0).logarithms([Tensor(np.ones(()))]), "above its bound"),
        (lambda: Famo()(None, [1, 2], [], counts=[1, 1]), "one batch, got 2"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
