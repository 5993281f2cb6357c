"""Gradients of all examples by one pass, against a loop over them and against the batch."""

import threading

import numpy as np
import pytest

from minillm import Parameter, Tensor, gradients_of, ops
from minillm.backend import stream
from minillm.backend.kernel_switch import kernels
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.nn import Linear
from minillm.training.privacy import per_example_gradients
from minillm.training.privacy.per_example import SHARED

N, T = 6, 5


def small_gpt(dtype=np.float64, **parts):
    config = GptConfig(
        13, width=8, n_layers=2, n_heads=2, max_length=8, positions="rotary", **parts
    )
    model = Gpt(config, rng=stream(0, "weights")).to_dtype(dtype)
    rng = stream(0, "nudge")
    for parameter in model.parameters():  # gains of 1 and biases of 0 would hide what is missing
        parameter.data = parameter.data + 0.1 * rng.standard_normal(parameter.shape).astype(dtype)
    return model


def texts(rng, n=N):
    ids = rng.integers(13, size=(n, T + 1))
    mask = np.arange(T) < rng.integers(2, T + 1, size=(n, 1))
    return ids, mask


def losses_of(model):
    def losses(batch):
        ids, mask = batch
        each = model.loss(
            ids[:, :-1], np.where(mask, ids[:, 1:], ops.IGNORE), mask, reduction="none"
        )
        return each.sum(axis=1)

    return losses


PARTS = {
    "layer": {},
    "untied": {"tied": False},
    "rms, gated": {"norm": "rms", "feed_forward": "swiglu", "bias": False},
}


@pytest.mark.guide("G54")
@pytest.mark.parametrize("level", ["off", "numpy"])
@pytest.mark.parametrize("parts", PARTS.values(), ids=[*PARTS])
def test_each_example_has_the_gradient_that_it_has_alone(parts, level, rng):
    model, (ids, mask) = small_gpt(**parts), texts(rng)
    losses, parameters = losses_of(model), model.parameters()
    with kernels(level):
        found, gradients = per_example_gradients(losses, (ids, mask), parameters)
        for i in range(N):
            loss = losses((ids[i : i + 1], mask[i : i + 1]))
            assert found[i] == pytest.approx(loss.data[0], rel=1e-12)
            alone = gradients_of(loss.sum(), parameters)
            for g, one in zip(gradients, alone, strict=True):
                np.testing.assert_allclose(g[i], one, rtol=1e-9, atol=1e-12)


@pytest.mark.guide("G54")
@pytest.mark.parametrize(("dtype", "far"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_their_sum_is_the_gradient_of_the_batch(dtype, far, rng):
    model, batch = small_gpt(dtype), texts(rng)
    _, gradients = per_example_gradients(losses_of(model), batch, model.parameters())
    whole = gradients_of(losses_of(model)(batch).sum(), model.parameters())
    differences = [np.abs(g.sum(axis=0) - w).max() for g, w in zip(gradients, whole, strict=True)]
    assert max(differences) < far
    assert all(g.dtype == dtype for g in gradients)


def test_a_word_that_is_read_twice_counts_twice_and_padding_not_at_all():
    table = Parameter(np.ones((4, 2)))
    ids = np.array([[1, 1, 3], [0, 2, 3]])
    weights = Tensor(np.arange(6.0).reshape(2, 3, 1))

    def losses(ids):
        vectors = ops.embedding(table, ids=ids[0], padding_idx=3)
        return (vectors * weights).sum(axis=(1, 2))

    _, (g,) = per_example_gradients(losses, (ids,), [table])
    assert g[:, :, 0].tolist() == [[0, 1, 0, 0], [3, 0, 4, 0]]


def test_an_example_may_be_a_row_and_a_layer_be_used_twice(rng):
    layer, x = Linear(3, 3, rng=rng).to_dtype(np.float64), rng.standard_normal((4, 3))

    def losses(batch):
        return layer(layer(Tensor(batch[0]))).sum(axis=1)

    _, gradients = per_example_gradients(losses, (x,), layer.parameters())
    for i in range(4):
        alone = gradients_of(losses((x[i : i + 1],)).sum(), layer.parameters())
        for g, one in zip(gradients, alone, strict=True):
            np.testing.assert_allclose(g[i], one, rtol=1e-12)


def test_frozen_weights_cost_nothing_and_have_none(rng):
    model = small_gpt()
    model.tokens.freeze()
    parameters = model.trainable_parameters()
    _, gradients = per_example_gradients(losses_of(model), texts(rng), parameters)
    assert [g.shape[1:] for g in gradients] == [p.shape for p in parameters]


def test_afterwards_all_kernels_are_the_old_ones(rng):
    before = {op: dict(op.kernels) for op in SHARED}
    model = small_gpt()
    per_example_gradients(losses_of(model), texts(rng), model.parameters())
    with pytest.raises(ZeroDivisionError):
        per_example_gradients(lambda _: 1 / 0, None, model.parameters())
    assert before == {op: dict(op.kernels) for op in SHARED}


def test_what_another_thread_computes_meanwhile_is_not_kept(rng):
    model, other, batch = small_gpt(), small_gpt(), texts(rng)

    def losses(batch):
        found = []
        thread = threading.Thread(
            target=lambda: found.extend(
                gradients_of(losses_of(model)(batch).sum(), model.parameters())
            )
        )
        thread.start()
        thread.join()
        assert len(found) == len(model.parameters())
        return losses_of(model)(batch)

    _, gradients = per_example_gradients(losses, batch, model.parameters())
    _, expected = per_example_gradients(losses_of(other), batch, other.parameters())
    for g, e in zip(gradients, expected, strict=True):
        np.testing.assert_array_equal(g, e)


@pytest.mark.parametrize(
    ("losses", "error", "says"),
    [
        (lambda w: 1.0, TypeError, "losses_of must return a Tensor, got float"),
        (lambda w: ops.linear(Tensor(np.ones((3, 2))), w).sum(), ValueError, r"\(B,\), got \(\)"),
        (lambda w: (w * 2.0).sum(axis=1), ValueError, r"parameter 0 of shape \(4, 2\) enters thr"),
        (
            lambda w: ops.linear(Tensor(np.ones((2, 3, 2))), w).sum(axis=(0, 2)),
            ValueError,
            r"3 losses, but a parameter of shape \(4, 2\) was used on 2 examples",
        ),
        (
            lambda w: ops.linear(Tensor(np.ones((3, 2))), w.detach()).sum(axis=1),
            RuntimeError,
            "nothing was recorded|does not influence",
        ),
    ],
)
def test_what_has_no_share_for_each_example_is_refused(losses, error, says):
    w = Parameter(np.ones((4, 2)))
    with pytest.raises(error, match=says):
        per_example_gradients(lambda _: losses(w), None, [w])


def test_a_table_of_positions_is_refused_in_words(rng):
    model = Gpt(GptConfig(13, width=8, n_layers=1, n_heads=2, max_length=8), rng=rng)
    with pytest.raises(ValueError, match="learned positions have no axis of examples; rotary"):
        per_example_gradients(losses_of(model), texts(rng), model.parameters())


def test_a_mask_of_another_length_is_refused_and_leaves_no_kernel_behind(rng):
    before = {op: dict(op.kernels) for op in SHARED}
    model, (ids, mask) = small_gpt(), texts(rng)
    for wrong in (mask[:-1], mask[:, :-1]):
        with pytest.raises(ValueError, match=r"mask must be \(6, 5\) for these ids"):
            per_example_gradients(
                lambda batch: model.loss(batch[0][:, :-1], batch[0][:, 1:], batch[1]),
                (ids, wrong),
                model.parameters(),
            )
    assert before == {op: dict(op.kernels) for op in SHARED}
