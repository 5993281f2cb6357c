import json

import numpy as np
import pytest

from minillm.__main__ import main
from minillm.tasks.generation import LanguageModel
from tests.commands.command_line import listing
from tests.commands.test_pretrain import TINY
from tests.tasks.generation.little import LINES

OUT_OF_RANGE = [
    (["--temperature", "0"], "--temperature: must be above 0, got 0"),
    (["--temperature", "-1"], "--temperature: must be above 0"),
    (["--temperature", "nan"], "--temperature: must be above 0"),
    (["--top-k", "0"], "--top-k: must be at least 1"),
    (["--top-k", "2.5"], "--top-k: must be a whole number, got '2.5'"),
    (["--top-p", "0"], "--top-p: must be above 0 and at most 1"),
    (["--top-p", "1.5"], "--top-p: must be above 0 and at most 1"),
    (["--min-p", "2"], "--min-p: must be at least 0 and at most 1"),
    (["--repetition-penalty", "0.5"], "--repetition-penalty: must be at least 1"),
    (["--length", "0"], "--length: must be at least 1"),
    (["--samples", "0"], "--samples: must be at least 1"),
    (["--beam", "0"], "--beam: must be at least 1"),
    (["--seed", "-1"], "--seed: must be at least 0"),
    (["--picture", "plays.txt"], "--picture: must end in .png, got 'plays.txt'"),
    (["--picture", "nowhere/x.png"], "--picture: there is no folder"),
]
WITHOUT_EFFECT = [
    (["--top-k", "9999"], "--top-k 9999 is more than the 275 tokens of this model"),
    (["--beam", "9999"], "--beam 9999 is more than the 275 tokens of this model"),
    (["--beam", "2", "--temperature", "1"], "leave out --temperature"),
    (["--beam", "2", "--stop", "x"], "leave out --stop"),
    (["--beam", "2", "--greedy"], "leave out --greedy"),
    (["--greedy", "--top-p", "0.5"], "leave out --top-p"),
    (["--greedy", "--samples", "2"], "leave out --samples"),
    (["--length-penalty", "1"], "--length-penalty is for --beam"),
    (["--stop", ""], "stop strings"),
    (["two", "--picture", "x.png"], "--picture is of one prompt, got 2"),
]


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    """The folder of a run on lines."""
    folder = tmp_path_factory.mktemp("language")
    (folder / "lines.txt").write_text("\n".join(LINES * 10 + [f"Line {i}" for i in range(9)]))
    options = [*TINY, "--documents", "lines", "--steps", "60", "--lr", "0.01", "--overwrite"]
    assert (
        main(["pretrain", str(folder / "lines.txt"), "--out", str(folder / "run"), *options]) == 0
    )
    return folder / "run"


@pytest.mark.guide("G40")
def test_a_text_is_written_behind_its_prompt(call, language):
    result = call("generate", language, "One for", "--length", "9", "--greedy")
    assert (result.code, result.err) == (0, "")
    model = LanguageModel.load(language / "model.safetensors")
    assert result.out == "One for" + model.write(["One for"], 9)[0][0].text + "\n"
    colours = call("generate", language, "One\x1b[31m", "--length", "1", "--samples", "2")
    assert "\x1b" not in colours.out


def test_control_characters_that_a_model_writes_are_shown_as_signs(call, language, monkeypatch):
    monkeypatch.setattr(LanguageModel, "stream", lambda *_, **__: iter(["a", "\x1b[31m"]))
    assert call("generate", language, "\x07").out == "␇a␛[31m\n"


def test_a_seed_gives_the_same_text_and_another_one_another(call, language):
    texts = [
        call("generate", language, "", "--length", "12", "--seed", seed).out for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_json_lines_have_every_token_with_its_probability(call, language):
    result = call(
        "generate", language, "One", "two", "--samples", 2, "--length", 3, "--format", "jsonl"
    )
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["prompt"], row["sample"]) for row in rows] == [
        *(("One", 1), ("One", 2), ("two", 1), ("two", 2))
    ]
    assert all(len(row["tokens"]) == len(row["log_p"]) for row in rows)


def test_beams_give_the_most_probable_text_first(call, language):
    options = ["--beam", 6, "--samples", 3, "--length", 4, "--format", "jsonl"]
    rows = [json.loads(s) for s in call("generate", language, "One", *options).out.splitlines()]
    sums = [sum(row["log_p"]) for row in rows]
    assert sums == sorted(sums, reverse=True)
    greedy = call("generate", language, "One", "--greedy", *options[4:]).out.splitlines()[0]
    assert sums[0] >= sum(json.loads(greedy)["log_p"]) - 1e-9


def test_tokens_are_shown_in_a_table_that_sums_up(call, language):
    out = call("generate", language, "One", "--length", 3, "--format", "tokens").out
    head, _, *rows = out.splitlines()
    total = float(head.rpartition(": ")[2].split(" nats")[0])
    assert total == pytest.approx(sum(float(row.split()[-1]) for row in rows), abs=0.01)


def test_a_stop_string_ends_a_text(call, language):
    out = call("generate", language, "One for", "--greedy", "--stop", "e", "--length", 9).out
    assert out.startswith("One for")
    assert "e" not in out.removeprefix("One for")


def test_a_picture_shows_what_is_probable(call, language, tmp_path):
    path = tmp_path / "next.png"
    assert call("generate", language, "One $", "--length", 1, "--picture", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("options", "message"), OUT_OF_RANGE)
def test_settings_out_of_range_are_refused_by_the_name_of_their_option(
    call, language, options, message
):
    result = call("generate", language, "One", *options)
    assert result.code == 2
    assert message in result.err


@pytest.mark.parametrize(("options", "message"), WITHOUT_EFFECT)
def test_options_that_would_have_no_effect_are_refused(
    call, language, options, message, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    result = call("generate", language, "One", *options)
    assert result.code == 1
    assert message in result.message
    assert listing(tmp_path) == []


@pytest.mark.parametrize("options", [(), ("--beam", "2"), ("--format", "jsonl")])
def test_an_over_long_prompt_is_refused(call, language, options):
    result = call("generate", language, "One for the cat, two " * 5, *options)
    assert "the prompt is over-long" in result.message
    assert "is not UTF-8" in call("generate", language, "\udcb4", *options).message


def test_prompts_come_from_a_pipe(call, language, monkeypatch, tmp_path):
    typed = tmp_path / "prompts.txt"
    typed.write_text("One\ntwo\n")
    with typed.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        out = call("generate", language, "--length", 2).out
    assert out.startswith("--- prompt 1, text 1\nOne")
    assert "--- prompt 2, text 1\ntwo" in out


def test_a_run_that_is_not_finished_is_called_so(call, tmp_path):
    assert "there is no model.safetensors in this folder" in call("generate", tmp_path, "x").message
    (tmp_path / "record.jsonl").touch()
    told = call("generate", tmp_path, "x").message
    assert "this run is not finished: it has no checkpoint, begin it again" in told


def test_a_classifier_is_no_language_model(call, model):
    result = call("generate", model, "One")
    assert "not a language model but text classifier" in result.message


@pytest.mark.guide("G40")
def test_a_conversation_goes_on_until_the_input_ends(call, language, monkeypatch, tmp_path):
    said = tmp_path / "said.txt"
    said.write_text("Hi\n\nAnd you?\n")
    with said.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        result = call("chat", language, "--length", "4", "--greedy")
    assert result.code == 0
    assert result.out.count("\n") >= 2
    assert "the oldest turns are forgotten: 2" in result.err  # the model has 12 positions


def test_a_message_longer_than_the_model_reads_does_not_end_the_conversation(
    call, language, monkeypatch, tmp_path
):
    said = tmp_path / "said.txt"
    said.write_text("One for the cat, two for the hat\nHi\n")
    with said.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        result = call("chat", language, "--length", "3", "--greedy")
    assert result.code == 0
    assert result.err.count("the message is over-long") == 1
    assert result.out.count("\n") == 1


def test_a_template_of_unknown_tokens_is_refused(call, language, tmp_path):
    path = tmp_path / "template.json"
    path.write_text('{"begin": "<|im_start|>"}')
    result = call("chat", language, "--template", path)
    assert "<|im_start|> is unknown, the special tokens here are" in result.message


def test_what_was_said_before_is_read_again(language):
    """The ids of a conversation: the system stays, the oldest turns go first."""
    from minillm.commands.chat import fitting
    from minillm.text.documents import Message

    model = LanguageModel.load(language / "model.safetensors")
    turns = [Message("user", "a"), Message("assistant", "b")]
    said = [Message("system", "s"), *turns * 3, Message("user", "c")]
    model.model.config = model.model.config.__class__(
        **{**vars(model.model.config), "max_length": 40}
    )
    ids, kept = fitting(model, said)
    assert kept[0] == said[0]
    assert kept[-1] == said[-1]
    assert kept[1:] == said[len(said) - len(kept) + 1 :]
    assert len(ids) <= 20 < len(ids) + 3
    np.testing.assert_array_equal(
        ids, model.template.encode(kept, model.tokenizer, model.vocabulary, ask=True)
    )
