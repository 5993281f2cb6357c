"""What is said where a run does not go on: which file, or which option, is not what it was."""

import pytest

from tests.commands.test_nothing_lost import EMBED, LEARNING, given


@pytest.mark.parametrize("name", LEARNING)
def test_the_file_that_has_changed_is_named(name, call, tmp_path):
    command = [*given(name, tmp_path), "--out", tmp_path / "run"]
    assert call(*command).code == 0
    path = next(word for word in command if word == tmp_path / f"{name}.tsv")
    text = path.read_text()
    path.write_text(text.partition("\n\n" if name == "tag" else "\n")[2])
    result = call(*command, "--resume")
    assert result.code == 1
    assert f"\n  data ({path}): has another content than it had" in result.err
    assert f"\n  held_out (held out from {path}): has another content" in result.err
    assert "sha" not in result.err and "is '" not in result.err


def test_the_held_out_file_is_named(call, tmp_path):
    words, held_out = given("pretrain", tmp_path), tmp_path / "held out.txt"
    held_out.write_text("that is the question")
    words += ["--held-out", held_out, "--out", tmp_path / "run"]
    assert call(*words).code == 0
    held_out.write_text("that is no question")
    told = call(*words, "--resume").err.split("\n  ")
    assert told[1:] == [f"held_out ({held_out}): has another content than it had\n"]


def test_an_option_that_changes_the_words_is_named(call, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two three two three three\n" * 20)
    words = ["embed", "train", path, *EMBED, "--out", tmp_path / "run"]
    assert call(*words).code == 0
    told = call(*words, "--resume", "--min-count", "21").err
    assert "\n  --min-count: was 1, is 21\n" in told
    assert "text: has another content than it had" in told


def test_what_only_word2vec_has_is_refused_for_glove(call, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("one two three\n" * 20)
    for options in (["--negatives", "2"], ["--subsample", "0"]):
        words = ["embed", "train", path, *EMBED, *options, "--out", tmp_path / options[0]]
        assert call(*words).code == 0
        result = call(*words, "--method", "glove", "--overwrite")
        assert result.message.endswith(
            f"{options[0]} is for skip-gram and cbow: glove draws no words"
        )
    shown = " ".join(call("embed", "train", "--help").out.split())
    for told in ("default: 5, for glove 10", "default: 5, for glove 50", "0.05 for cbow"):
        assert told in shown
