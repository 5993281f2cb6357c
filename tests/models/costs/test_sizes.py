"""Generation, energy, and the dial that sets a model's sizes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import no_grad
from minillm.backend import stream
from minillm.models import BertConfig, Gpt
from minillm.models.costs import (
    Dial,
    bert_activation_bytes,
    bert_flops,
    block_matrices,
    energy_of,
    generation_flops,
    gpt_activation_bytes,
    gpt_flops,
    kv_cache_bytes,
    sized,
)
from minillm.nn import KeyValueCache
from minillm.ops.flops import count_flops
from tests.models.costs.made import GPTS


@pytest.mark.guide("G53")
@pytest.mark.parametrize("name", ["gpt2", "shared keys"])
def test_a_cache_holds_the_bytes_and_saves_the_operations_of_the_formulas(name):
    config, ids = GPTS[name], np.ones((2, 7), dtype=np.int64)
    model = Gpt(config, rng=stream(0, "w")).eval()
    caches, with_cache, without = [KeyValueCache() for _ in model.blocks], [], []
    with no_grad():
        for start, end in itertools.pairwise([0, 4, 5, 6, 7]):
            with count_flops() as flops:
                model(ids[:, start:end], caches=caches)
            with_cache.append(flops.total)
            with count_flops() as flops:
                model(ids[:, :end])
            without.append(flops.total)
    assert with_cache == generation_flops(config, 4, 4, batch=2)[:4]
    assert without == generation_flops(config, 4, 4, batch=2, cached=False)
    held = sum(x.data.nbytes for cache in caches for x in (cache.keys, cache.values))
    assert held == kv_cache_bytes(config, 2, 7)


def test_shared_heads_of_keys_shrink_the_cache():
    assert kv_cache_bytes(GPTS["shared keys"], 1, 8, itemsize=2) == 2 * 2 * 8 * 8 * 2
    assert generation_flops(GPTS["gpt2"], 3, 0) == []


def test_the_dial_sets_width_heads_steps_and_rate():
    dial = Dial(100, batch_tokens=512, tokens_per_parameter=10.0)
    small, large = sized(2, dial), sized(4, dial)
    assert (small.config.width, small.config.n_heads, small.config.n_layers) == (32, 2, 2)
    assert (large.config.width, large.config.n_heads, large.config.n_layers) == (64, 4, 4)
    assert block_matrices(large.config) == 8 * block_matrices(small.config) == 196_608
    assert large.steps == 10 * 196_608 // 512
    assert (small.rate, large.rate) == (2 * dial.rate, dial.rate)


def test_energy_is_operations_times_what_the_caller_says():
    energy = energy_of(3.6e15, joules_per_flop=1e-9, overhead=1.5)
    assert (energy.joules, energy.kwh) == (pytest.approx(5.4e6), pytest.approx(1.5))
    assert (energy.joules_per_flop, energy.overhead) == (1e-9, 1.5)
    with pytest.raises(TypeError, match="joules_per_flop"):
        energy_of(1e9)  # nothing is claimed of a machine that nobody named


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: energy_of(-1.0, joules_per_flop=1.0), "flops must be a number at least 0"),
        (lambda: energy_of(1.0, joules_per_flop=0.0), "joules_per_flop must be a number above 0"),
        (lambda: energy_of(1.0, joules_per_flop=1.0, overhead=0.5), "overhead .* at least 1"),
        (lambda: sized(0, Dial(9)), "depth must be at least 1, got 0"),
        (lambda: sized(2, Dial(9, rate=0.0)), "rate must be a positive number, got 0.0"),
        (lambda: generation_flops(GPTS["gpt2"], 0, 1), "prompt must be at least 1, got 0"),
        (lambda: generation_flops(GPTS["gpt2"], 6, 4), "10 positions are more than max_length=9"),
        (lambda: kv_cache_bytes(GPTS["gpt2"], 1, -1), "length must be at least 0, got -1"),
    ],
)
def test_bad_numbers_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


BERT = BertConfig(20, width=8, n_layers=1, n_heads=2, max_length=9)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda config: gpt_flops(config, 1, 2), "GptConfig"),
        (lambda config: kv_cache_bytes(config, 1, 2), "GptConfig"),
        (lambda config: generation_flops(config, 1, 0), "GptConfig"),
        (lambda config: gpt_activation_bytes(config, 1, 2), "GptConfig"),
        (lambda config: bert_flops(config, 1, 2), "BertConfig"),
        (lambda config: bert_activation_bytes(config, 1, 2, 1), "BertConfig"),
    ],
)
def test_the_configuration_of_another_model_is_refused(call, kind):
    """A BERT taken for a GPT has other heads: its operations were counted without a word."""
    for wrong in ("a", BERT if kind == "GptConfig" else GPTS["gpt2"]):
        with pytest.raises(TypeError, match=f"needs a {kind}, got a {type(wrong).__name__}"):
            call(wrong)


def test_sizes_that_no_batch_and_no_model_has_are_refused():
    for count in (
        lambda n: bert_flops(BERT, 2, 4, hidden_positions=n),
        lambda n: bert_activation_bytes(BERT, 2, 4, n),
    ):
        count(8)
        with pytest.raises(ValueError, match="9 hidden positions of 8 in the batch"):
            count(9)
    with pytest.raises(ValueError, match="n_key_heads must be at least 1, got 0"):
        kv_cache_bytes(replace(GPTS["gpt2"], n_key_heads=0), 1, 2)
