"""GloVe: its rule, its training, and what it finds in planted counts."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.models.word_vectors import (
    Cooccurrences,
    Glove,
    GloveSettings,
    Weighting,
    glove,
    objective,
    train_glove,
    weight,
)
from minillm.models.word_vectors.glove_training import adagrad, from_arrays, step, to_arrays

TOPIC = np.arange(12) // 6
SAME = TOPIC[:, None] == TOPIC
PLANTED = Cooccurrences.of_dense(np.where(SAME, 190.0, 10.0))
SETTINGS = GloveSettings(width=4, rate=0.1, epochs=60, batch=16)
TWO_WORDS = Cooccurrences.of_dense([[0, 10], [10, 0]])


def trained(x, settings):
    return [*train_glove(x, settings)][-1].model


def dense_objective(parts, x, weighting):
    """Equation 8 by its letter, over the whole table."""
    w, w_tilde, b, b_tilde = parts
    f, log_x = np.zeros_like(x), np.zeros_like(x)
    f[x > 0] = np.minimum((x[x > 0] / weighting.x_max) ** weighting.alpha, 1)
    log_x[x > 0] = np.log(x[x > 0])
    e = w @ w_tilde.transpose(1, 0) + b[:, None] + b_tilde[None, :] - log_x
    return (f * e * e).sum()


@pytest.mark.guide("G10")
@pytest.mark.errata("A47")
def test_all_four_gradients_are_those_of_equation_8(rng):
    """Against autograd through the dense table, and against differences."""
    table = rng.poisson(1.5, (4, 4)) * 40.0
    x = Cooccurrences.of_dense(table)
    weighting = Weighting(x_max=100, alpha=0.75)
    shapes = [(4, 3), (4, 3), (4,), (4,)]
    parts = [Parameter(rng.standard_normal(shape)) for shape in shapes]
    wanted = gradients_of(dense_objective(parts, table, weighting), parts)
    data = [p.data for p in parts]
    rows = [data[0][x.rows], data[1][x.columns], data[2][x.rows], data[3][x.columns]]
    rule = glove(*rows, x.counts, weighting)
    assert rule.loss.sum() == pytest.approx(float(dense_objective(data, table, weighting)))
    found = [np.zeros(shape) for shape in shapes]
    per_cell = (rule.d_w, rule.d_w_tilde, rule.d_b, rule.d_b_tilde)
    for total, ids, g in zip(found, (x.rows, x.columns) * 2, per_cell, strict=True):
        np.add.at(total, ids, g)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)
    for k, values in enumerate(data):
        turned = rng.standard_normal(values.shape)
        ends = [[*data[:k], values + s * 1e-5 * turned, *data[k + 1 :]] for s in (1, -1)]
        up, down = (dense_objective(end, table, weighting) for end in ends)
        assert (up - down) / 2e-5 == pytest.approx((found[k] * turned).sum(), rel=1e-5)


@pytest.mark.guide("G10")
@pytest.mark.errata("A47")
def test_weights_rise_with_the_count_up_to_1():
    np.testing.assert_allclose(weight([1, 10, 100, 1e4]), [0.0316228, 0.177828, 1, 1], rtol=1e-5)
    assert weight(10.0, Weighting(x_max=20, alpha=1)) == 0.5


@pytest.mark.guide("G10")
@pytest.mark.errata("A57")
def test_the_guides_two_words_are_fitted_and_their_vectors_stay_open():
    fitted, dots = [], []
    for seed in range(3):
        settings = GloveSettings(width=5, epochs=2000, rate=0.5, seed=seed)
        model = trained(TWO_WORDS, settings)
        fitted.append(model.fitted(np.array([0, 1]), np.array([1, 0])))
        dots.append(float(model.main[0, :-1] @ model.context[1, :-1]))
        assert objective(model, TWO_WORDS) < 1e-9
    np.testing.assert_allclose(fitted, 2.302585, atol=1e-5)
    assert weight(10.0) == pytest.approx(0.177828, abs=5e-7)
    assert max(dots) - min(dots) > 0.05  # how much the biases take is left to the first values


@pytest.mark.guide("G10")
@pytest.mark.errata("A47")
def test_the_objective_falls_and_words_of_one_topic_come_to_lie_together():
    passes = [*train_glove(PLANTED, SETTINGS)]
    losses = [p.loss for p in passes]
    assert losses[-1] < 0.002 * losses[0]
    assert [p.epochs for p in passes] == [*range(1, 61)]
    model = passes[-1].model
    fitted = model.fitted(PLANTED.rows, PLANTED.columns)
    np.testing.assert_allclose(np.exp(fitted), PLANTED.counts, rtol=0.2)
    z = model.table - model.table.mean(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    cosines = z @ z.T
    assert cosines[SAME].min() > 0.8 and cosines[~SAME].max() < -0.8


def test_the_final_vector_is_the_sum_of_both():
    model = trained(PLANTED, replace(SETTINGS, epochs=2))
    np.testing.assert_array_equal(model.table, model.main[:, :-1] + model.context[:, :-1])
    assert model.table.shape == (12, 4) and model.table.dtype == np.float32


@pytest.mark.guide("G10")
def test_words_that_never_meet_leave_no_trace():
    """Two groups that never stand together: nothing says so, and the biases alone can fit all."""
    apart = Cooccurrences.of_dense(np.where(SAME, 190.0, 0.0))
    assert len(apart.counts) == 72
    alone = Glove(*(np.zeros((12, 5), np.float32) for _ in range(4)))
    alone.main[:, -1] = np.log(190)
    assert objective(alone, apart) < 1e-9


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_a_step_of_any_size_is_adagrad_on_the_summed_gradients(batch, rng):
    settings = replace(SETTINGS, rate=0.1)
    model = Glove.start(12, 4, rng)
    want = [array.astype(np.float64) for array in model]
    some = rng.permutation(len(PLANTED.counts))[:batch]
    rows, columns, counts = PLANTED.rows[some], PLANTED.columns[some], PLANTED.counts[some]
    a, b = want[0][rows], want[1][columns]
    rule = glove(a[:, :-1], b[:, :-1], a[:, -1], b[:, -1], counts)
    g = np.zeros((2, 12, 5))
    np.add.at(g[0], rows, np.column_stack([rule.d_w, rule.d_b]))
    np.add.at(g[1], columns, np.column_stack([rule.d_w_tilde, rule.d_b_tilde]))
    assert step(model, rows, columns, counts, settings) == pytest.approx(rule.loss.sum(), rel=1e-5)
    for k in range(2):
        want[2 + k] += g[k] ** 2
        want[k] -= 0.1 * g[k] / np.sqrt(want[2 + k])
    for found, wanted in zip(model, want, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-5)


def test_rows_without_a_gradient_stay_as_they_are(rng):
    table, squares = rng.standard_normal((5, 2)), np.ones((5, 2))
    before = table.copy()
    adagrad(table, squares, np.array([3, 1, 3]), np.ones((3, 2)), 0.5)
    assert np.flatnonzero((table != before).any(axis=1)).tolist() == [1, 3]
    assert squares.tolist() == [[1, 1], [2, 2], [1, 1], [5, 5], [1, 1]]
    np.testing.assert_allclose(before[3] - table[3], 0.5 * 2 / np.sqrt(5))


def test_training_goes_on_where_it_was_left_bit_for_bit():
    settings = replace(SETTINGS, epochs=5)
    passes = train_glove(PLANTED, settings)
    saved = [(p.epochs, {k: v.copy() for k, v in to_arrays(p.model).items()}) for p in passes]
    done, arrays = saved[1]
    rest = [*train_glove(PLANTED, settings, model=from_arrays(arrays), start=done)]
    assert [p.epochs for p in rest] == [3, 4, 5]
    for name, array in to_arrays(rest[-1].model).items():
        np.testing.assert_array_equal(array, saved[-1][1][name])


def test_the_seed_decides():
    one, again, other = (
        trained(PLANTED, replace(SETTINGS, epochs=2, seed=seed)).table for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"width": 0}, ValueError, "width must be at least 1, got 0"),
        ({"width": 2.0}, TypeError, "width must be an integer, got 2.0"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"batch": 0}, ValueError, "batch must be at least 1"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"rate": float("nan")}, ValueError, r"rate must be a number above 0.* got nan"),
        ({"rate": 0.0}, ValueError, "rate must be a number above 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(changed, error, message):
    with pytest.raises(error, match=message):
        GloveSettings(**changed)


@pytest.mark.parametrize("changed", [{"x_max": 0.0}, {"alpha": float("nan")}, {"x_max": np.inf}])
def test_weights_that_cannot_be_are_refused(changed):
    with pytest.raises(ValueError, match=f"{next(iter(changed))} must be a number above 0"):
        Weighting(**changed)


def test_training_that_cannot_begin_is_refused(rng):
    model = Glove.start(12, 3, rng)
    for x, given, message in (
        (PLANTED._replace(counts=-PLANTED.counts), {}, "each must be above 0"),
        (PLANTED._replace(counts=np.zeros(0)), {}, "at least one count"),
        (PLANTED, {"start": 61, "model": model}, "start must be from 0 to 60, got 61"),
        (PLANTED, {"start": 1}, "give the model as it was there"),
        (PLANTED, {"model": model}, "12 words of width 4"),
    ):
        with pytest.raises(ValueError, match=message):
            train_glove(x, SETTINGS, **given)
    with pytest.raises(ValueError, match="a GloVe model has main, context"):
        from_arrays({"main": model.main})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_stops_training(rng):
    model = Glove.start(12, 4, rng)
    model.main[:] = 1e30
    with pytest.raises(ValueError, match="J of pass 0 is"):
        next(train_glove(PLANTED, SETTINGS, model=model))
