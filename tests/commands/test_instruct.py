"""``instruct`` and ``prefer``: an assistant out of a language model, by the command line."""

import json

import numpy as np
import pytest

from minillm.tasks.generation import CausalPretraining, GptRecipe, LanguageModel
from minillm.text.corpora import load_dialogues, preferences, statements
from minillm.training import read_record
from tests.commands.command_line import listing
from tests.text.test_preference_files import write

QUESTIONS = load_dialogues("en", seed=0, sizes=(60, 12, 0))
QUICK = ["--batch-size", "16", "--epochs", "2"]


def rows_of(kind, questions, seed=0):
    """Conversations or pairs, as a file has them."""
    if kind == "instruct":
        return [{"messages": [one._asdict() for one in q.answered]} for q in questions]
    pairs = preferences(questions, "en", rng=np.random.default_rng(seed))
    return [
        {
            "prompt": [one._asdict() for one in pair.asked],
            "chosen": pair.chosen,
            "rejected": pair.rejected,
        }
        for pair in pairs
    ]


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    """The file of a GPT that has read a few statements, and has tokens for all of them."""
    path = tmp_path_factory.mktemp("gpt") / "gpt.safetensors"
    texts = [*statements("en", size=300), *(q.answered for q in QUESTIONS.train)]
    settings = {"width": 16, "n_layers": 1, "n_heads": 2, "max_length": 64, "steps": 5}
    recipe = GptRecipe(tokenizer="word", min_count=1, **settings)
    CausalPretraining(recipe, texts, texts[:20]).result().save(path)
    return path


@pytest.fixture(params=["instruct", "prefer"])
def kind(request):
    return request.param


@pytest.fixture
def file(kind, tmp_path):
    return write(tmp_path / "data.jsonl", *rows_of(kind, QUESTIONS.train))


@pytest.mark.guide("G40")
def test_a_run_shows_before_and_after_and_leaves_a_model_that_talks(
    call, kind, file, gpt, tmp_path, monkeypatch
):
    out = tmp_path / "run"
    result = call(kind, gpt, file, *QUICK, "--lr", "0.01", "--out", out)
    assert result.code == 0, result.err
    beside = ["rewards.json"] if kind == "prefer" else []
    assert listing(out) == sorted(
        [
            *("checkpoint.safetensors", f"{kind}.png", "model.safetensors", "record.jsonl"),
            *("times.jsonl", *beside),
        ]
    )
    assert (out / f"{kind}.png").read_bytes().startswith(b"\x89PNG")
    table = [line.split() for line in result.out.split("\n")]
    before, after = (next(row for row in table if row[:1] == [n]) for n in ("before", "after"))
    assert "vocabulary" in result.out and "unknown 0.0 %" in result.out
    assert result.out.count("user: ") >= 3 and result.out.count("  after: ") == 3
    _, events = read_record(out / "record.jsonl")
    assert sum("held_out_loss" in event for event in events) == 2
    if kind == "instruct":
        losses = [event["held_out_loss"] for event in events if "held_out_loss" in event]
        assert after[1] == f"{losses[-1]:.3f}" and float(before[1]) > losses[-1]
    else:
        curve = json.loads((out / "rewards.json").read_text())["curve"]
        assert [point[0] for point in curve] == [4, 8]
        assert events[0]["loss"] == pytest.approx(np.log(2), abs=1e-5)
        assert before[5] == "0.000" and float(after[5]) > 0.01
        assert float(after[3]) - float(after[4]) > float(before[3]) - float(before[4])
        assert float(after[1]) > float(before[1])
    LanguageModel.load(out / "model.safetensors")
    monkeypatch.setattr("sys.stdin.readline", iter(["What is this?\n", ""]).__next__)
    assert call("chat", out, "--greedy", "--length", "5").code == 0


@pytest.mark.guide("G40")
def test_a_run_that_was_left_goes_on_to_the_same_bits(call, kind, file, gpt, tmp_path, monkeypatch):
    whole, left = tmp_path / "whole", tmp_path / "left"
    assert call(kind, gpt, file, *QUICK, "--out", whole).code == 0

    def stop(steps, **_):
        for step in steps:  # a checkpoint is written after a pass, that is 4 updates
            if step.index == 5:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"minillm.commands.{kind}.watch", stop)
        assert call(kind, gpt, file, *QUICK, "--out", left).code == 130
    assert call(kind, gpt, file, *QUICK, "--out", left).code == 1  # holds a run
    assert call(kind, gpt, file, *QUICK, "--out", left, "--resume").code == 0
    for name in sorted({*listing(whole)} - {"checkpoint.safetensors", "times.jsonl"}):
        assert (left / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_question_that_is_held_out_is_not_learned(call, kind, gpt, tmp_path):
    rows = rows_of(kind, QUESTIONS.train)
    file = write(tmp_path / "data.jsonl", *rows)
    held = write(tmp_path / "held.jsonl", *rows[:6], *rows_of(kind, QUESTIONS.dev))
    result = call(kind, gpt, file, *QUICK, "--held-out", held, "--out", tmp_path / "run")
    what = "conversations" if kind == "instruct" else "pairs"
    assert f"6 of the {what} ask what is also asked in those held out: dropped" in result.out
    assert f"train: {what} 54" in result.out and f"held out: {what} 18" in result.out
    same = call(kind, gpt, file, "--held-out", file, "--out", tmp_path / "other")
    assert same.code == 1 and f"all of the {what} ask what is also" in same.message


def test_what_is_too_long_is_left_out_and_counted(call, kind, gpt, tmp_path):
    rows = rows_of(kind, QUESTIONS.train)
    text = "milk " * 70
    key = {"instruct": "messages", "prefer": "prompt"}[kind]
    long = {**rows[0], key: [{"role": "user", "content": text}, *rows[1].get("messages", [])][:3]}
    file = write(tmp_path / "data.jsonl", *rows, long)
    result = call(kind, gpt, file, *QUICK, "--out", tmp_path / "run")
    assert "1 of 61" in result.out and "longer than 64 tokens: left out" in result.out
    only = write(tmp_path / "only.jsonl", long)
    refused = call(kind, gpt, only, "--out", tmp_path / "other")
    assert refused.code == 1 and "are longer than the 64 tokens the model reads" in refused.message


@pytest.mark.parametrize(
    ("kind", "change", "options", "words"),
    [
        ("instruct", {"messages": [{"role": "robot", "content": "x"}]}, [],
         "conversation 61: none of the 1 messages is of role 'assistant'"),
        ("instruct", {"messages": [{"role": "robot", "content": "x"},
                                   {"role": "assistant", "content": "y"}]}, [],
         "conversation 61: message 1 is of role 'robot'; the chat template has system, user"),
        ("instruct", {"text": "a"}, [], "text 61: a conversation is needed"),
        ("instruct", None, ["--epochs", "0"], "--epochs must be above 0"),
        ("instruct", None, ["--lr", "nan"], "--lr must be at least 0 and finite"),
        ("prefer", {"prompt": "a", "chosen": "b", "rejected": "b"}, [], "are the same answer"),
        ("prefer", {"prompt": [{"role": "robot", "content": "x"}, {"role": "user", "content": "?"}],
                    "chosen": "b", "rejected": "c"}, [], "pair 61: message 1 is of role 'robot'"),
        ("prefer", None, ["--beta", "0"], "--beta must be above 0"),
        ("prefer", None, ["--reference", "gpt"], "the reference has"),
        ("prefer", None, ["--reference", "nowhere"], "nowhere: there is no such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_refused_before_anything_is_written(
    kind, change, options, words, call, gpt, tmp_path
):
    rows = [*rows_of(kind, QUESTIONS.train), *([change] if change else [])]
    file = write(tmp_path / "data.jsonl", *rows)
    result = call(kind, gpt, file, *options, "--out", tmp_path / "run")
    assert result.code == 1 and words in result.message
    assert not (tmp_path / "run").exists()


def test_other_models_and_too_few_conversations_are_refused(call, kind, file, gpt, tmp_path):
    out = ["--out", tmp_path / "run"]
    few = write(tmp_path / "few.jsonl", *rows_of(kind, QUESTIONS.train[:9]))
    assert "9 " in call(kind, gpt, few, *out).message
    bert = call(kind, "bert", file, *out)
    assert bert.code == 1 and "MODEL bert is no language model and does not write" in bert.message
    over = call(kind, gpt, file, "--out", gpt.parent, "--overwrite")
    assert over.code == 1 and "is where MODEL stands" in over.message
    labelled = call("finetune", gpt, file, *out)
    assert labelled.code == 1 and f"such files are for {kind}" in labelled.message
    assert not (tmp_path / "run").exists()


def test_the_weights_of_the_least_held_out_loss_are_kept_and_it_is_said(call, gpt, tmp_path):
    """What is learned is noise: held-out answers get ever less probable."""
    words = [question.right for question in QUESTIONS.train]
    rows = rows_of("instruct", QUESTIONS.train)
    for place, row in enumerate(rows):
        row["messages"][-1]["content"] = words[(7 * place + 3) % len(words)]
    out = tmp_path / "run"
    file = write(tmp_path / "noise.jsonl", *rows)
    options = ["--batch-size", "16", "--epochs", "40", "--lr", "0.02"]
    result = call("instruct", gpt, file, *options, "--out", out)
    _, events = read_record(out / "record.jsonl")
    losses = [event["held_out_loss"] for event in events if "held_out_loss" in event]
    best = min(losses)
    assert losses[-1] > best + 0.2
    assert f"kept are the weights after update {4 * losses.index(best) + 4} of 160" in result.out
    after = next(line.split() for line in result.out.split("\n") if line.startswith("after "))
    assert after[1] == f"{best:.3f}"


def test_it_is_said_of_pairs_that_contradict_and_of_answers_that_got_worse(call, gpt, tmp_path):
    taught = tmp_path / "taught"
    file = write(tmp_path / "chat.jsonl", *rows_of("instruct", QUESTIONS.train[:1]) * 10)
    held = write(tmp_path / "held.jsonl", *rows_of("instruct", QUESTIONS.train[1:2]))
    options = ["--epochs", "30", "--lr", "0.02", "--held-out", held]
    assert call("instruct", gpt, file, *options, "--out", taught).code == 0
    rows = rows_of("prefer", QUESTIONS.train)
    torn = [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} for row in rows[:5]]
    pairs = write(tmp_path / "pairs.jsonl", *rows, *torn)
    result = call(
        "prefer", taught, pairs, "--lr", "0.05", "--epochs", "4", "--out", tmp_path / "run"
    )
    assert result.code == 0
    assert f"{pairs}: 5 pairs are preferred one way and the other" in result.out
    assert "the answers are worse than before: a lower --lr" in result.out
