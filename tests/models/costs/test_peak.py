"""The peak by formula is the measured one, whatever decides it."""

import dataclasses

import numpy as np
import pytest

from minillm import stream
from minillm.models import Bert, BertConfig, Gpt, MaskedLanguageModel, gpt2_style, llama_style
from minillm.models.costs import bert_activation_bytes, gpt_activation_bytes, training_peak
from minillm.models.costs.peak import walked
from minillm.models.costs.peak_parts import Part, parts_of
from minillm.models.costs.peak_step import Step
from tests.models.costs.made import BERTS, GPTS
from tests.models.costs.peaks import least_peak, peak_by_formula

GPT = gpt2_style(300, width=64, n_layers=3, n_heads=4, max_length=64)
WORDS = gpt2_style(3000, width=32, n_layers=2, n_heads=2, max_length=64)  # large logits
WIDE = gpt2_style(500, width=192, n_layers=1, n_heads=4, max_length=16)  # many weights
MANY = gpt2_style(100, width=88, n_layers=8, n_heads=2, hidden=176, max_length=16)  # all small
TABLE = gpt2_style(9000, width=32, n_layers=1, n_heads=2, hidden=64, max_length=8)  # hardly more
LONG = gpt2_style(50, width=32, n_layers=2, n_heads=4, hidden=32, max_length=160)  # large scores
LLAMA = llama_style(300, width=64, n_layers=3, n_heads=4, n_key_heads=2, max_length=64)
BERT = BertConfig(300, width=64, n_layers=3, n_heads=4, hidden=256, max_length=64)
CASES = {
    "gpt": (GPT, 6, 64, {}, "forward"),
    "gpt-recomputed": (GPT, 8, 64, {"recompute": 1}, "backward"),
    "gpt-in-pairs-off": (GPT, 6, 64, {"recompute": 2, "level": "off"}, "backward"),
    "gpt-dropout-float64": (
        dataclasses.replace(GPT, dropout=0.1),
        3,
        64,
        {"dtype": "float64"},
        "backward",
    ),
    "words-accumulated-off": (
        WORDS,
        5,
        64,
        {"level": "off", "accumulate": 2, "recompute": 1},
        "forward",
    ),
    "long-off": (LONG, 3, 160, {"level": "off"}, "backward"),
    "wide": (WIDE, 1, 16, {}, "update"),
    "wide-off": (WIDE, 1, 16, {"level": "off"}, "update"),
    "wide-accumulated": (WIDE, 2, 16, {"accumulate": 2}, "backward"),
    "many": (MANY, 1, 16, {}, "update"),
    "table-float64": (TABLE, 1, 7, {"dtype": "float64"}, "backward"),
    "llama": (LLAMA, 5, 64, {}, "forward"),
    "llama-dropout-recomputed": (
        dataclasses.replace(LLAMA, dropout=0.1),
        5,
        64,
        {"recompute": 1},
        "backward",
    ),
    "bert": (BERT, 6, 64, {"hidden": 60}, "backward"),
    "bert-recomputed-off": (
        BERT,
        6,
        64,
        {"hidden": 60, "recompute": 1, "level": "off"},
        "backward",
    ),
    "bert-in-pairs-float64": (
        BERT,
        4,
        64,
        {"hidden": 40, "recompute": 2, "dtype": "float64"},
        "backward",
    ),
}


@pytest.mark.guide("G53")
@pytest.mark.parametrize(
    ("config", "batch", "length", "settings", "fullest"), CASES.values(), ids=CASES
)
def test_the_peak_by_formula_is_the_measured_one(config, batch, length, settings, fullest):
    found = peak_by_formula(config, batch, length, **settings)
    assert found.fullest == fullest
    measured = least_peak(found.total, config, batch, length, **settings)
    assert found.total == pytest.approx(measured, rel=0.05)


def fresh(rng):
    """A model, a batch and settings that nobody has chosen."""
    heads, layers = int(rng.choice([1, 2, 4, 8])), int(rng.integers(1, 7))
    width, length = heads * 2 * int(rng.integers(4, 24)), int(rng.choice([7, 33, 64, 150, 300]))
    sizes = {
        "width": width, "n_heads": heads, "n_layers": layers, "max_length": length,
        "hidden": width * int(rng.integers(1, 6)), "dropout": float(rng.choice([0.0, 0.1])),
    }  # fmt: skip
    words, batch = int(rng.choice([30, 300, 2000, 9000])), int(rng.choice([1, 3, 8, 20]))
    settings = {
        "level": str(rng.choice(["numpy", "off"])),
        "dtype": str(rng.choice(["float32", "float64"])),
        "recompute": int(rng.integers(3)),
        "accumulate": int(rng.integers(1, 3)),
    }
    kind = rng.choice(["gpt2", "llama", "bert"])
    if kind == "bert":
        hidden = max(1, round(0.15 * batch * length))
        return BertConfig(words, **sizes), batch, length, {**settings, "hidden": hidden}
    if kind == "gpt2":
        return gpt2_style(words, **sizes), batch, length, settings
    shared = int(rng.choice([1, heads]))
    return llama_style(words, **sizes, n_key_heads=shared), batch, length, settings


@pytest.mark.slow
def test_it_is_the_measured_one_for_sizes_that_nobody_has_chosen():
    """Slow: 40 models of up to 250 MB are trained for three steps each."""
    rng, found = stream(0, "fresh sizes"), []
    while len(found) < 40:
        config, batch, length, settings = fresh(rng)
        total = peak_by_formula(config, batch, length, **settings).total
        if 8e6 < total < 250e6:
            found.append(total / least_peak(total, config, batch, length, **settings) - 1)
    assert np.abs(found).max() < 0.05
    assert np.abs(found).mean() < 0.012


@pytest.mark.guide("G53")
@pytest.mark.parametrize("level", ["off", "numpy"])
def test_the_parts_keep_what_the_tape_holds_and_have_all_parameters(level):
    for config in GPTS.values():
        for batch in (3, 400):
            step = Step(config, batch, 6, 0, False, level, 4)
            first, blocks, last = parts_of(step)
            parts = [first, *(part for block in blocks for part in block), last]
            held = gpt_activation_bytes(config, batch, 6, kernels=level)
            assert sum(part.kept for part in parts) == held
            model = Gpt(config, rng=stream(0, "w"))
            assert sum(part.gradients for part in parts) == 4 * model.parameter_count()
            assert sorted(step.parameter_sizes()) == sorted(p.size for p in model.parameters())
    for config in BERTS.values():
        step = Step(config, 3, 7, 6, False, level, 4)
        first, blocks, last = parts_of(step)
        parts = [first, *(part for block in blocks for part in block), last]
        held = bert_activation_bytes(config, 3, 7, 6, kernels=level)
        assert sum(part.kept for part in parts) == held
        model = MaskedLanguageModel(Bert(config, rng=stream(0, "w")), rng=stream(0, "w"))
        assert sum(part.gradients for part in parts) == 4 * model.parameter_count()
        assert sorted(step.parameter_sizes()) == sorted(p.size for p in model.parameters())


def test_a_walk_by_hand():
    """Forward 5, 10 + 6; backward 10 + 9, then 7 and the gradients of the other, 2."""
    parts = [Part(kept=10, forward=5, backward=7, gradients=1), Part(4, 6, 9, 2)]
    assert walked(parts) == (16, 19, 3)
    assert walked([Part(10, 5, 18, 1), Part(4, 6, 9, 2)]) == (16, 20, 3)


@pytest.mark.guide("G53")
def test_ten_blocks_more_cost_what_enters_them_and_what_is_trained():
    def total(layers, every):
        return training_peak(dataclasses.replace(GPT, n_layers=layers), 64, 64, recompute=every)

    more, weights = total(14, 1).total - total(4, 1).total, total(14, 1).parameters
    weights -= total(4, 1).parameters
    assert more == 10 * 4 * 64 * 64 * 64 + 3 * weights
    least = min(range(1, 101), key=lambda every: total(100, every).total)
    # one block holds A bytes and I enter it: √(L I / A) = √(100 / 20)
    assert 2 <= least <= 3


def test_accumulation_holds_part_of_the_batch_and_the_gradients_so_far():
    whole, half = training_peak(GPT, 64, 64), training_peak(GPT, 32, 64, accumulate=2)
    assert half.forward - half.parameters == pytest.approx(whole.forward / 2, rel=1e-3)
    assert (half.update, half.moments) == (whole.update, whole.moments)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"recompute": -1}, ValueError, "recompute must be a number of blocks, 0 or more, got -1"),
        ({"recompute": 0.5}, TypeError, "recompute must be a number of blocks, 0 or more, got 0.5"),
        ({"accumulate": 0}, ValueError, "accumulate must be at least 1, got 0"),
        ({"batch": 0}, ValueError, "batch must be at least 1, got 0"),
        ({"length": 65}, ValueError, "65 positions are more than max_length=64"),
        ({"kernels": "fast"}, ValueError, "kernels must be one of .*, got 'fast'"),
        ({"dtype": "float16"}, ValueError, "dtype must be one of .*float64.*, got 'float16'"),
        ({"hidden_positions": 3}, ValueError, "a GPT has none; got 3"),
        ({"config": BERT}, ValueError, "a BERT is asked for, at least 1; .* got None"),
        ({"config": BERT, "hidden_positions": 0}, ValueError, "hidden_positions must be at least"),
        ({"config": BERT, "hidden_positions": 999}, ValueError, "999 hidden positions of 128"),
        ({"config": "gpt2"}, TypeError, "needs a GptConfig or a BertConfig, got str"),
    ],
)
def test_bad_input_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        training_peak(**{"config": GPT, "batch": 2, "length": 64, **given})
