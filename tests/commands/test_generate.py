import json

import numpy as np
import pytest

from minillm.__main__ import main
from minillm.tasks.generation import LanguageModel
from tests.commands.test_pretrain import TINY
from tests.tasks.generation.little import LINES

ERRORS = [
    (["--temperature", "0"], "temperature"),
    (["--temperature", "-1"], "temperature"),
    (["--top-k", "0"], "top_k"),
    (["--top-k", "9999"], "--top-k 9999 is more than the 275 tokens of this model"),
    (["--top-p", "0"], "top_p"),
    (["--top-p", "1.5"], "top_p"),
    (["--min-p", "2"], "min_p"),
    (["--repetition-penalty", "0"], "repetition_penalty"),
    (["--length", "-1"], "n_new"),
    (["--samples", "0", "--format", "jsonl"], "n_samples"),
    (["--beam", "0"], "width"),
    (["--beam", "2", "--temperature", "1"], "leave out --temperature"),
    (["--beam", "2", "--stop", "x"], "leave out --stop"),
    (["--stop", ""], "stop strings"),
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
    texts = [call("generate", language, "--length", "12", "--seed", seed).out for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_json_lines_have_every_token_with_its_probability(call, language):
    result = call(
        "generate", language, "One", "two", "--samples", 2, "--length", 3, "--format", "jsonl"
    )
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["prompt"], row["sample"]) for row in rows] == [
        *(("One", 0), ("One", 1), ("two", 0), ("two", 1))
    ]
    assert all(len(row["tokens"]) == len(row["log_p"]) for row in rows)


def test_beams_give_the_most_probable_text_first(call, language):
    options = ["--beam", 6, "--samples", 3, "--length", 4, "--format", "jsonl"]
    rows = [json.loads(s) for s in call("generate", language, "One", *options).out.splitlines()]
    sums = [sum(row["log_p"]) for row in rows]
    assert sums == sorted(sums, reverse=True)
    greedy = call("generate", language, "One", "--greedy", *options[2:]).out.splitlines()[0]
    assert sums[0] >= sum(json.loads(greedy)["log_p"]) - 1e-9


def test_tokens_are_shown_in_a_table_that_sums_up(call, language):
    out = call("generate", language, "One", "--length", 3, "--format", "tokens").out
    head, _, *rows = out.splitlines()
    total = float(head.split(": ")[1].split(" nats")[0])
    assert total == pytest.approx(sum(float(row.split()[-1]) for row in rows), abs=0.01)


def test_a_stop_string_ends_a_text(call, language):
    out = call("generate", language, "One for", "--greedy", "--stop", "e", "--length", 9).out
    assert out.startswith("One for")
    assert "e" not in out.removeprefix("One for")


def test_a_picture_shows_what_is_probable(call, language, tmp_path):
    path = tmp_path / "next.png"
    assert call("generate", language, "One $", "--length", 1, "--picture", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("options", "message"), ERRORS, ids=[" ".join(o) for o, _ in ERRORS])
def test_settings_out_of_range_are_one_line(call, language, options, message):
    result = call("generate", language, "One", *options)
    assert result.code == 1
    assert message in result.message


def test_an_over_long_prompt_is_refused(call, language):
    result = call("generate", language, "One for the cat, two " * 5)
    assert "over-long" in result.message


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
    assert "forgotten: the first" in result.err  # the model has 12 positions


def test_a_message_longer_than_the_model_reads_is_refused(call, language, monkeypatch, tmp_path):
    said = tmp_path / "said.txt"
    said.write_text("One for the cat, two for the hat\n")
    with said.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        assert "the message is over-long" in call("chat", language).message


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
