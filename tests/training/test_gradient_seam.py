"""What may stand in the place of ``mean_gradients``: three small functions, and what they do."""

import threading

import numpy as np
import pytest

from minillm import Parameter, Tensor, gradients_of
from minillm.optim import SGD, clip_gradients
from minillm.training import fit, mean_gradients
from tests.training.test_accumulation import regression


def per_example_clipping(bound):
    """Each row's gradient is shortened by itself, then they are averaged."""

    def gradients(loss_of, batches, parameters, *, counts, allow_unused):
        rows = [(x[i : i + 1], y[i : i + 1]) for x, y in batches for i in range(len(y))]
        total = [np.zeros_like(p.data) for p in parameters]
        losses = []
        for row in rows:
            loss = loss_of(row)
            own, _ = clip_gradients(gradients_of(loss, parameters), bound)
            total = [a + b / len(rows) for a, b in zip(total, own, strict=True)]
            losses.append(loss.data)
        return np.mean(losses), total

    return gradients


@pytest.mark.parametrize("bound", [0.1, 1.0, 1e9])
def test_examples_can_be_clipped_one_by_one(bound, rng):
    x, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    w = Parameter(np.ones(3))
    rows = 2 * (x @ w.data - y)[:, None] * x  # the gradient of each squared error
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    expected = (rows * np.minimum(1, bound / lengths)).mean(axis=0)
    batches = [(x, y)]
    (step,) = fit(
        regression(w), batches, SGD([w], lr=1.0), gradients=per_example_clipping(bound)
    )  # fmt: skip
    np.testing.assert_allclose(1 - w.data, expected, rtol=1e-12)
    assert float(step.gradient_norm) == pytest.approx(np.linalg.norm(expected))


def without_conflict(loss_of, batches, parameters, *, counts, allow_unused):
    """Two losses: the part of each gradient that works against the other is taken away."""
    (batch,) = batches
    losses = loss_of(batch)
    first, second = (
        np.concatenate([g.ravel() for g in gradients_of(loss, parameters)]) for loss in losses
    )
    dot = first @ second
    if dot < 0:
        first, second = (
            first - dot / (second @ second) * second,
            second - dot / (first @ first) * first,
        )
    flat, found = first + second, []
    for p in parameters:
        found.append(flat[: p.size].reshape(p.shape))
        flat = flat[p.size :]
    return losses[0].data + losses[1].data, found


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        (([1.0, 0.0], [0.0, 2.0]), [1.0, 2.0]),  # no conflict: the sum
        (([1.0, 0.0], [-1.0, 1.0]), [0.5, 1.5]),  # each without its part against the other
    ],
)
def test_a_loss_of_two_objectives_can_be_aggregated(directions, expected):
    w = Parameter(np.zeros(2))

    def losses_of(_):
        return [(w * Tensor(np.array(d))).sum() for d in directions]

    (step,) = fit(losses_of, [None], SGD([w], lr=1.0), gradients=without_conflict)
    np.testing.assert_allclose(-w.data, expected, rtol=1e-15)
    assert float(step.loss) == 0.0


class Together:
    """Two ranks that meet: each puts down its share and takes up the sum of both."""

    def __init__(self, n):
        self.barrier, self.shares = threading.Barrier(n, timeout=10), [None] * n

    def sum(self, rank, share):
        self.shares[rank] = share
        self.barrier.wait()
        total = [sum(parts) for parts in zip(*self.shares, strict=True)]
        self.barrier.wait()
        return total

    def gradients(self, rank):
        """The mean over the targets of all ranks, from each rank's mean and number of targets."""

        def gradients(loss_of, batches, parameters, *, counts, allow_unused):
            loss, own = mean_gradients(
                loss_of, batches, parameters, counts=counts, allow_unused=allow_unused
            )
            n = sum(counts)
            whole, loss, *found = self.sum(rank, [n, n * loss, *(n * g for g in own)])
            return loss / whole, [g / whole for g in found]

        return gradients


@pytest.mark.parametrize(
    ("own", "accumulate"), [((7, 5), 1), ((1, 11), 1), ((8, 4), 2), ((12, 0), 1)]
)
def test_two_ranks_that_add_up_their_gradients_are_one_large_batch(own, accumulate, rng):
    x, y = rng.standard_normal((4, 12, 3)), rng.standard_normal((4, 12))
    whole = Parameter(np.ones(3))
    alone = list(fit(regression(whole), list(zip(x, y, strict=True)), SGD([whole], lr=0.1)))
    together, weights, steps = Together(2), [Parameter(np.ones(3)) for _ in own], [None, None]

    def work(rank):
        rows = slice(0, own[0]) if rank == 0 else slice(own[0], 12)
        batches = [
            piece
            for a, b in zip(x, y, strict=True)
            for piece in zip(*(np.array_split(m[rows], accumulate) for m in (a, b)), strict=True)
        ]
        optimizer = SGD([weights[rank]], lr=0.1)
        steps[rank] = list(
            fit(
                regression(weights[rank]),
                batches,
                optimizer,
                accumulate=accumulate,
                count=lambda batch: len(batch[1]),
                gradients=together.gradients(rank),
            )
        )

    threads = [threading.Thread(target=work, args=[rank]) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert weights[0].data.tobytes() == weights[1].data.tobytes()
    np.testing.assert_allclose(weights[0].data, whole.data, rtol=1e-12)
    for ours, theirs in zip(steps[0], alone, strict=True):
        assert float(ours.loss) == pytest.approx(float(theirs.loss), rel=1e-12)
        assert float(ours.gradient_norm) == pytest.approx(float(theirs.gradient_norm), rel=1e-12)


def test_clipping_and_divergence_are_the_loops_whatever_makes_the_gradients():
    w = Parameter(np.zeros(2))

    def fixed(loss_of, batches, parameters, *, counts, allow_unused):
        return np.array(1.0), [np.array([3.0, 4.0])]

    (step,) = fit(None, [None], SGD([w], lr=1.0), max_norm=1.0, gradients=fixed)
    np.testing.assert_allclose(w.data, [-0.6, -0.8], rtol=1e-15)
    assert float(step.gradient_norm) == 5.0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda loss, found: loss, TypeError, r"\(loss, list of gradients\), got a Tensor"),
        (lambda loss, found: loss.data, TypeError, r"\(loss, list of gradients\), got a ndarray"),
        (lambda loss, found: None, TypeError, r"\(loss, list of gradients\), got a NoneType"),
        (lambda loss, found: found, TypeError, r"\(loss, list of gradients\), got a list"),
        (lambda loss, found: (loss, found), TypeError, "loss that is an array, got a Tensor"),
        (lambda loss, found: (loss.data, found[0]), TypeError, "list of gradients, got a ndarray"),
        (lambda loss, found: (loss.data, []), ValueError, "gave 0 gradients for 1 parameters"),
        (lambda loss, found: (loss.data, [Tensor(found[0])]), TypeError, "of floats, got Tensor"),
    ],
)
def test_an_answer_of_another_form_is_refused_in_words_and_changes_nothing(change, error, message):
    def gradients(loss_of, batches, parameters, **_):
        loss = loss_of(batches[0])
        return change(loss, gradients_of(loss, parameters, keep_graph=True))

    w = Parameter(np.ones(3))
    steps = fit(lambda x: (w * x).sum(), [np.ones(3)], SGD([w], lr=1.0), gradients=gradients)
    with pytest.raises(error, match=message):
        next(steps)
    assert w.data.tolist() == [1.0, 1.0, 1.0]
