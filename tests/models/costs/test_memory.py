"""Memory by formula is that of the arrays that the tape holds."""

import tracemalloc

import numpy as np
import pytest

from minillm.backend import stream
from minillm.models import Bert, BertConfig, Gpt, gpt2_style
from minillm.models.costs import (
    bert_activation_bytes,
    gpt_activation_bytes,
    require_memory,
    training_memory,
)
from minillm.optim import AdamW
from tests.models.costs.made import BERTS, GPTS, bert_step, gpt_step


@pytest.mark.guide("G53")
@pytest.mark.parametrize("name", GPTS)
@pytest.mark.parametrize(("batch", "length"), [(3, 6), (2, 4), (1, 1)])
def test_the_tape_of_a_gpt_holds_the_bytes_of_the_formula(name, batch, length):
    held = gpt_step(GPTS[name], batch, length).held
    assert held == gpt_activation_bytes(GPTS[name], batch, length, kernels="off")


@pytest.mark.guide("G53")
@pytest.mark.parametrize("name", BERTS)
@pytest.mark.parametrize("hidden", [1, 6])
def test_the_tape_of_a_bert_holds_the_bytes_of_the_formula(name, hidden):
    held = bert_step(BERTS[name], 3, 7, hidden).held
    assert held == bert_activation_bytes(BERTS[name], 3, 7, hidden, kernels="off")


@pytest.mark.parametrize("style", ["gpt2", "shared keys"])
def test_with_kernels_the_formula_is_right_within_a_percent(style):
    """What is left are the paddings that put arrays at even addresses."""
    config = gpt2_style(60, width=32, n_heads=2, n_layers=2, max_length=32)
    config = config if style == "gpt2" else GPTS[style]
    batch, length = (8, 32) if style == "gpt2" else (64, 8)
    held = gpt_step(config, batch, length, "numpy").held
    assert held == pytest.approx(gpt_activation_bytes(config, batch, length), rel=0.01)
    assert held < gpt_activation_bytes(config, batch, length, kernels="off")


def test_with_kernels_dropout_keeps_its_factors_alone():
    config = BertConfig(60, width=32, n_heads=4, n_layers=1, hidden=128, max_length=32)
    held = bert_step(config, 8, 32, 9, "numpy").held
    assert held == pytest.approx(bert_activation_bytes(config, 8, 32, 9), rel=0.01)
    assert held < 0.8 * bert_activation_bytes(config, 8, 32, 9, kernels="off")


@pytest.mark.guide("G53")
def test_parameters_by_formula_are_those_of_the_model():
    for config in GPTS.values():
        assert config.parameter_count() == Gpt(config, rng=stream(0, "w")).parameter_count()
    for config in BERTS.values():
        assert config.parameter_count() == Bert(config, rng=stream(0, "w")).parameter_count()


def test_a_step_holds_weights_gradients_and_two_means_of_each():
    model = Gpt(GPTS["gpt2"], rng=stream(0, "w"))
    memory = training_memory(model.parameter_count(), 1000)
    optimizer = AdamW(model.parameters(), lr=0.1)
    model.loss(np.array([[1, 2]]), np.array([[2, 3]])).backward()
    optimizer.step()
    assert memory.parameters == sum(p.data.nbytes for p in model.parameters())
    assert memory.gradients == sum(p.grad.nbytes for p in model.parameters())
    state = optimizer.state_dict()
    assert memory.moments == sum(x.nbytes for name, x in state.items() if name[:2] in ("m.", "v."))
    assert memory.total == 16 * model.parameter_count() + 1000


def test_what_does_not_fit_is_refused_and_what_is_unknown_is_not():
    require_memory(100, 100, "it")
    require_memory(100, None, "it")
    with pytest.raises(MemoryError) as refused:
        require_memory(2 << 20, 1 << 20, "a GPT", always=1 << 20)
    assert str(refused.value) == (
        "a GPT needs 2 MB, and 1 MB are free: take a smaller size, batch or length, or, also where "
        "you train, compute blocks again (--recompute 1) or a batch in N parts (--accumulate N)"
    )
    with pytest.raises(MemoryError) as refused:
        require_memory(4 << 20, 1 << 20, "a GPT", always=2 << 20)
    assert str(refused.value) == (
        "a GPT needs 4 MB, and 1 MB are free: take a smaller size; weights and moments alone are "
        "2 MB, so that neither --recompute nor --accumulate helps"
    )


def test_bad_counts_are_refused():
    with pytest.raises(ValueError, match="kernels must be one of"):
        gpt_activation_bytes(GPTS["gpt2"], 1, 1, kernels="compiled")
    with pytest.raises(ValueError, match="parameter_count must be at least 0, got -1"):
        training_memory(-1, 0)
    with pytest.raises(ValueError, match="hidden must be at least 0, got -2"):
        bert_activation_bytes(BERTS["bert"], 1, 1, -2)


@pytest.mark.guide("G53")
def test_the_peak_of_a_step_is_what_the_tape_holds_and_a_little_more():
    config = gpt2_style(200, width=32, n_heads=2, n_layers=3, max_length=48)
    model = Gpt(config, rng=stream(0, "w"))
    ids = stream(0, "ids").integers(200, size=(2, 8, 48))
    model.loss(*ids).backward()  # what is made once is made
    tracemalloc.start()
    model.loss(*ids).backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    held = gpt_activation_bytes(config, 8, 48)
    assert held < peak < 1.35 * held
