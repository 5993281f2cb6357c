"""Weights in fewer bits: how far they are from what they were, and what they take."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.models import Gpt, gpt2_style
from minillm.nn import Embedding, Linear
from minillm.nn.quantization import (
    Float16Linear,
    Int8Linear,
    quantize,
    quantized_rows,
    stored_bytes,
)

NUMBERS = st.floats(-1e6, 1e6, width=32)


@pytest.mark.guide("G53")
@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=NUMBERS))
def test_no_number_is_further_off_than_half_a_step_of_its_row(weight):
    codes, scale = quantized_rows(weight)
    assert codes.dtype == np.int8 and scale.dtype == np.float32
    assert np.abs(codes.astype(int)).max() <= 127
    error = np.abs(weight.astype(np.float64) - codes * scale[:, None].astype(np.float64))
    assert (error <= scale[:, None] * (0.5 + 1e-4) + 1e-30).all()
    largest = np.abs(weight).max(axis=1)
    assert (np.abs(codes).max(axis=1)[largest > 1e-30] == 127).all()


@pytest.mark.guide("G53")
def test_a_row_by_hand():
    codes, scale = quantized_rows(np.array([[1.27, -0.634, 0.004], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(codes, [[127, -63, 0], [0, 0, 0]])
    np.testing.assert_allclose(scale, [0.01, 1.0])


def test_a_large_number_spoils_its_own_row_alone():
    weight = np.full((2, 3), 0.3)
    weight[0, 0] = 1000.0
    codes, scale = quantized_rows(weight)
    np.testing.assert_array_equal(codes * scale[:, None] > 0, [[True, False, False], [True] * 3])


@pytest.mark.guide("G53")
def test_a_layer_computes_with_the_weights_it_has_stored():
    layer = Linear(6, 4, rng=stream(0, "w"))
    layer.bias.data = np.arange(4, dtype=np.float32)
    x = stream(0, "x").standard_normal((2, 3, 6)).astype(np.float32)
    for kind, made in (("int8", Int8Linear(layer)), ("float16", Float16Linear(layer))):
        small = made(Parameter(x))
        np.testing.assert_allclose(small.data, x @ made.dequantized().T + layer.bias.data, 1e-5)
        small.sum().backward()
        distance = np.abs(small.data - layer(Tensor(x)).data).max()
        assert 0 < distance < {"int8": 0.05, "float16": 0.005}[kind]


def test_the_gradient_of_what_enters_is_that_of_the_stored_weights():
    made = Int8Linear(Linear(3, 2, rng=stream(0, "w")))
    x = Parameter(np.ones((1, 3), dtype=np.float32))
    made(x).sum().backward()
    np.testing.assert_allclose(x.grad[0], made.dequantized().sum(axis=0), rtol=1e-6)


@pytest.mark.guide("G53")
def test_a_model_takes_a_quarter_or_half_and_says_nearly_the_same():
    config = gpt2_style(17, width=32, n_layers=2, n_heads=2, max_length=8)
    ids = stream(0, "ids").integers(17, size=(3, 8))
    plain = Gpt(config, rng=stream(0, "w"))
    weights = sum(p.size for n, p in plain.named_parameters() if p.ndim == 2 and "blocks" in n)
    rows = sum(len(p.data) for n, p in plain.named_parameters() if p.ndim == 2 and "blocks" in n)
    with no_grad():
        said = plain(ids).data
        for kind, saved in (("int8", 3 * weights - 4 * rows), ("float16", 2 * weights)):
            model = Gpt(config, rng=stream(0, "w"))
            assert len(quantize(model, kind)) == 12
            assert stored_bytes(plain) - stored_bytes(model) == saved
            assert 0 < np.abs(model(ids).data - said).max() < 0.1 * said.std()
    assert stored_bytes(plain) == 4 * plain.parameter_count()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: quantized_rows(np.ones(3)), ValueError, r"needs a matrix .* got shape \(3,\)"),
        (lambda: quantized_rows(np.array([[np.nan]])), ValueError, "finite numbers"),
        (lambda: quantize(Linear(2, 2, rng=stream(0, "w")), "int4"), ValueError, "got 'int4'"),
        (lambda: quantize(Embedding(2, 2, rng=stream(0, "w")), "int8"), ValueError, "no linear"),
        (lambda: Int8Linear(Embedding(2, 2, rng=stream(0, "w"))), TypeError, "got a Embedding"),
    ],
)
def test_what_cannot_be_quantized_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_weight_beyond_float16_is_refused_and_a_second_time_too():
    layer = Linear(2, 2, rng=stream(0, "w"))
    layer.weight.data = np.full((2, 2), 7e4, dtype=np.float32)
    with pytest.raises(ValueError, match="beyond 65504"):
        Float16Linear(layer)
    model = Gpt(gpt2_style(5, width=4, n_layers=1, n_heads=1), rng=stream(0, "w"))
    quantize(model, "int8")
    with pytest.raises(ValueError, match="no linear layer is left"):
        quantize(model, "float16")
