"""float16 compute for float32 weights: the same updates to rounding, and overflow skips one."""

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor
from minillm.nn import Linear, Module
from minillm.optim import SGD, AdamW
from minillm.training import DivergenceError, HalfPrecision, fit
from tests.models.small_bert import on_strict_double
from tests.strict import SYNCS
from tests.training.test_host_waits import MODELS


class Line(Module):
    """One weight: the loss is w times what a batch says."""

    def __init__(self, w=1.0):
        self.w = Parameter(np.float32([w]))

    def loss(self, factor):
        return (self.w * np.asarray(factor, dtype=self.w.dtype)).sum()


def line(scale=16.0, growth=3, w=1.0):
    model = Line(w)
    half = HalfPrecision(model, scale=scale, growth=growth)
    return model, half, SGD([model.w], lr=1.0)


def test_an_overflow_skips_the_update_and_halves_the_scale():
    model, half, optimizer = line(scale=16.0)
    factors = [1.0, 8000.0, 2.0]  # 16 times 8000 is beyond float16, 8 times is 64000
    steps = list(fit(model.loss, factors, optimizer, gradients=half))
    assert [float(step.loss) for step in steps] == [1.0, 0.0]
    assert [step.index for step in steps] == [0, 1]
    assert model.w.data.tolist() == [1.0 - 1.0 - 2.0]
    assert (half.scale, half.skipped, optimizer.steps) == (8.0, 1, 2)


def test_the_scale_grows_after_good_updates_in_a_row_and_an_overflow_begins_anew():
    model, half, optimizer = line(scale=4.0, growth=3)
    factors = [0.0] * 2 + [60000.0] + [0.0] * 7
    scales = [half.scale for _ in fit(model.loss, factors, optimizer, gradients=half)]
    assert scales == [4.0, 4.0, 2.0, 2.0, 4.0, 4.0, 4.0, 8.0, 8.0]
    assert half.skipped == 1


def test_the_scale_ends_where_float16_does():
    model, half, optimizer = line(scale=2.0**15, growth=1)
    list(fit(model.loss, [0.0] * 3, optimizer, gradients=half))
    assert half.scale == 2.0**15


def test_a_loss_that_is_not_finite_at_scale_1_is_a_divergence():
    model, half, optimizer = line(scale=4.0)
    with pytest.raises(DivergenceError, match="step 0"):
        list(fit(model.loss, [np.inf] * 9, optimizer, gradients=half))
    assert (half.scale, half.skipped, optimizer.steps) == (1.0, 2, 0)
    assert model.w.data.tolist() == [1.0]
    assert model.w.dtype == np.float32


def test_a_loss_may_be_larger_than_float16_once_it_is_scaled():
    """Only the cotangent has to fit: 7 times 2^15 is beyond float16."""
    model, half, optimizer = line(scale=2.0**15, w=7.0)
    (step,) = fit(model.loss, [1.0], optimizer, gradients=half)
    assert (float(step.loss), float(step.gradient_norm), half.skipped) == (7.0, 1.0, 0)


def test_a_gradient_too_small_for_float16_is_kept_by_the_scale():
    small = 2.0**-26  # below the smallest number of float16
    found = []
    for scale in (1.0, 2.0**15):
        model = Line()
        half = HalfPrecision(model, scale=scale)

        def loss_of(_, model=model):
            return (model.w * np.float16(2.0**-13) * np.float16(2.0**-13)).sum()

        _, (g,) = half(loss_of, [0], [model.w], counts=[1.0], allow_unused=False)
        found.append(g.tolist())
        assert g.dtype == np.float32
    assert found == [[0.0], [small]]


def test_small_updates_are_not_lost_on_the_weights():
    """Near 1, float16 has steps of 1/1024; the float32 weights add up what is smaller."""
    model, half, optimizer = line()
    optimizer.lr = 1e-4
    list(fit(model.loss, [1.0] * 20, optimizer, gradients=half))
    assert model.w.data[0] == pytest.approx(1.0 - 20e-4, rel=1e-6)


class Regression(Module):
    """A linear layer that is to give certain numbers."""

    def __init__(self):
        self.layer = Linear(5, 3, rng=np.random.default_rng(1))

    def loss(self, batch):
        x, y = (np.asarray(array, dtype=self.layer.weight.dtype) for array in batch)
        off = self.layer(Tensor(x)) - y
        return (off * off).mean()


@pytest.mark.parametrize("accumulate", [1, 2])
def test_updates_are_those_of_float32_to_the_rounding_of_float16(accumulate, rng):
    data = [(rng.standard_normal((8, 5)), rng.standard_normal((8, 3))) for _ in range(12)]
    trained = []
    for half in (False, True):
        model = Regression()
        optimizer = SGD(model.parameters(), lr=0.1)
        more = {"gradients": HalfPrecision(model, scale=256.0)} if half else {}
        settings = {"accumulate": accumulate, "count": lambda batch: len(batch[0]), **more}
        losses = [float(step.loss) for step in fit(model.loss, data, optimizer, **settings)]
        trained.append((losses, [p.data for p in model.parameters()]))
    (losses, weights), (half_losses, half_weights) = trained
    np.testing.assert_allclose(half_losses, losses, rtol=4e-3)
    for a, b in zip(half_weights, weights, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-3)
        assert not np.array_equal(a, b)  # it was float16 that computed


@pytest.mark.parametrize("name", ["gpt2, padded", "bert, classes"])
def test_a_step_of_a_transformer_waits_once_on_a_device_too(name):
    make, loss_of = MODELS[name]
    pair = []
    for move in (lambda model: model, on_strict_double):
        model = move(make(np.random.default_rng(0)).train())
        optimizer = AdamW(model.parameters(), lr=1e-3, eps=1e-3)
        half, waits = HalfPrecision(model, scale=1024.0), []
        SYNCS.clear()
        settings = {"gradients": half, "max_norm": 1.0}
        for _ in fit(lambda _, model=model: loss_of(model), [0, 1], optimizer, **settings):
            waits.append([*SYNCS])
            SYNCS.clear()
        pair.append([p.data for p in model.parameters()])
    assert waits == [["get"]] * 2
    for a, b in zip(*pair, strict=True):
        np.testing.assert_allclose(b._host, a, rtol=0, atol=2e-3)
        assert b.dtype == np.float32


def test_what_was_frozen_stays_so_and_an_error_leaves_float32_behind():
    model = Regression()
    model.layer.bias.requires_grad = False
    half = HalfPrecision(model)

    def fail(_):
        assert model.layer.weight.dtype == model.layer.bias.dtype == np.float16
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half(fail, [0], [model.layer.weight], counts=[1.0], allow_unused=False)
    assert model.layer.weight.dtype == model.layer.bias.dtype == np.float32
    assert [p.requires_grad for p in model.parameters()] == [True, False]


@pytest.mark.parametrize("scale", [0.5, 3.0, 2.0**16, np.nan, np.inf, -2.0])
def test_a_scale_that_float16_does_not_have_is_refused(scale):
    with pytest.raises(ValueError, match="scale must be a power of two from 1 to 32768, got"):
        HalfPrecision(Line(), scale=scale)


def test_other_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="growth must be at least 1 update, got 0"):
        HalfPrecision(Line(), growth=0)
    with pytest.raises(TypeError, match=r"w must be float32, from which .* got float64"):
        HalfPrecision(Line().to_dtype(np.float64))
    _, half, optimizer = line()
    with pytest.raises(TypeError, match="loss_of must return a Tensor, got float"):
        next(fit(lambda _: 1.0, [0], optimizer, gradients=half))
