import json
import signal

import numpy as np
import pytest

from minillm.tasks.generation import GptRecipe, LanguageModel
from minillm.training import read_record
from tests.commands.command_line import finish, listing, start, wait_for_updates
from tests.tasks.generation.little import LINES, RHYME

LONG = RHYME * 40
TINY = [
    *("--width", "16", "--n-heads", "2", "--n-layers", "1", "--max-length", "12"),
    *("--batch-size", "4", "--tokenizer", "byte_pairs:270", "--steps", "12", "--warmup", "2"),
    *("--evaluate-every", "4"),
]
SAVING_OFTEN = """
from minillm.__main__ import run
from minillm.tasks.generation import pretraining
pretraining.SAVE_EVERY = 2
run()
"""


@pytest.fixture
def text(tmp_path):
    """A rhyme that repeats."""
    path = tmp_path / "rhyme.txt"
    path.write_text(LONG)
    return path


@pytest.mark.guide("G30")
def test_a_run_says_what_it_was_and_leaves_model_record_and_picture(call, text, tmp_path):
    out = tmp_path / "run"
    result = call("pretrain", text, "--out", out, *TINY)
    assert result.code == 0
    names = ["checkpoint.safetensors", "loss.png", "model.safetensors", "record.jsonl"]
    assert listing(out) == [*names, "times.jsonl"]
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")
    characters = len(LONG) - len(LONG) // 10
    assert f"train: texts 1, characters {characters:,}, tokens" in result.out
    assert "vocabulary 275, unknown in held out 0.0 %" in result.out
    _, events = read_record(out / "record.jsonl")
    assert [e["step"] + 1 for e in events if "held_out_loss" in e] == [4, 8, 12]
    best = min(e["held_out_loss"] for e in events if "held_out_loss" in e)
    row = next(line for line in result.out.split("\n") if line.startswith("GPT"))
    assert row.split()[1:] == [f"{best:.3f}", f"{np.exp(best):.1f}"]
    assert "counts, n-grams of up to" in result.out
    assert "a sample, without a prompt:" in result.out
    assert "repetition, the share of pairs" in result.out
    language = LanguageModel.load(out / "model.safetensors")
    held_out = LONG[len(LONG) - len(LONG) // 10 :]
    assert language.loss([held_out]) == pytest.approx(best, rel=1e-5)


def test_documents_are_held_out_whole_and_never_in_both_parts(call, tmp_path):
    path = tmp_path / "lines.jsonl"
    texts = [f"{line} {i}" for i in range(7) for line in LINES]
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts + texts[:4]))
    result = call("pretrain", path, "--out", tmp_path / "run", *TINY)
    assert result.code == 0
    assert "held out: texts 2," in result.out
    dropped = (
        int(result.out.split(" of the texts are also held out")[0]) if "also" in result.out else 0
    )
    assert f"train: texts {25 - 2 - dropped}," in result.out


def test_a_text_that_is_given_to_measure_on_is_dropped_from_training(call, tmp_path):
    path, other = tmp_path / "lines.txt", tmp_path / "held.txt"
    path.write_text("\n".join(LINES * 4 + ["ONE for the  cat, "]))
    other.write_text(LINES[0])
    options = ["--held-out", other, "--documents", "lines", "--out", tmp_path / "run", *TINY]
    result = call("pretrain", path, *options)
    assert result.code == 0
    assert "5 of the texts are also held out: dropped" in result.out  # in capitals, too
    assert f"train: texts {4 * (len(LINES) - 1)}," in result.out


def test_a_killed_run_resumes_to_the_same_model(call, text, tmp_path):
    whole, left = tmp_path / "whole", tmp_path / "left"
    assert call("pretrain", text, "--out", whole, *TINY).code == 0
    process = start("pretrain", text, "--out", left, *TINY, program=("-c", SAVING_OFTEN))
    wait_for_updates(process, left / "record.jsonl", 5)
    process.send_signal(signal.SIGKILL)
    assert finish(process).code == -signal.SIGKILL
    assert "holds an earlier run" in call("pretrain", text, "--out", left, *TINY).message
    assert call("pretrain", text, "--out", left, *TINY, "--resume").code == 0
    for name in ("model.safetensors", "record.jsonl"):
        assert (left / name).read_bytes() == (whole / name).read_bytes()


def test_a_run_goes_on_from_an_earlier_one_and_from_published_files(call, text, tmp_path):
    tokens, one, two = (tmp_path / name for name in ("tokens", "one", "two"))
    assert call("tokenizer", text, "--tokenizer", "byte_pairs:262", "--out", tokens).code == 0
    own = [word for word in TINY if word not in ("--tokenizer", "byte_pairs:270")]
    result = call("pretrain", text, "--out", one, "--tokens", tokens, *own)
    assert result.code == 0
    assert "vocabulary 267" in result.out
    options = ["--out", two, "--start-from", one, *TINY[:8], "--steps", "4", "--warmup", "1"]
    refused = call("pretrain", text, *options, "--tokenizer", "wordpiece:300")
    assert "tokenizer is byte_pairs in the run to start from" in refused.message
    assert call("pretrain", text, *options).code == 0
    before, after = (LanguageModel.load(run / "model.safetensors") for run in (one, two))
    assert before.vocabulary.tokens == after.vocabulary.tokens


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "there is no text in the file"),
        ("a b", [], "of 3 characters none can be held out"),
        ("a b c " * 8, [], "of 44 tokens has no piece of 64"),
        ("a b c " * 99, ["--tokenizer", "word", "--tokens", "."], "leave it out beside --tokens"),
        (
            "a b c " * 99,
            ["--tokens", ".", "--tokenizer", GptRecipe.tokenizer],
            "neither vocab.json and merges.txt nor vocab.txt",
        ),
        ("a b c " * 99, ["--template", "none.json"], "none.json"),
        ("a b c " * 99, ["--start-from", "none"], "none"),
        ("a\nb\nc", ["--documents", "lines"], "3 texts are too few to hold a tenth out"),
    ],
)
def test_what_cannot_be_trained_on_is_one_line(call, tmp_path, content, options, message):
    path = tmp_path / "text.txt"
    path.write_text(content)
    out = tmp_path / "run"
    result = call("pretrain", path, "--tokenizer", "byte_pairs:256", "--out", out, *options)
    assert result.code == 1
    assert message in result.message
    assert not out.exists() or listing(out) == []


def test_somebody_without_a_turn_is_named_with_the_conversation(call, tmp_path):
    path = tmp_path / "talks.jsonl"
    said = [{"role": role, "content": "Hi"} for role in ("user", "teacher")]
    path.write_text(json.dumps({"messages": said[:1]}) + "\n" + json.dumps({"messages": said}))
    result = call("pretrain", path, "--out", tmp_path / "run", *TINY)
    assert "talks.jsonl, conversation 2: role 'teacher' has no turn" in result.message


def test_texts_that_are_all_held_out_are_refused(call, text, tmp_path):
    result = call("pretrain", text, "--held-out", text, "--out", tmp_path / "run", *TINY)
    assert "all of the texts are also held out: nothing is left" in result.message


def test_pieces_of_a_published_kind_make_a_model_that_can_be_read(call, text, tmp_path):
    """Whose special tokens are BERT's: there is nothing to write conversations with."""
    tokens, run = tmp_path / "tokens", tmp_path / "run"
    assert call("tokenizer", text, "--tokenizer", "wordpiece:60", "--out", tokens).code == 0
    own = [word for word in TINY if word not in ("--tokenizer", "byte_pairs:270")]
    assert call("pretrain", text, "--tokens", tokens, "--out", run, *own).code == 0
    out = call("generate", run, "one for", "--length", "3", "--format", "jsonl").out
    language, written = LanguageModel.load(run / "model.safetensors"), json.loads(out)
    assert "one for" + written["text"] == language.tokenizer.join(
        ["one", "for", *(t for t in written["tokens"] if not t.startswith("["))]
    )
    assert "is unknown, the special tokens here are" in call("chat", run).message


def test_where_no_bar_is_drawn_every_held_out_loss_is_a_line(call, text, tmp_path):
    lines = call("pretrain", text, "--out", tmp_path / "run", *TINY).err.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [f"pretrain {n}/12" for n in (4, 8, 12)]
