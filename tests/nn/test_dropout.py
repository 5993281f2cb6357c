import copy
import itertools
import pickle

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.backend import kernels
from minillm.nn import Dropout, PreNormEncoderBlock
from tests.nn.checks import dtypes_of_output_and_gradients, values

N = 200_000
MASK = "xxxxxx..x..x..x...xx.x.xxx.x.xx...x.xxxx"


@pytest.mark.guide("G23")
def test_evaluation_changes_nothing_and_draws_nothing(rng):
    layer = Dropout(0.5, rng=rng).eval()
    x = Tensor(rng.standard_normal((3, 5)))
    assert layer(x) is x
    assert layer.calls == 0


def test_a_rate_of_zero_changes_nothing_in_training(rng):
    layer = Dropout(0.0, rng=rng)
    x = Tensor(rng.standard_normal((3, 5)))
    assert layer(x) is x
    assert layer.calls == 0


@pytest.mark.guide("G23")
@pytest.mark.errata("A13")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.7])
def test_mean_one_and_variance_rate_over_one_minus_rate(rate, dtype, rng):
    keep = values(Dropout(rate, rng=rng), np.ones(N, dtype=dtype))
    assert keep.dtype == dtype
    exact = round(rate * 65536) / 65536
    assert np.unique(keep).tolist() == [0.0, float(dtype(1 / (1 - exact)))]
    assert abs(exact - rate) < 1e-5
    dropped = np.mean(keep == 0)
    off = 6 * np.sqrt(rate * (1 - rate) / N)  # six standard deviations of that share
    assert abs(dropped - rate) < off
    assert abs(keep.mean(dtype=np.float64) - 1) < off / (1 - rate)
    slope = abs(1 - 2 * rate) / (1 - rate) ** 2  # of the variance in the dropped share
    assert abs(keep.var(dtype=np.float64) - rate / (1 - rate)) < slope * off + 1e-4


def test_neighbours_are_dropped_independently(rng):
    dropped = values(Dropout(0.5, rng=rng), np.ones(N)) == 0
    pairs = np.mean(dropped[1:] & dropped[:-1])
    assert abs(pairs - 0.25) < 6 * np.sqrt(0.25 * 0.75 / N)


def test_two_calls_and_two_layers_have_different_masks(rng):
    first, second = Dropout(0.5, rng=rng), Dropout(0.5, rng=rng)
    x = np.ones(100)
    masks = [values(first, x), values(first, x), values(second, x)]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert 20 < np.sum(masks[i] != masks[j]) < 80
    assert (first.calls, second.calls) == (2, 1)


def test_key_and_number_of_the_call_decide_the_mask(rng):
    layer = Dropout(0.5, rng=rng)
    x = np.ones(100)
    masks = [values(layer, x) for _ in range(3)]
    other = Dropout(0.5, rng=np.random.default_rng(1))
    other.key, other.calls = layer.key, 2
    np.testing.assert_array_equal(values(other, x), masks[2])


def test_the_seed_decides_the_key():
    keys = [Dropout(0.5, rng=np.random.default_rng(seed)).key for seed in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2]


def test_backward_uses_the_mask_of_forward(rng):
    layer = Dropout(0.5, rng=rng)
    x = Parameter(np.full(100, 3.0))
    y = layer(x)
    (gradient,) = gradients_of(y.sum(), [x])
    np.testing.assert_array_equal(gradient, y.data / 3.0)
    assert layer.calls == 1


def test_float32_stays_float32(rng):
    x = np.ones((3, 5), dtype=np.float32)
    assert dtypes_of_output_and_gradients(Dropout(0.3, rng=rng), x) == {np.dtype(np.float32)}


def test_keep_factors_take_shape_and_dtype_that_are_asked_for(rng):
    keep = Dropout(0.3, rng=rng).keep_factors((2, 3, 5), like=np.zeros(1, dtype=np.float32))
    assert (keep.shape, keep.dtype) == ((2, 3, 5), np.float32)


@pytest.mark.fault(70)
@pytest.mark.parametrize("rate", [-0.1, 1.0, 1, 1.5, float("nan"), float("inf")])
def test_a_rate_outside_zero_to_one_is_refused(rate, rng):
    with pytest.raises(ValueError, match=rf"Dropout: rate must be in \[0, 1\), got {rate}"):
        Dropout(rate, rng=rng)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_draws_masks_of_its_own_and_the_original_what_it_would_have_drawn(copied):
    x = np.ones(200)
    layer, alone = (Dropout(0.5, rng=np.random.default_rng(3)) for _ in range(2))
    twins = [copied(layer), copied(layer)]
    twins.append(copied(twins[0]))
    masks = [values(one, x) for one in (layer, *twins)]
    for i, j in itertools.combinations(range(4), 2):
        assert 60 < np.sum(masks[i] != masks[j]) < 140
    for mask in (masks[0], values(layer, x)):
        np.testing.assert_array_equal(mask, values(alone, x))


def test_copies_are_the_same_in_every_run():
    keys = []
    for _ in range(2):
        layer = Dropout(0.5, rng=np.random.default_rng(3))
        keys.append([copy.deepcopy(layer).key for _ in range(3)])
    assert keys[0] == keys[1]
    assert len({layer.key, *keys[0]}) == 4


def test_copies_of_a_model_draw_other_masks_in_every_layer(rng):
    model = PreNormEncoderBlock(6, 2, 7, rng=rng, dropout=0.5).to_dtype(np.float64)
    twin = copy.deepcopy(model)
    x = rng.standard_normal((2, 4, 6))
    assert np.abs(values(model, x) - values(twin, x)).max() > 0.01
    np.testing.assert_array_equal(values(model.eval(), x), values(twin.eval(), x))
    shared = [Dropout(0.5, rng=rng)] * 2
    first, second = copy.deepcopy(shared)
    assert first is second


def test_a_pickle_goes_on_with_the_masks_of_the_original(rng):
    layer = Dropout(0.5, rng=rng)
    x = np.ones(100)
    values(layer, x)
    twin = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(values(twin, x), values(layer, x))


def test_turning_the_dtype_leaves_the_masks_alone(rng):
    layer = Dropout(0.5, rng=rng)
    key = layer.key
    layer.to_dtype(np.float64).freeze()
    assert (layer.key, layer.calls) == (key, 0)


@pytest.mark.parametrize("level", ["off", "numpy"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_mask_is_the_same_in_every_dtype_with_and_without_kernels(dtype, level):
    with kernels(level):
        layer = Dropout(0.3, rng=np.random.default_rng(2))
        keep = layer.keep_factors((40,), like=np.zeros(1, dtype=dtype))
    assert "".join("x" if k else "." for k in keep) == MASK


@pytest.mark.parametrize("rate", [1e-9, 0.9999999])
def test_a_rate_that_no_word_can_tell_from_0_or_1_stays_finite(rate):
    keep = Dropout(rate, rng=np.random.default_rng(2)).keep_factors((9,), like=np.zeros(1))
    assert np.isfinite(keep).all()
    assert (keep == 1.0).all() if rate < 0.5 else keep.max(initial=65536.0) == 65536.0
