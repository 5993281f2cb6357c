"""``profile``: what it prints and writes, and what it refuses before it makes anything."""

import json

import pytest

from minillm.backend import machine, stream
from minillm.commands import profile_subject
from minillm.commands.profile_picture import MOST, shown_layers
from minillm.commands.profile_subject import config_of, size_of
from minillm.course.places import ASSETS
from minillm.models import Gpt, gpt2_style
from minillm.models.costs import gpt_flops, training_peak
from minillm.training.profile_parts import Spent

SIZE = "width=8,layers=2,heads=2,vocabulary=11"


@pytest.mark.guide("G58")
def test_a_size_is_profiled_and_the_layers_sum_to_the_total(call, tmp_path):
    file, picture = tmp_path / "p.json", tmp_path / "p.png"
    result = call(
        *("profile", "--size", SIZE, "--batch", 2, "--length", 5, "--steps", 2, "--detail", 1),
        *("--json", file, "--picture", picture, "--joules-per-flop", "1e-9"),
    )
    assert result.code == 0, result.err
    found = json.loads(file.read_text(encoding="utf-8"))
    assert picture.read_bytes().startswith(b"\x89PNG")
    config = config_of("gpt2", size_of(SIZE), 5)
    flops = gpt_flops(config, 2, 5).training
    assert found["formulas"]["flops"] == flops
    assert found["formulas"]["last_token"] == {
        "with_cache": gpt_flops(config, 1, 1, before=4).total,
        "without": gpt_flops(config, 1, 5).total,
        "cache_bytes": 2 * 2 * 5 * 8 * 4,
    }
    layers = found["layers"].values()
    assert sum(one["forward_flops"] + one["backward_flops"] for one in layers) == flops
    assert sum(one["parameters"] for one in layers) == config.parameter_count()
    spent = sum(one["forward_s"] + one["backward_s"] for one in layers)
    total = found["total"]["forward_s"] + found["total"]["backward_s"]
    assert spent == pytest.approx(total)
    lines = result.out.splitlines()
    names = [line.split()[0] for line in lines if line]
    assert {"blocks.0", "blocks.1", "tokens", "(loss)", "(optimizer)", "sum"} <= {*names}
    assert f"by formula: {flops / 1e6:,.1f} MFLOP; counted: +0.00 %" in result.out
    assert f"as you said: {1e-9 * flops:.4g} J" in result.out
    assert result.out.endswith(f"picture: {picture}\n")


@pytest.mark.parametrize("kind", ["llama", "bert"])
def test_other_kinds_are_counted_exactly_too(call, kind):
    result = call("profile", "--size", SIZE, "--kind", kind, "--length", 6, "--steps", 1)
    assert result.code == 0, result.err
    assert "counted: +0.00 %" in result.out
    assert "as you said" not in result.out  # no energy without an assumption


@pytest.mark.guide("G53")
@pytest.mark.parametrize("kind", ["gpt2", "bert"])
def test_the_training_peak_is_that_of_the_formula_and_less_with_blocks_computed_again(
    call, tmp_path, kind
):
    size = "width=64,layers=3,heads=2,vocabulary=100"
    ways = [(0, 1), (1, 1), (2, 2)]
    peaks = []
    for recompute, accumulate in ways:
        file = tmp_path / f"{recompute} {accumulate}.json"
        result = call(
            *("profile", "--size", size, "--kind", kind, "--batch", 8, "--length", 48),
            *("--steps", 1, "--recompute", recompute, "--accumulate", accumulate, "--json", file),
        )
        assert result.code == 0, result.err
        assert "counted: +0.00 %" in result.out  # the second forward pass too
        found = json.loads(file.read_text(encoding="utf-8"))
        held, kept = found["total"]["held_bytes"], found["formulas"]["memory"]["activations"]
        assert held == pytest.approx(kept, rel=0.01)
        assert found["way"] == {"recompute": recompute, "accumulate": accumulate}
        first = found["formulas"]["peaks"][0]
        assert (first["recompute"], first["accumulate"]) == (recompute, accumulate)
        assert first["total"] == pytest.approx(found["peak_bytes"], rel=0.05)
        assert "measured, recompute and accumulate as in the first line: " in result.out
        peaks.append(found["peak_bytes"])
    assert peaks[0] > 1.5 * max(peaks[1:])


def test_the_peak_of_a_size_too_large_to_be_made_is_told_before_anything_is_made(call, monkeypatch):
    for name in ("Gpt", "Bert"):
        monkeypatch.setattr(profile_subject, name, None)
    result = call(
        *("profile", "--formulas", "--size", "width=768,layers=12,heads=12,vocabulary=50257"),
        *("--length", 512, "--recompute", 3),
    )
    assert result.code == 0, result.err
    asked = training_peak(
        gpt2_style(50257, width=768, n_layers=12, n_heads=12, max_length=512), 8, 512, recompute=3
    )
    lines = [line.split() for line in result.out.splitlines()]
    row = ["3", "1", "8", f"{asked.total / 2**20:,.2f}", "100.0", "%", asked.fullest]
    assert row in lines
    assert len([line for line in lines if line[1:2] in (["1"], ["2"], ["4"])]) == 7


def test_a_trained_classifier_is_profiled_and_left_as_it_was(call, model):
    before = (model / "model.safetensors").read_bytes()
    result = call("profile", model, "--batch", 2, "--steps", 1, "--detail", 9)
    assert result.code == 0, result.err
    assert "classifier, width" in result.out and "counted: +0.00 %" in result.out
    assert "blocks.0.attention.query" in result.out
    assert (model / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        ((), "give a MODEL, or a --size", 1),
        (("nowhere", "--size", SIZE), "give a MODEL, or a --size", 1),
        (("--size", "width=8,layers=1,heads=3"), "heads=3 must divide width=8", 1),
        (("--size", "width=8,layers=-1,heads=2"), "n_layers must be at least 1, got -1", 1),
        (("--size", "width=-8"), "width must be at least 1, got -8", 1),
        (("--size", "depth=2,width=8"), "depth sets width, layers and heads", 1),
        (("--size", "depth=2", "--kind", "bert"), "depth sets width, layers and heads", 1),
        (("--size", "key_heads=1", "--kind", "bert"), "a bert has no key_heads", 1),
        (("--size", "dropout=1.5"), "dropout must be at least 0 and below 1, got 1.5", 1),
        (("--size", "vocabulary=0"), "vocabulary must be at least 1, got 0", 1),
        (("--size", "depth=500"), "and 1 MB are free: take a smaller size; weights and moments", 1),
        (("--size", "breadth=2"), "NAME=NUMBER", 2),
        (("--size", "width=2,width=3"), "each once", 2),
        (("--size", "width=two"), "width must be a whole number, got 'two'", 2),
        (("--size", SIZE, "--joules-per-flop", "0"), "must be a positive number, got '0'", 2),
        (("--size", SIZE, "--batch", "0"), "must be a positive integer, got '0'", 2),
        (("--size", SIZE, "--picture", "p.svg"), "must end in .png", 2),
        (("--size", SIZE, "--json", "."), "--json .: Is a directory", 1),
        (("--size", SIZE, "--json", __file__), "is there and no JSON: give another file", 1),
        (("--size", "width=64,layers=2,heads=5"), "--size: heads=5 must divide width=64", 1),
        (
            ("--size", SIZE, "--recompute", "-1"),
            "must be a number of blocks, 0 or more, got '-1'",
            2,
        ),
        (("--size", SIZE, "--recompute", "1.5"), "be a number of blocks, 0 or more, got '1.5'", 2),
        (("--size", SIZE, "--accumulate", "0"), "must be a positive integer, got '0'", 2),
        (("--size", SIZE, "--accumulate", "3"), "--accumulate 3 does not divide --batch 8", 1),
        (("--formulas", "nowhere"), "--formulas needs a --size", 1),
        (("--formulas", "--size", SIZE, "--json", "p.json"), "measures nothing: leave out", 1),
        (("--size", "depth=2.5"), "depth must be a whole number, got '2.5'", 2),
        (("nowhere",), "nowhere: No such file or directory", 1),
    ],
)
def test_what_cannot_be_profiled_is_refused_before_it_is_made(
    call, monkeypatch, arguments, words, code
):
    def refuse(*args, **kwargs):
        raise AssertionError("a model was made")

    monkeypatch.setattr(profile_subject, "Gpt", refuse)
    monkeypatch.setattr(profile_subject, "Bert", refuse)
    monkeypatch.setattr(profile_subject, "free_bytes", lambda: 1 << 20)
    result = call("profile", *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err


def test_more_positions_than_a_trained_model_has_are_refused(call, model):
    result = call("profile", model, "--length", 5000)
    assert result.code == 1
    assert "5000 positions are more than max_length" in result.err


def test_a_batch_that_does_not_fit_is_refused(call, monkeypatch):
    monkeypatch.setattr(profile_subject, "free_bytes", lambda: 1 << 20)
    result = call("profile", ASSETS / "gpt.safetensors", "--batch", 1000)
    assert (result.code, result.out) == (1, "")
    assert "a training step needs" in result.err and "1 MB are free" in result.err


def test_the_memory_that_is_free_is_read_where_the_system_tells(monkeypatch, tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:  900 kB\nMemAvailable:  300 kB\n", encoding="utf-8")
    monkeypatch.setattr(machine, "MEMINFO", told)
    assert machine.free_bytes() == 300 * 1024
    told.write_text("MemTotal: 900 kB\n", encoding="utf-8")
    assert machine.free_bytes() is None
    monkeypatch.setattr(machine, "MEMINFO", tmp_path / "none")
    assert machine.free_bytes() is None


def test_depth_sets_a_model_that_can_be_made():
    config = config_of("gpt2", size_of(["depth=2", "vocabulary=7"][0]), 9)
    model = Gpt(config, rng=stream(0, "w"))
    assert (len(model.blocks), config.width, config.max_length) == (2, 32, 9)


def test_a_picture_of_many_layers_shows_the_slowest_and_the_rest_together():
    layers = {f"l{i}": Spent(1, float(i)) for i in range(MOST + 5)}
    shown = shown_layers(layers)
    assert len(shown) == MOST
    assert shown["6 others"] == Spent(6, 15.0)
    assert sum(one.seconds for one in shown.values()) == sum(range(MOST + 5))
