"""``--watch`` on the commands that train: silent on what is healthy, and a fault has a name."""

from dataclasses import fields

import pytest

from minillm.backend import load_arrays
from minillm.tasks.classifier_training import TwoHeads
from minillm.tasks.recipe import Recipe
from minillm.training import read_record
from tests.commands.command_line import TINY, listing

LONGER = ["--finetune-epochs", "6"]


@pytest.mark.guide("G58")
def test_a_healthy_run_is_the_same_with_a_watch(call, file, tmp_path):
    for name, more in (("plain", []), ("watched", ["--watch"])):
        result = call("train", file, "--out", tmp_path / name, *TINY, *LONGER, *more)
        assert result.code == 0, result.err
    for name in ("record.jsonl", "model.safetensors"):
        one, other = ((tmp_path / kind / name).read_bytes() for kind in ("plain", "watched"))
        assert one == other


@pytest.mark.guide("G57", "G58")
def test_a_fault_ends_the_command_by_name_and_is_kept(call, file, tmp_path):
    out = tmp_path / "run"
    result = call("train", file, "--out", out, *TINY, "--finetune-lr", "30", *LONGER, "--watch")
    assert result.code == 1
    assert result.message.startswith("minillm train: step ")
    assert "times as large as the weights" in result.message
    assert listing(out) == [
        *("checkpoint.safetensors", "last_good.safetensors", "record.jsonl", "times.jsonl")
    ]
    event = read_record(out / "record.jsonl")[1][-1]
    assert (event["stage"], event["kind"]) == ("finetune", "update too large")
    assert event["fault"] in result.message
    found = call("runs", out).out
    assert "fault" in found and event["fault"] in found
    weights, _ = load_arrays(out / "last_good.safetensors")
    given = read_record(out / "record.jsonl")[0]["configuration"]
    recipe = Recipe(**{entry.name: given[entry.name] for entry in fields(Recipe)})
    TwoHeads(recipe, len(weights["masked.bert.tokens.weight"]), 2).load_state_dict(weights)
    told = call("predict", out, "a film").message
    assert f"a fault has ended this run: {event['fault'].rstrip('.')}. --resume would" in told
    assert "begin it again with --overwrite, and change the setting" in told


def test_a_watch_sees_one_thread_and_says_so(call, file, tmp_path):
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--watch", "--threads", "2")
    assert result.code == 1
    assert (
        result.message == "minillm train: --watch sees the work of one thread: leave out --threads"
    )
    assert not (tmp_path / "run").exists() or listing(tmp_path / "run") == []


@pytest.mark.parametrize(
    "words",
    [
        ("train",), ("finetune",), ("pretrain",), ("instruct",), ("prefer",),
        ("tag", "train"), ("translate", "learn"),
    ],
)  # fmt: skip
def test_every_command_that_trains_has_the_option(words, call):
    assert "--watch" in call(*words, "--help").out
