import pytest

from minillm.text import read_byte_pairs, read_wordpiece
from tests.commands.command_line import listing
from tests.tasks.generation.little import LONG


@pytest.fixture
def text(tmp_path):
    """A rhyme that repeats."""
    path = tmp_path / "rhyme.txt"
    path.write_text(LONG)
    return path


@pytest.mark.guide("G2")
def test_tokens_are_learned_written_and_read_again(call, text, tmp_path):
    out = tmp_path / "tokens"
    result = call("tokenizer", text, "the hat", "--tokenizer", "byte_pairs:280", "--out", out)
    assert result.code == 0
    assert listing(out) == ["merges.txt", "vocab.json"]
    tokenizer, vocabulary = read_byte_pairs(out / "vocab.json", out / "merges.txt")
    tokens = tokenizer.tokenize("the hat")
    shown = call("tokenizer", out, "the hat").out
    table = shown.split("the hat\n", 1)[1]
    assert result.out.endswith(table)
    rows = [line.split()[:2] for line in table.splitlines()[1:]]
    assert rows == [[t, str(i)] for t, i in zip(tokens, vocabulary.encode(tokens), strict=True)]
    assert set(vocabulary.special) == {"bos", "eos", "system", "user", "assistant", "turn_end"}


@pytest.mark.guide("G2")
def test_pieces_are_a_vocab_txt(call, text, tmp_path):
    out = tmp_path / "tokens"
    assert call("tokenizer", text, "--tokenizer", "wordpiece:60", "--out", out).code == 0
    assert listing(out) == ["vocab.txt"]
    assert read_wordpiece(out / "vocab.txt")[0].tokenize("The cat")[0] == "the"
    assert "the" in call("tokenizer", out, "The cat").out


def test_places_are_those_of_the_text(call, text):
    out = call("tokenizer", text, "a hat", "--tokenizer", "byte_pairs:256").out
    assert [line.split()[2] for line in out.splitlines()[-5:]] == [
        "0-1",
        "1-2",
        "2-3",
        "3-4",
        "4-5",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tokenizer", "byte_pairs:100"], "at least 256"),
        (["--min-count", "0"], "min_count"),
        (["--tokenizer", "word", "--out", "x"], "learns nothing that --out could hold"),
    ],
)
def test_what_cannot_be_learned_is_one_line(call, text, options, message):
    result = call("tokenizer", text, *options)
    assert result.code == 1
    assert message in result.err


def test_files_that_are_there_are_kept_unless_they_may_be_replaced(call, text, tmp_path):
    out = tmp_path / "tokens"
    options = ["--tokenizer", "byte_pairs:260", "--out", out]
    assert call("tokenizer", text, *options).code == 0
    assert "has a vocab.json: give --overwrite" in call("tokenizer", text, *options).message
    assert call("tokenizer", text, *options, "--overwrite").code == 0
    assert "got a folder of them" in call("tokenizer", out, "--out", out).message
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "neither vocab.json and merges.txt nor vocab.txt" in call("tokenizer", empty).message
