import math

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import (
    AlibiBias,
    Embedding,
    LayerNorm,
    LearnedPositions,
    Linear,
    MultiHeadAttention,
    RelativeBias,
    RMSNorm,
    RotaryPositions,
    SinusoidalPositions,
    kaiming_normal,
    kaiming_uniform,
    normal,
    xavier_normal,
    xavier_uniform,
)
from minillm.nn.initialization import undrawn
from minillm.ops import relu

SCHEMES = [xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal]
KURTOSIS = {xavier_uniform: 1.8, kaiming_uniform: 1.8, xavier_normal: 3.0, kaiming_normal: 3.0}


@pytest.mark.parametrize("shape", [(31, 997), (997, 31)])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_has_the_variance_of_its_formula(scheme, shape, rng):
    """Long and narrow weights (out, in), where swapped sides are 32 times off."""
    outputs, inputs = shape
    xavier = scheme in (xavier_uniform, xavier_normal)
    variance = 2 / (inputs + outputs) if xavier else 2 / inputs
    weight = scheme(shape, rng=rng).astype(np.float64)
    six_sigma = 6 * math.sqrt((KURTOSIS[scheme] - 1) / weight.size)  # relative
    assert weight.shape == shape
    assert abs(weight.var() / variance - 1) < six_sigma
    assert abs(weight.mean()) < 6 * math.sqrt(variance / weight.size)


def test_the_limits_and_deviations_by_hand():
    """The draws of the generator, scaled."""
    shape, rng = (2, 3), np.random.default_rng
    uniform, gauss = 2 * rng(1).random(shape) - 1, rng(1).standard_normal(shape)
    for scheme, expected in (
        (xavier_uniform, uniform * math.sqrt(6 / 5)),
        (kaiming_uniform, uniform * math.sqrt(6 / 3)),
        (xavier_normal, gauss * math.sqrt(2 / 5)),
        (kaiming_normal, gauss * math.sqrt(2 / 3)),
    ):
        np.testing.assert_allclose(scheme(shape, rng=rng(1)), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,), (2, 3, 5), ()])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_no_weight_is_refused(scheme, shape, rng):
    with pytest.raises(ValueError, match=r"a weight must be \(out, in\) .* got \("):
        scheme(shape, rng=rng)


def rms_after_twenty_relus(scheme, rng):
    """How large a signal of size 1 is behind twenty layers, each a relu and a square weight."""
    x = Tensor(rng.standard_normal((100, 128)).astype(np.float32))
    for _ in range(20):
        x = relu(x) @ Tensor(scheme((128, 128), rng=rng)).T
    return float(np.sqrt(np.mean(x.data**2)))


def test_behind_relus_kaiming_keeps_the_signal_and_xavier_halves_its_square_each_time(rng):
    for scheme in (kaiming_normal, kaiming_uniform):
        assert 0.3 < rms_after_twenty_relus(scheme, rng) < 3.0
    for scheme in (xavier_normal, xavier_uniform):
        assert 0.3 < rms_after_twenty_relus(scheme, rng) * 2**10 < 3.0


def test_xavier_has_variance_two_over_the_sum_of_both_sides(rng):
    """A long and narrow weight: one side alone would give a variance 17 times off."""
    weight = xavier_uniform((31, 997), rng=rng).astype(np.float64)
    six_sigma = 6 * math.sqrt(0.8 / weight.size)  # relative; a uniform's kurtosis is 1.8
    assert abs(weight.var() * (31 + 997) / 2 - 1) < six_sigma
    assert abs(weight.mean()) < 6 * weight.std() / math.sqrt(weight.size)


def test_xavier_reaches_its_limit_and_never_passes_it(rng):
    weight = np.abs(xavier_uniform((31, 997), rng=rng))
    limit = math.sqrt(6 / 1028)
    assert 0.999 * limit < weight.max() <= np.float32(limit)


def test_normal_has_the_standard_deviation_that_is_asked_for(rng):
    weight = normal((211, 307), std=0.3, rng=rng).astype(np.float64)
    assert abs(weight.std() / 0.3 - 1) < 6 / math.sqrt(2 * weight.size)
    assert abs(weight.mean()) < 6 * 0.3 / math.sqrt(weight.size)
    assert abs(np.mean(np.abs(weight) < 0.3) - 0.6827) < 6 * math.sqrt(0.2167 / weight.size)


def test_first_values_are_float32_and_a_function_of_the_generator():
    for make in (
        *(lambda rng, scheme=scheme: scheme((3, 5), rng=rng) for scheme in SCHEMES),
        lambda rng: normal((3, 5), std=1.0, rng=rng),
    ):
        first, same, other = (make(np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert first.dtype == np.float32
        np.testing.assert_array_equal(first, same)
        assert np.all(first != other)


def test_a_deep_stack_of_square_maps_neither_explodes_nor_fades(rng):
    x = Tensor(rng.standard_normal((200, 64)).astype(np.float32))
    for _ in range(20):
        x = Linear(64, 64, rng=rng)(x)
    assert 0.3 < float(np.sqrt(np.mean(x.data**2))) < 3.0


LAYERS = {
    "Linear": lambda n, rng: (Linear(n, 2, rng=rng), Linear(2, n, rng=rng)),
    "Embedding": lambda n, rng: (Embedding(n, 2, rng=rng), Embedding(2, n, rng=rng)),
    "LayerNorm": lambda n, rng: LayerNorm(n),
    "RMSNorm": lambda n, rng: RMSNorm(n),
    "LearnedPositions": lambda n, rng: LearnedPositions(n, 2, rng=rng),
    "SinusoidalPositions": lambda n, rng: SinusoidalPositions(n, 2),
    "RotaryPositions": lambda n, rng: RotaryPositions(4, n),
    "alibi_slopes": lambda n, rng: AlibiBias(n),
    "RelativeBias": lambda n, rng: RelativeBias(n, rng=rng),
    "MultiHeadAttention": lambda n, rng: MultiHeadAttention(8, n, rng=rng),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_size_is_one_integer(name, rng):
    for wrong in ((2,), [2], 2.0, np.float64(2), True, None, "2", np.ones(1, int)):
        with pytest.raises(TypeError, match=f"{name}: .* must be one integer, got "):
            LAYERS[name](wrong, rng)
    LAYERS[name](np.int64(2), rng)


def test_heads_of_keys_are_an_integer_too(rng):
    with pytest.raises(TypeError, match=r"n_key_heads must be one integer, got 2\.0"):
        MultiHeadAttention(8, 4, rng=rng, n_key_heads=2.0)


def test_models_that_are_read_from_a_file_draw_nothing():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with undrawn():
        made = [f((300, 200), rng=rng) for f in (xavier_uniform, xavier_normal, kaiming_normal)]
    assert rng.bit_generator.state == before
    assert all(w.shape == (300, 200) and w.dtype == np.float32 and not w.any() for w in made)
    assert all(w.base is not None and w.base.nbytes == 4 for w in made)  # one zero, no memory
    assert xavier_uniform((3, 2), rng=rng).any()
