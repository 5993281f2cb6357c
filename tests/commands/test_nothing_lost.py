"""Nothing of the user's is lost: what is refused, and when an earlier run is given up."""

from argparse import Namespace
from types import SimpleNamespace

import pytest

from minillm.commands.one_writer import hold_out
from minillm.text.conll_files import write_conll
from tests.backend.holder import another
from tests.commands.command_line import TINY, listing, write_examples
from tests.tasks.entities import small
from tests.tasks.translation.little import TRAIN

MODEL = ["--width", "16", "--n-heads", "2", "--n-layers", "1"]
TRANSLATE = ["--tokenizer", "word", *MODEL, "--max-length", "12", "--steps", "3"]
TAG = ["--tokenizer", "wordpiece:300", *MODEL, "--max-length", "40", "--epochs", "0.1"]
PRETRAIN = ["--tokenizer", "character", *MODEL, "--max-length", "16", "--steps", "3"]
EMBED = ["--width", "3", "--min-count", "1", "--epochs", "2"]
LEARNING = {  # words in front, options, and in which module the training can be broken
    "translate": (["translate", "learn"], TRANSLATE, "translation_training"),
    "tag": (["tag", "train"], TAG, "tag"),
    "pretrain": (["pretrain"], PRETRAIN, "pretrain"),
    "train": (["train"], TINY, "train"),
}
each_learning = pytest.mark.parametrize("name", LEARNING)


def given(name, folder):
    """A file to learn from, and the command that learns from it."""
    words, options, _ = LEARNING[name]
    path = folder / f"{name}.tsv"
    if name == "translate":
        path.write_text("".join(f"{s}\t{t}\n" for s, t in TRAIN))
    elif name == "tag":
        write_conll(path, ((one.words, one.tags) for one in small.TRAIN))
    elif name == "pretrain":
        path.write_text("to be or not to be that is the question\n" * 20)
    else:
        write_examples(path)
    return [*words, path, *options]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@each_learning
def test_a_run_is_replaced_when_the_first_update_of_the_new_one_is_done(
    name, call, tmp_path, monkeypatch
):
    command, out = [*given(name, tmp_path), "--out", tmp_path / "run"], tmp_path / "run"
    assert call(*command).code == 0
    before = contents(out)
    module, done = f"minillm.commands.{LEARNING[name][2]}.watch", {}

    def stop(steps, **_):
        for _ in range(done["updates"]):
            next(iter(steps))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, stop)
        for updates in (0, 1):
            done["updates"] = updates
            assert call(*command, "--overwrite").code == 130
            if not updates:
                assert contents(out) == before
    assert listing(out) == ["checkpoint.safetensors", "record.jsonl", "times.jsonl"]
    assert call(*command, "--resume").code == 0
    changing = {"loss.png", "times.jsonl"}
    assert {n: one for n, one in contents(out).items() if n not in changing} == {
        n: one for n, one in before.items() if n not in changing
    }


@each_learning
def test_to_go_on_and_to_replace_do_not_go_together(name, call, tmp_path):
    result = call(*given(name, tmp_path), "--out", tmp_path / "run", "--resume", "--overwrite")
    assert result.code == 2
    assert "--overwrite: not allowed with argument --resume" in result.err


@pytest.mark.parametrize("name", [*LEARNING, "embed"])
def test_a_folder_in_which_another_process_writes_is_refused(name, call, tmp_path):
    if name == "embed":
        (tmp_path / "text.txt").write_text("one two three\n" * 20)
        command = ["embed", "train", tmp_path / "text.txt", *EMBED]
    else:
        command = given(name, tmp_path)
    with another(tmp_path / "run") as process:
        result = call(*command, "--out", tmp_path / "run")
    assert result.code == 1
    assert f"{tmp_path / 'run'}: another process, pid {process.pid} on" in result.message
    assert listing(tmp_path / "run") == [".lock"]
    assert call(*command, "--out", tmp_path / "run").code == 0
    assert ".lock" not in listing(tmp_path / "run")


def test_ranks_that_write_nothing_hold_no_folder(tmp_path):
    with another(tmp_path):
        for rank in (1, 2):
            hold_out(Namespace(out=tmp_path, ranks=SimpleNamespace(rank=rank)))
        with pytest.raises(BlockingIOError, match="another process"):
            hold_out(Namespace(out=tmp_path, ranks=SimpleNamespace(rank=0)))


@pytest.mark.parametrize("name", ["finetune", "instruct", "prefer"])
def test_who_goes_on_from_a_model_is_refused_before_it_is_read(name, call, tmp_path):
    with another(tmp_path / "run") as process:
        result = call(name, "nowhere", "nothing", "--out", tmp_path / "run", "--resume")
    assert result.code == 1
    assert f"another process, pid {process.pid} on" in result.message


@pytest.mark.parametrize(
    ("name", "option"),
    [
        *(("translate", "beta2"), ("pretrain", "beta2"), ("translate", "dropout")),
        *(("pretrain", "dropout"), ("tag", "dropout"), ("train", "dropout")),
    ],
)
def test_settings_that_cannot_be_are_refused_before_a_run_is_replaced(name, option, call, tmp_path):
    command, out = [*given(name, tmp_path), "--out", tmp_path / "run"], tmp_path / "run"
    out.mkdir()
    (out / "model.safetensors").write_bytes(b"precious")
    result = call(*command, "--overwrite", f"--{option}", "1")
    assert (result.code, result.out) == (1, "")
    assert result.message.endswith(f"--{option} must be below 1, got 1.0")
    assert contents(out) == {"model.safetensors": b"precious"}


def test_word_vectors_are_replaced_when_new_ones_are_begun(call, tmp_path, monkeypatch):
    from minillm.tasks import word_vectors

    text, out = tmp_path / "text.txt", tmp_path / "run"
    text.write_text("one two three\n" * 20)
    command = ["embed", "train", text, *EMBED, "--out", out]
    assert call(*command).code == 0
    before, write = contents(out), word_vectors.write_state
    assert call(*command, "--resume", "--overwrite").code == 2

    def stop(*given):
        if len(given) < 3 or given[1].chunks == 2:
            raise KeyboardInterrupt
        write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(word_vectors, "n_chunks", stop)  # before the first chunk
        assert call(*command, "--overwrite").code == 130
        assert contents(out) == before
    monkeypatch.setattr(word_vectors, "write_state", stop)
    assert call(*command, "--overwrite").code == 130
    assert listing(out) == ["checkpoint.safetensors", "record.jsonl", "times.jsonl"]
    monkeypatch.setattr(word_vectors, "write_state", write)
    assert call(*command, "--resume").code == 0
    assert contents(out)["vectors.txt"] == before["vectors.txt"]


def test_a_sample_of_names_does_not_replace_the_users_files(call, tmp_path, monkeypatch):
    own = tmp_path / "train.conll"
    own.write_text("mine")
    result = call("tag", "sample", "--out", tmp_path)
    assert result.message.endswith(
        f"--out {tmp_path} has a train.conll: give --overwrite, or another folder"
    )
    assert own.read_text() == "mine"
    assert call("tag", "sample", "--out", tmp_path, "--overwrite").code == 0
    assert own.read_text() != "mine"
    monkeypatch.chdir(tmp_path)
    assert call("tag", "sample").code == 0
    assert listing(tmp_path / "runs") == ["sample"]  # and no folder of a run


def test_scores_of_another_file_do_not_replace_those_of_a_run(call, tmp_path):
    out, words = tmp_path / "run", given("tag", tmp_path)
    assert call(*words, "--out", out).code == 0
    before = contents(out)
    evaluate = ["tag", "evaluate", out, words[2], "--out", out]
    assert "has a scores.json: give --overwrite" in call(*evaluate).message
    assert contents(out) == before
    assert call(*evaluate, "--overwrite").code == 0
    file = tmp_path / "file"
    file.write_text("")
    result = call("tag", "evaluate", out, words[2], "--out", file)
    assert (result.code, result.out) == (1, "")
    assert result.message.endswith(f"--out {file}: Not a directory")


def test_where_results_go_is_looked_at_before_the_work(call, tmp_path):
    """The model is missing, too: what is said of first is looked at first."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    missing, folder = tmp_path / "missing", tmp_path / "folder"
    for words in (
        ["translate", "score", missing, missing, "--out", folder],
        ["translate", "score", missing, missing, "--json", folder],
        ["embed", "neighbours", missing, "word", "--json", folder],
        ["embed", "analogies", missing, missing, "--json", folder],
        ["bench", "--json", folder],
    ):
        result = call(*words)
        assert result.message.endswith(f"{words[-2]} {folder}: Is a directory")
        text = tmp_path / "README.md"
        text.write_text("# Mine", encoding="utf-8")
        if words[-2] == "--json":
            result = call(*words[:-1], text)
            assert result.message.endswith(f"--json {text} is there and no JSON: give another file")
        assert text.read_text(encoding="utf-8") == "# Mine"
    for words in (given("translate", tmp_path), ["embed", "train", missing]):
        result = call(*words, "--out", tmp_path / "file")
        assert result.message.endswith(f"--out {tmp_path / 'file'}: Not a directory")
