"""A frozen layer with a change of low rank, or with an adapter behind it."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor, check_module, gradients_of, no_grad
from minillm.backend import stream
from minillm.models import Gpt, GptConfig
from minillm.models.decoding import CachedReader, RecomputingReader, generate
from minillm.models.decoding.readers import reader_of
from minillm.nn import (
    Adapter,
    EncoderBlock,
    Linear,
    LoRA,
    add_adapters,
    add_lora,
    merge_lora,
)
from minillm.optim import SGD
from tests.nn.checks import Probe
from tests.nn.modules import Holder

CHANGES = {
    "lora": lambda layer, rng: LoRA(layer, 2, rng=rng, alpha=3.0),
    "adapter": lambda layer, rng: Adapter(layer, 4, rng=rng),
}


def moved(module, rng, size=0.5):
    """The module after its trained numbers went somewhere, B and U away from 0."""
    for p in module.trainable_parameters():
        p.data = p.data + (size * rng.standard_normal(p.shape)).astype(p.dtype)
    return module


@pytest.mark.guide("G32")
@pytest.mark.parametrize("change", CHANGES)
def test_the_gradient_is_right_and_the_layer_below_gets_none(change, rng):
    layer = Linear(5, 3, rng=rng).to_dtype(np.float64)
    module = moved(CHANGES[change](layer, rng), rng)
    x = Tensor(rng.standard_normal((2, 4, 5)), requires_grad=True)
    probe = Probe(module, x.data)
    check_module(probe, lambda: (probe.layer(probe.x) * probe.layer(probe.x)).sum(), rng=rng)
    (module(x) * module(x)).sum().backward()
    assert layer.weight.grad is None and layer.bias.grad is None and x.grad is not None
    names = {name for name, p in module.named_parameters() if p.requires_grad}
    assert names == ({"A", "B"} if change == "lora" else {"down", "down_bias", "up", "up_bias"})


@pytest.mark.parametrize("change", CHANGES)
def test_at_first_nothing_changes(change, rng):
    layer = Linear(5, 3, rng=rng)
    x = Tensor(rng.standard_normal((4, 5)).astype(np.float32))
    assert np.array_equal(CHANGES[change](layer, rng)(x).data, layer(x).data)


@pytest.mark.guide("G32")
@given(st.integers(1, 6), st.integers(1, 6), st.data(), st.integers(0, 99))
def test_merged_is_the_same_layer_and_its_change_has_a_low_rank(inputs, outputs, data, seed):
    rng = stream(seed, "lora")
    rank = data.draw(st.integers(1, min(inputs, outputs)))
    layer = Linear(inputs, outputs, rng=rng, bias=bool(seed % 2)).to_dtype(np.float64)
    lora = moved(LoRA(layer, rank, rng=rng, alpha=2.0), rng)
    merged, x = lora.merged(), Tensor(rng.standard_normal((3, inputs)))
    assert np.allclose(merged(x).data, lora(x).data, rtol=0, atol=1e-12)
    change = merged.weight.data - layer.weight.data
    assert np.linalg.matrix_rank(change, tol=1e-9) <= rank
    assert np.allclose(change, 2.0 / rank * lora.B.data @ lora.A.data, rtol=0, atol=1e-12)
    assert lora.A.size + lora.B.size == rank * (inputs + outputs)
    assert merged.weight is not layer.weight and all(p.requires_grad for p in merged.parameters())


def test_training_moves_a_and_b_and_leaves_the_layer_bit_for_bit(rng):
    layer = Linear(5, 3, rng=rng)
    before = layer.state_dict()
    lora, x = LoRA(layer, 1, rng=rng), Tensor(rng.standard_normal((8, 5)).astype(np.float32))
    first = lora.state_dict()
    optimizer = SGD(lora.trainable_parameters(), lr=0.1)
    for _ in range(3):  # in the first step B alone moves: A's gradient is 0 while B is
        loss = (lora(x) * lora(x)).sum()
        optimizer.step(gradients_of(loss, lora.trainable_parameters()))
    assert all(np.array_equal(layer.state_dict()[n], before[n]) for n in before)
    assert all(not np.array_equal(lora.state_dict()[n], first[n]) for n in ("A", "B"))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda one, rng: LoRA(one, 4, rng=rng), ValueError, "1 to 3 beside a weight of 3 x 5"),
        (lambda one, rng: LoRA(one, 0, rng=rng), ValueError, "got 0"),
        (lambda one, rng: LoRA(one, 1.5, rng=rng), TypeError, "rank"),
        (lambda one, rng: LoRA(one, 1, rng=rng, alpha=0), ValueError, "alpha must be a positive"),
        (lambda one, rng: LoRA(LoRA(one, 1, rng=rng), 1, rng=rng), TypeError, "got a LoRA"),
        (lambda one, rng: Adapter(one, 0, rng=rng), ValueError, "width must be at least 1"),
        (lambda one, rng: Adapter(np.ones(3), 2, rng=rng), TypeError, "got a ndarray"),
    ],
)
def test_what_cannot_be_is_refused(make, error, words, rng):
    with pytest.raises(error, match=words):
        make(Linear(5, 3, rng=rng), rng)


def block(rng):
    return EncoderBlock(8, 2, 16, rng=rng)


X = Tensor(np.random.default_rng(0).standard_normal((2, 3, 8)).astype(np.float32))


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["query", "value"], ["attention.query", "attention.value"]),
        (["feed_forward.inner"], ["feed_forward.inner"]),
        (["attention.query"], ["attention.query"]),
    ],
)
def test_a_model_gets_its_changes_by_names_and_is_plain_again_after_merging(names, paths, rng):
    model = block(rng)
    plain, before = model(X).data, model.state_dict()
    assert add_lora(model, 2, rng=rng, names=names) == paths
    assert np.array_equal(model(X).data, plain)
    changed = moved(model, rng, 0.1)(X).data
    assert not np.allclose(changed, plain, atol=1e-3)
    assert merge_lora(model) == paths
    assert list(model.state_dict()) == list(before)
    assert np.abs(model(X).data - changed).max() < 1e-5


def test_layers_in_a_list_are_found_and_adapters_too(rng):
    model = Holder([Linear(3, 3, rng=rng), Linear(3, 3, rng=rng)])
    assert add_lora(model, 1, rng=rng, names=["content.1"]) == ["content.1"]
    assert add_adapters(model, 2, rng=rng, names=["0"]) == ["content.0"]
    assert [type(layer) for layer in model.content] == [Adapter, LoRA]
    names = ["content.0.down", "content.0.down_bias", "content.0.up", "content.0.up_bias"]
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trained == [*names, "content.1.A", "content.1.B"]


def test_a_shared_encoder_is_changed_for_both_of_its_heads(rng):
    shared = block(rng)
    both = Holder([Holder(shared), Holder(shared)])
    assert add_lora(both, 1, rng=rng, names=["query"]) == ["content.0.content.attention.query"]
    assert both.content[1].content.attention.query is both.content[0].content.attention.query
    assert sum(isinstance(m, LoRA) for _, m in both.named_modules()) == 1


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda m, rng: add_lora(m, 2, rng=rng, names=["qeury"]), ValueError, "query, value"),
        (lambda m, rng: add_lora(m, 2, rng=rng, names="query"), TypeError, "list of names"),
        (lambda m, rng: add_lora(m, 9, rng=rng), ValueError, "rank must be 1 to 8"),
        (lambda m, rng: merge_lora(m), ValueError, "no LoRA in this EncoderBlock"),
        (
            lambda m, rng: [add_lora(m, 2, rng=rng), merge_lora(m), merge_lora(m)],
            ValueError,
            "merged already",
        ),
        (
            lambda m, rng: [add_lora(m, 2, rng=rng), add_lora(m, 2, rng=rng)],
            ValueError,
            "'query' have a LoRA already",
        ),
    ],
)
def test_layers_that_are_not_there_and_changes_made_twice_are_refused(change, error, words, rng):
    with pytest.raises(error, match=words):
        change(block(rng), rng)


def test_a_refused_change_leaves_the_model_as_it_was(rng):
    model = block(rng)
    with pytest.raises(ValueError, match="no linear layer"):
        add_lora(model, 2, rng=rng, names=["query", "nothing"])
    assert all(p.requires_grad for p in model.parameters())
    assert isinstance(model.attention.query, Linear)


def test_a_copy_has_changes_of_its_own(rng):
    model = block(rng)
    add_lora(model, 2, rng=rng)
    other = moved(copy.deepcopy(model), rng)
    assert not np.any(model.attention.query.B.data)
    assert np.any(other.attention.query.B.data)


@pytest.mark.parametrize("change", [add_lora, add_adapters])
def test_a_changed_gpt_writes_by_its_cache_what_it_writes_without(change, rng):
    model = Gpt(GptConfig(11, width=8, n_layers=2, n_heads=2, max_length=12), rng=rng)
    change(model, 2, rng=rng)
    moved(model, rng)
    assert isinstance(reader_of(model), CachedReader)
    prompt = [np.array([1, 2, 3])]
    with no_grad():
        plain = generate(RecomputingReader(model), prompt, 8)
        assert generate(model, prompt, 8)[0][0].tokens == plain[0][0].tokens
