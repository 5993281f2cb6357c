"""``translate``: learned from two files, resumed, written, scored, drawn."""

import json
import signal

import pytest

from minillm.tasks.metrics import bleu
from minillm.tasks.translation import Translator
from minillm.training import read_record
from tests.commands.command_line import finish, listing, start, wait_for_updates
from tests.tasks.translation.little import TEST, TRAIN

TINY = [
    *("--tokenizer", "word", "--width", "32", "--n-heads", "2", "--n-layers", "1"),
    *("--max-length", "12", "--batch-size", "8", "--dropout", "0", "--lr", "0.01"),
    *("--steps", "12", "--evaluate-every", "4"),
]
SAVING_OFTEN = """
from minillm.__main__ import run
from minillm.tasks.translation import training
training.SAVE_EVERY = 2
run()
"""


def write_pairs(folder, name, pairs):
    """Two files of a line for each pair; gives their paths."""
    paths = [folder / f"{name}.{language}" for language in ("en", "eo")]
    for side, path in enumerate(paths):
        path.write_text("".join(f"{pair[side]}\n" for pair in pairs))
    return paths


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The two sides of what is learned from, and of what is held out."""
    folder = tmp_path_factory.mktemp("pairs")
    return write_pairs(folder, "train", TRAIN), write_pairs(folder, "test", TEST)


@pytest.fixture(scope="module")
def run_folder(files, tmp_path_factory):
    """A run that has learned the little language."""
    from minillm.__main__ import main

    train, test = files
    out = tmp_path_factory.mktemp("translation") / "run"
    words = ["translate", "learn", *train, "--held-out", *test, "--out", out, *TINY]
    assert main([str(word) for word in [*words, "--steps", "120", "--evaluate-every", "40"]]) == 0
    return out


@pytest.mark.guide("G38")
def test_a_run_says_what_it_was_and_leaves_model_dictionary_record_and_picture(
    call, files, tmp_path
):
    train, test = files
    result = call("translate", "learn", *train, "--held-out", *test, "--out", tmp_path, *TINY)
    assert result.code == 0
    names = ["checkpoint.safetensors", "dictionary.json", "model.safetensors", "record.jsonl"]
    assert listing(tmp_path) == [*names, "times.jsonl", "translation.png"]
    words = [sum(len(pair[side].split()) for pair in TRAIN) for side in (0, 1)]
    told = f"train: pairs 72, tokens of the sources {words[0]}, of the targets {words[1]}\n"
    assert told in result.out
    assert "vocabulary of the source 29, shared, unknown in held out 0.0 %" in result.out
    _, events = read_record(tmp_path / "record.jsonl")
    losses = [event["held_out_loss"] for event in events if "held_out_loss" in event]
    assert len(losses) == 3
    assert f"held out: {min(losses):.3f} nats per token" in result.out
    assert "word for word" in result.out
    assert f"\n{TEST[0].source}\n  = {TEST[0].target}\n  > " in result.out
    translator = Translator.load(tmp_path / "model.safetensors")
    assert translator.loss(TEST) == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.guide("G38")
def test_scores_are_a_table_and_the_same_as_json(call, files, run_folder, tmp_path):
    _, test = files
    told, out = tmp_path / "scores.json", tmp_path / "written.txt"
    options = ["--beam", "3", "--json", told, "--out", out]
    result = call("translate", "score", run_folder, *test, *options)
    assert result.code == 0
    found = json.loads(told.read_text())
    assert (found["sentences"], found["tokenize"], found["beam"]) == (24, "13a", 3)
    assert list(found["systems"]) == [
        *("encoder-decoder, 3 beams", "word for word", "the source, copied")
    ]
    written = out.read_text().splitlines()
    references = [pair.target for pair in TEST]
    assert found["systems"]["encoder-decoder, 3 beams"]["bleu"] == json.loads(
        json.dumps(bleu(written, references)._asdict())
    )
    assert found["systems"]["encoder-decoder, 3 beams"]["exact"] == 1.0
    row = next(line for line in result.out.splitlines() if line.startswith("word for word"))
    scores = found["systems"]["word for word"]
    assert row.split()[3:] == [
        "0.0",
        "%",
        f"{scores['bleu']['score']:.1f}",
        f"{scores['bleu']['brevity_penalty']:.3f}",
        f"{scores['chrf']:.1f}",
    ]
    lone = call("translate", "score", run_folder / "model.safetensors", *test)
    assert "word for word" not in lone.out


@pytest.mark.guide("G38")
def test_texts_a_file_and_standard_input_are_translated_line_by_line(
    call, files, run_folder, tmp_path, monkeypatch
):
    (source, _), texts = files[1], [pair.source for pair in TEST]
    wanted = [pair.target for pair in TEST]
    assert call("translate", "write", run_folder, *texts).out.splitlines() == wanted
    result = call("translate", "write", run_folder, "--file", source, "--beam", 2)
    assert result.out.splitlines() == wanted
    process = start("translate", "write", run_folder, stdin=-1)
    out, _ = process.communicate(f"{texts[0]}\n\n{texts[1]}\n".encode())
    assert out.decode().splitlines() == [wanted[0], "", wanted[1]]


@pytest.mark.guide("G38")
def test_one_text_is_drawn_and_told_token_by_token(call, run_folder, tmp_path):
    picture = tmp_path / "seen.png"
    options = ["--picture", picture, "--format", "jsonl", "--head", 1, "--layer", 0]
    result = call("translate", "write", run_folder, TEST[0].source, *options)
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = json.loads(result.out)
    assert told["text"] == TEST[0].target
    assert told["tokens"] == [*TEST[0].target.split(), "[EOS]"]
    assert len(told["log_p"]) == len(told["tokens"])


def test_a_killed_run_resumes_to_the_same_model(call, files, tmp_path):
    train, test = files
    whole, left = tmp_path / "whole", tmp_path / "left"
    words = ["translate", "learn", *train, "--held-out", *test, *TINY]
    assert call(*words, "--out", whole).code == 0
    process = start(*words, "--out", left, program=("-c", SAVING_OFTEN))
    wait_for_updates(process, left / "record.jsonl", 5)
    process.send_signal(signal.SIGKILL)
    assert finish(process).code == -signal.SIGKILL
    assert "holds an earlier run" in call(*words, "--out", left).message.split("\n")[-1]
    assert call(*words, "--out", left, "--resume").code == 0
    for name in ("model.safetensors", "record.jsonl", "dictionary.json"):
        assert (left / name).read_bytes() == (whole / name).read_bytes()


def test_one_file_of_two_columns_or_keys_does_as_well(call, tmp_path):
    table, lines = tmp_path / "pairs.tsv", tmp_path / "pairs.jsonl"
    table.write_text("en\teo\n" + "".join(f"{s}\t{t}\n" for s, t in TRAIN))
    objects = [json.dumps({"eo": t, "en": s}) for s, t in TRAIN]
    lines.write_text("\n".join(objects))
    found = []
    for path in (table, lines):
        out = tmp_path / path.suffix[1:]
        result = call("translate", "learn", path, "--columns", "en,eo", "--out", out, *TINY)
        assert result.code == 0
        assert "train: pairs 65," in result.out  # a tenth of 72 is held out
        found.append((out / "model.safetensors").read_bytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["twice"], "train.en is given for source and target: they are two files"),
        (["--columns", "a,b"], "--columns is for pairs that stand in one file"),
        (["third.txt"], "two files, line by line, or in one with two columns, got 3"),
        (["--max-length", "2"], "beside 72 and 24 of more than --max-length = 2 tokens"),
        (["--width", "31"], "--width 31 does not split into n_heads 2"),
        (["--held-out", "none.en", "none.eo"], "none.en"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(call, files, tmp_path, options, message):
    train, test = files
    words = ["translate", "learn", *train]
    words += options[:1] if options[0] == "third.txt" else []
    if options == ["twice"]:
        words, options = ["translate", "learn", train[0], train[0]], []
    words += ["--held-out", *test, "--out", tmp_path / "run", *TINY]
    result = call(*words, *(options if options[:1] != ["third.txt"] else []))
    assert result.code == 1
    assert message in result.err.splitlines()[-1]
    assert not (tmp_path / "run").exists() or listing(tmp_path / "run") == []


def test_what_cannot_be_written_is_one_line(call, run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("minillm.commands.predict.is_piped", lambda: False)
    for words, message in [
        ([], "nothing to translate"),
        (["cat", "dog", "--picture", tmp_path / "p.png"], "--picture is of one text, got 2"),
        (["cat", "--head", "0"], "--layer and --head are for --picture"),
        (
            ["cat", "--head", "7", "--picture", tmp_path / "p.png"],
            ": --head must be in 0..1, got 7",
        ),
        (["cat", "cat " * 20], "text 2: 21 tokens, and the model reads 12: give --long cut"),
    ]:
        result = call("translate", "write", run_folder, *words)
        assert result.code == 1
        assert message in result.message
    assert not (tmp_path / "p.png").exists()


def test_threads_and_debug_may_stand_before_and_behind_the_action(call, run_folder):
    for words in (["--threads", "2", "write"], ["write", "--threads", "2"]):
        assert call("translate", *words, run_folder, TEST[0].source).out.strip() == TEST[0].target
    with pytest.raises(ValueError, match="give --long cut"):
        call("translate", "write", "--debug", run_folder, "cat " * 20)


LONG = "cat " * 20  # 21 tokens, and the model reads 12


@pytest.fixture
def with_a_long_line(files, tmp_path):
    """Two files whose line 2 is too long on the left, and whose line 3 is blank on the right."""
    source, target = ([getattr(p, side) for p in TEST[:4]] for side in ("source", "target"))
    source[1], target[2] = LONG, ""
    paths = tmp_path / "long.en", tmp_path / "long.eo"
    for path, lines in zip(paths, (source, target), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines))
    return paths


def test_a_long_source_is_refused_with_its_line_or_skipped_or_cut(
    call, run_folder, with_a_long_line, tmp_path
):
    source, target = with_a_long_line
    wanted = "long.en, line 2: 21 tokens, and the model reads 12: give --long cut"
    out, words = tmp_path / "out.txt", ["translate", "score", run_folder, source, target]
    assert wanted in call(*words).err.splitlines()[-1]
    skipped = call(*words, "--long", "skip", "--out", out)
    assert "2 sentences" in skipped.out
    assert "1 of 3 texts skipped, being over 12 tokens" in skipped.err
    assert out.read_text().split("\n") == [TEST[0].target, "", "", TEST[3].target, ""]
    cut = call(*words, "--long", "cut", "--out", out)
    assert "3 sentences" in cut.out and "1 of 3 texts cut to its first 12 tokens" in cut.err
    written = out.read_text().split("\n")
    assert written[1] and [written[0], *written[2:]] == [TEST[0].target, "", TEST[3].target, ""]
    write = ["translate", "write", run_folder, "--file", source]
    assert wanted in call(*write).message
    lines = call(*write, "--long", "skip").out.split("\n")
    assert lines == [TEST[0].target, "", TEST[2].target, TEST[3].target, ""]
    assert call(*write, "--long", "cut").out.split("\n")[1] == written[1]


def test_a_translation_that_fills_the_model_is_drawn(call, run_folder, tmp_path, monkeypatch):
    """A model that never says the end writes as many tokens as it can."""
    from minillm.tasks.translation import Translation

    full = Translation("kato " * 20, ["kato"] * 20, [0.0] * 20, False)
    monkeypatch.setattr("minillm.commands.translation_files.Asked.search", lambda *_: [full])
    picture = tmp_path / "full.png"
    for text in (TEST[0].source, LONG):
        options = ["--long", "cut", "--picture", picture]
        result = call("translate", "write", run_folder, text, *options)
        assert result.code == 0, result.err
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_penalty_without_beams_is_refused(call, files, run_folder):
    for words in (["write", run_folder, "cat"], ["score", run_folder, *files[1]]):
        result = call("translate", *words, "--length-penalty", "1")
        assert result.message.endswith(
            "--length-penalty is for --beam 2 or more: greedy search has none"
        )
