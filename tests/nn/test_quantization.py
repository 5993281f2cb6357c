"""Weights in fewer bits: how far they are from what they were, and what they take."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.models import Gpt, gpt2_style
from minillm.models.attribution import with_changed_attention
from minillm.models.published import save_pretrained
from minillm.nn import Embedding, Linear, Module, add_adapters, add_lora, merge_lora
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
        (lambda: quantized_rows(np.ones(3)), ValueError, r"needs a matrix .* shape \(3,\)"),
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


SMALL = gpt2_style(5, width=4, n_layers=1, n_heads=1)


@pytest.mark.parametrize("kind", ["int8", "float16"])
def test_what_a_file_cannot_hold_is_not_written(kind, tmp_path):
    """A file without the linear weights is one that nobody can load."""
    model = Gpt(SMALL, rng=stream(0, "w"))
    quantize(model, kind)
    for write in (
        model.state_dict,
        lambda: model.save(tmp_path / "model.safetensors"),
        lambda: save_pretrained(model, tmp_path / "published"),
    ):
        with pytest.raises(ValueError, match=r"blocks\.0\..*fewer bits.*save the model before"):
            write()
    changed = with_changed_attention(Gpt(SMALL, rng=stream(0, "w")), 0, np.copy)
    with pytest.raises(ValueError, match="ChangedAttention, changes weights by a function"):
        changed.save(tmp_path / "model.safetensors")
    assert [*tmp_path.iterdir()] == []


def test_what_no_configuration_tells_is_not_written_either(tmp_path):
    """LoRA and adapters are in the state, but a model that is made anew has no place for them."""
    for add, says in ((add_lora, "call merge_lora"), (add_adapters, "load_with_adapters")):
        model = Gpt(SMALL, rng=stream(0, "w"))
        add(model, 2, rng=stream(0, "added"))
        with pytest.raises(ValueError, match=says):
            model.save(tmp_path / "model.safetensors")
        with pytest.raises(ValueError, match=says):
            save_pretrained(model, tmp_path / "published")
        assert len(model.state_dict()) > len(Gpt(SMALL, rng=stream(0, "w")).state_dict())
    assert [*tmp_path.iterdir()] == []


def test_rows_at_the_ends_of_float32_keep_the_bound():
    """The bound is that of the scale as it is stored; 1e-45 was 0 with a scale of 0."""
    rng = stream(0, "rows")
    weight = rng.uniform(-1, 1, (200, 50)) * 10.0 ** rng.uniform(-46, 38, (200, 1))
    weight = np.concatenate([weight, np.full((1, 50), 1e-45), np.full((1, 50), 3.4e38)])
    codes, scale = quantized_rows(weight)
    s = scale[:, None].astype(np.float64)
    assert (s > 0).all() and np.isfinite(s).all()
    assert (np.abs(weight - s * codes) <= (0.5 + 2.0**-17) * s).all()


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, bool, list])
def test_integers_and_lists_are_read_as_the_numbers_they_are(kind):
    wanted = np.array([[-128.0, 64.0], [1.0, 0.0]])
    if kind in (np.uint8, bool):
        wanted = np.abs(wanted) > 2 if kind is bool else np.abs(wanted)
    given = wanted.tolist() if kind is list else wanted.astype(kind)
    codes, scale = quantized_rows(given)
    np.testing.assert_allclose(codes * scale[:, None], wanted, atol=0.6)


def test_a_number_beyond_float32_is_refused():
    with pytest.raises(ValueError, match=r"of a float32, got float64 .* the largest 1e\+300"):
        quantized_rows(np.array([[1e300, 1.0]]))


def test_the_bounds_of_float16_hold_on_both_sides_of_their_border():
    layer = Linear(4000, 1, rng=stream(0, "w"))
    border = 2.0**-14
    sizes = np.concatenate([np.geomspace(border, 65504, 2000), np.geomspace(1e-9, border, 2000)])
    layer.weight.data = sizes[None].astype(np.float32)
    missed = np.abs(Float16Linear(layer).dequantized() - layer.weight.data)[0]
    assert (missed[:2000] <= 2.0**-11 * sizes[:2000] * (1 + 1e-6)).all()
    assert (missed[2000:] <= 2.0**-25).all()


class Twice(Module):
    """One layer under two names."""

    def __init__(self):
        self.first = Linear(4, 4, rng=stream(0, "w"))
        self.again = [self.first]


def test_a_layer_at_two_places_stays_one():
    model = Twice()
    assert quantize(model, "int8") == ["first", "again.0"]
    assert model.first is model.again[0]
    assert stored_bytes(model) == 16 + 16 + 16  # codes, scales, biases
    model = Twice()
    add_lora(model, 1, rng=stream(0, "lora"), names=["first", "again.0"])
    assert model.first is model.again[0]
    merge_lora(model)
    assert model.first is model.again[0] and isinstance(model.first, Linear)
    with pytest.raises(ValueError, match=r"a layer by itself has no place.*Int8Linear\(layer\)"):
        quantize(model.first, "int8")
