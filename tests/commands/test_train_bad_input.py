"""Whatever the user gives: one line on stderr, an exit code, and nothing half-written."""

import errno
import os
import tempfile

import pytest

from minillm.backend import devices, load_arrays
from tests.backend.false_cupy import install
from tests.commands.command_line import TINY, listing, write_examples
from tests.tasks.small import EXAMPLES

BLOCKS = "must be a number of blocks, 0 or more"  # as in test_profile and tests/tasks/test_recipe


def refused(call, file, *options, out=None, code=1):
    """``train`` must fail with one line, before it has written anything; gives the line."""
    folder = file.parent / "run" if out is None else out
    before = listing(file.parent) if file.parent.exists() else []
    result = call("train", file, "--out", folder, *TINY, *options)
    assert result.code == code
    assert (listing(file.parent) if file.parent.exists() else []) == before
    message = result.message
    assert message.startswith("minillm train: ")
    return message.removeprefix("minillm train: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no examples in the file"),
        (b"\n\r\n\n", "no examples in the file"),
        (b"\xef\xbb\xbf", "no examples in the file"),
        (b"bad\tA\ngood\tB\0C\n", ", line 2: NUL byte at offset 12; it looks like a binary file, "
         "and text is needed"),
        ("bad\tA\n".encode("utf-16"), "line 1: NUL byte at offset 3; it is probably UTF-16: "
         "give that encoding (--encoding utf-16)"),
        (b"bad\tA\ngood\tcaf\xe9\n", "line 2: not UTF-8: byte 0xe9 at offset 14"),
        (b"just a sentence\n", "line 1: 1 field(s), expected 2: label, text; is '\\t' the right "
         "delimiter?"),
        (b"bad\tA\ngood\tB\tC\n", "line 2: 3 field(s), expected 2: label, text"),
        (b"bad\tA\n\tB\n", "line 2: the label is empty"),
        (b"bad\tA one\nbad\tA two\n", "only the class 'bad', but a classifier needs at least two"),
        (b"bad\t?!\ngood\t \n", "no examples, but a classifier needs at least two classes"),
        (b"bad\tSame.\ngood\tsame.\n", "no examples, but a classifier needs at least two classes"),
        (b"bad\tA one\ngood\tA two\n", "class 'bad' has 1 example(s): too few for all three"),
    ],
)  # fmt: skip
def test_a_file_that_holds_nothing_to_learn_is_refused_by_name(content, message, call, tmp_path):
    file = tmp_path / "data.tsv"
    file.write_bytes(content)
    line = refused(call, file)
    assert line.startswith(str(file))
    assert message in line


def test_a_missing_file_and_a_folder_are_named(call, tmp_path):
    missing = tmp_path / "none" / "data.tsv"
    assert refused(call, missing) == f"{missing}: No such file or directory"
    assert refused(call, tmp_path) == f"{tmp_path}: Is a directory"


def test_an_unclosed_quotation_in_a_csv_file_is_named_with_its_line(call, tmp_path):
    file = tmp_path / "data.csv"
    file.write_text('bad,A\ngood,"B\n', encoding="utf-8")
    assert refused(call, file) == f"{file}, line 2: unexpected end of data"


@pytest.mark.parametrize("option", ["--dev", "--test", "--unlabelled"])
def test_the_other_files_are_read_as_carefully(option, call, file, tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"good\t\0")
    assert refused(call, file, option, binary).startswith(f"{binary}, line 1: NUL byte")
    missing = tmp_path / "nowhere"
    assert refused(call, file, option, missing) == f"{missing}: No such file or directory"


@pytest.mark.parametrize("option", ["--dev", "--test"])
def test_a_held_out_label_that_training_never_saw_is_refused(option, call, file, tmp_path):
    odd = write_examples(tmp_path / "odd.tsv", [EXAMPLES[0]._replace(label="odd", text="New.")])
    assert refused(call, file, option, odd) == (
        f"{option[2:]}: label 'odd' does not occur in the training file, which has bad, good"
    )


@pytest.mark.guide("G1")
def test_dev_and_test_that_share_a_text_are_refused(call, file, tmp_path):
    dev = write_examples(tmp_path / "dev.tsv", [EXAMPLES[0]._replace(text="New."), EXAMPLES[1]])
    test = write_examples(tmp_path / "test.tsv", [EXAMPLES[0]._replace(text=" NEW. ")])
    assert refused(call, file, "--dev", dev, "--test", test) == (
        f"--dev {dev} and --test {test} share 1 text(s), the first is 'New.'"
    )


def test_texts_that_are_all_too_long_are_called_so(call, file):
    line = refused(call, file, "--max-characters", "5")
    assert "60 too long" in line
    assert line.endswith("no examples, but a classifier needs at least two classes")


def test_a_training_file_that_is_held_out_as_a_whole_is_refused(call, file):
    assert refused(call, file, "--dev", file) == (
        f"{file}: without the texts that are held out: no examples, but a classifier needs at "
        "least two classes"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--columns", "label,sentence"], "columns must name 'text' exactly once, got ['label', "),
        (["--columns", "text,text"], "columns must name 'label' exactly once"),
        (["--columns", ""], "columns must name 'label' exactly once"),
        (["--columns", "label,x,text"], "line 1: 2 field(s), expected 3: label, x, text"),
        (["--columns", "label=A,text=B"], "line 1: a header with one column 'A' is needed, got "),
        (["--delimiter", ";"], "line 1: 1 field(s), expected 2: label, text; is ';' the right "),
        (["--delimiter", ";;"], "delimiter must be one character such as ';', got ';;'"),
        (["--encoding", "gbk16"], "unknown encoding 'gbk16'"),
        (["--max-characters", "0"], "max_characters must be at least 1, got 0"),
        (["--positive", "ugly"], "--positive 'ugly' is not one of bad, good"),
        (["--positive", ""], "--positive '' is not one of bad, good"),
        (["--width", "10", "--n-heads", "4"], "width 10 does not split into n_heads 4"),
        (["--pretrain-epochs", "-1"], "--pretrain-epochs must be at least 0 and finite, got -1.0"),
        (["--finetune-epochs", "inf"], "--finetune-epochs must be at least 0 and finite, got inf"),
        (["--pretrain-lr", "nan"], "--pretrain-lr must be at least 0 and finite, got nan"),
        (["--finetune-lr", "-0.1"], "--finetune-lr must be at least 0 and finite, got -0.1"),
        (["--dropout", "1"], "--dropout must be below 1, got 1.0"),
        (["--finetune-epochs", "0"], "--finetune-epochs must be above 0: the labels would not be"),
        (["--start-from", "nowhere"], "nowhere/model.safetensors: No such file or directory"),
        (["--batch-size", "0"], "--batch-size must be at least 1 and finite, got 0"),
        (["--max-length", "2"], "--max-length must be at least 3 and finite, got 2"),
        (["--seed", "-3"], "--seed must be at least 0 and finite, got -3"),
        (["--min-count", "1000"], "no token of the texts occurs --min-count = 1000 times"),
        (["--threads", "0"], "--threads must be at least 1, got 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_one_line(options, message, call, file):
    assert message in refused(call, file, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--colour", "red"], "unrecognized arguments: --colour red"),
        (["--learnrate", "1", "--heads", "2"], "--heads 2; did you mean --threads, --n-heads?"),
        (["--columns", "id,label=a"], "--columns: 'id,label=a' mixes names and places"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["--tokenizer", "bpe"], "argument --tokenizer: tokenizer must be one of word, character"),
        (["--tokenizer", "byte_pairs"], "say how many, such as byte_pairs:2000, got 'byte_pairs'"),
        (["--width", "wide"], "argument --width: invalid int value: 'wide'"),
        (["--width", "16.5"], "argument --width: invalid int value: '16.5'"),
        (["--recompute", "-1"], f"--recompute: {BLOCKS}, got '-1'"),
        (["--recompute", "1.5"], f"--recompute: {BLOCKS}, got '1.5'"),
        (["--accumulate", "0"], "--accumulate: must be a positive integer, got '0'"),
        (["--pretrain-lr", "fast"], "argument --pretrain-lr: invalid float value: 'fast'"),
    ],
)
def test_an_option_that_does_not_exist_is_exit_code_two(options, message, call, file):
    result = call("train", file, *options)
    assert result.code == 2
    last = result.err.strip().split("\n")[-1]
    assert last.startswith("minillm")
    assert message in last


def test_cuda_without_a_device_is_one_line(call, file, monkeypatch):
    monkeypatch.setattr(devices, "probe_cuda", lambda: (None, "CuPy is not installed"))
    line = refused(call, file, "--device", "cuda")
    assert line == "device 'cuda' is not usable: CuPy is not installed"


def test_resuming_nothing_is_one_line(call, file, tmp_path):
    out = tmp_path / "run"
    assert refused(call, file, "--resume") == (
        f"nothing to resume: there is no checkpoint in {out}"
    )


def test_resuming_with_other_settings_lists_them(call, file, tmp_path):
    assert call("train", file, "--out", tmp_path / "run", *TINY).code == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir()}
    result = call(
        "train", file, "--out", tmp_path / "run", *TINY, "--resume", "--weight-decay", "0.5"
    )
    assert result.code == 1
    assert "Traceback" not in result.err
    assert f"{tmp_path / 'run' / 'checkpoint.safetensors'} belongs to another run" in result.err
    assert result.err.rstrip().endswith("\n  weight_decay: was 0.01, is 0.5")
    assert {p.name: p.read_bytes() for p in (tmp_path / "run").iterdir()} == before


def test_a_file_where_the_folder_should_be_is_named(call, file, tmp_path):
    out = tmp_path / "run"
    out.write_text("a file", encoding="utf-8")
    assert refused(call, file) == f"--out {out}: Not a directory"
    assert refused(call, file, "--overwrite") == f"--out {out}: Not a directory"
    assert refused(call, file, out=out / "below") == f"--out {out}: Not a directory"
    assert out.read_text(encoding="utf-8") == "a file"


def test_a_folder_that_may_not_be_written_is_named_before_anything_is_read(
    call, tmp_path, monkeypatch
):
    def forbidden(dir):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(dir / "tmp"))

    monkeypatch.setattr(tempfile, "TemporaryFile", forbidden)
    assert refused(call, tmp_path / "nowhere.tsv") == f"--out {tmp_path}: Permission denied"


def test_a_place_that_may_not_be_written_is_named(call, file, tmp_path, monkeypatch):
    def forbid(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "mkdir", forbid)
    assert refused(call, file) == f"{tmp_path / 'run'}: Permission denied"


@pytest.mark.fault(85)
def test_a_learning_rate_beyond_reason_stops_in_one_line_and_keeps_the_last_checkpoint(
    call, file, tmp_path
):
    out = tmp_path / "run"
    result = call(
        "train", file, "--out", out, *TINY, "--finetune-lr", "1e9", "--finetune-epochs", "20"
    )
    assert result.code == 1
    assert result.message.startswith("minillm train: step ")
    assert "A smaller learning rate usually helps." in result.message
    assert listing(out) == [
        *("checkpoint.safetensors", "last_good.safetensors", "record.jsonl", "times.jsonl")
    ]
    arrays, _ = load_arrays(out / "checkpoint.safetensors")
    assert arrays["optimizer.steps"] == 6  # the end of pretraining


def test_too_large_a_model_is_one_line(call, file):
    line = refused(call, file, "--width", str(10**9), "--n-heads", "1")
    assert "Unable to allocate" in line
    assert line.endswith(
        "; --recompute 1, --accumulate N or smaller sizes need less, and python -m minillm profile "
        "--formulas tells how much"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device", "cuda"], "device 'cuda' is not usable: CuPy is not installed"),
        (
            ["--threads", "2", "--accumulate", "4"],
            "--threads 2 beside --accumulate 4: threads hold their parts at the same time; take",
        ),
    ],
)
def test_what_cannot_be_done_is_said_before_the_file_is_read(options, message, call, monkeypatch):
    install(monkeypatch, None)
    result = call("train", "nowhere.tsv", *options)
    assert result.code == 1 and result.message.startswith(f"minillm train: {message}")


def test_debug_shows_where_an_error_came_from(call, tmp_path):
    with pytest.raises(FileNotFoundError):
        call("train", tmp_path / "nowhere", "--debug")


def test_an_empty_folder_is_a_forgotten_variable(call, file):
    result = call("train", file, "--out", "")
    assert result.code == 2
    assert "--out: needs a folder, got an empty text" in result.err


def test_a_file_that_no_run_has_written_is_not_written_over(call, file, tmp_path):
    mine = tmp_path / "out" / "record.jsonl"
    mine.parent.mkdir()
    mine.write_text("good\tA tidy hotel.\n")
    result = call("train", file, "--out", mine.parent)
    assert result.code == 1 and "is no record of a run" in result.message
    assert mine.read_text() == "good\tA tidy hotel.\n"
