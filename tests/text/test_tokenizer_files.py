import json

import pytest

from minillm.text import (
    GPT2_SPECIAL,
    BytePairTokenizer,
    Vocabulary,
    WordPieceTokenizer,
    encode_text,
    own_vocabulary,
    read_byte_pairs,
    read_wordpiece,
    write_byte_pairs,
    write_wordpiece,
)
from minillm.text.byte_alphabet import ALPHABET
from tests.reference.token_strings import training_texts

MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the")]
TOKENS = [*ALPHABET, "th", "the", "Ġthe", "<|endoftext|>"]


@pytest.fixture
def files(tmp_path):
    """Writes vocab.json and merges.txt and gives both paths."""

    def write(tokens=TOKENS, merges=MERGES, lines=None):
        ids = {token: i for i, token in enumerate(tokens)} if isinstance(tokens, list) else tokens
        text = ids if isinstance(ids, str) else json.dumps(ids)
        lines = lines or ["#version: 0.2", *map(" ".join, merges)]
        (tmp_path / "vocab.json").write_bytes(text.encode())
        (tmp_path / "merges.txt").write_text("".join(f"{x}\n" for x in lines), encoding="utf-8")
        return tmp_path / "vocab.json", tmp_path / "merges.txt"

    return write


def test_published_byte_pairs_are_read_with_their_ids(files):
    tokenizer, vocabulary = read_byte_pairs(*files())
    assert tokenizer.merges == tuple(MERGES)
    assert vocabulary.tokens == tuple(TOKENS) and vocabulary.special == GPT2_SPECIAL
    assert list(encode_text("the the", tokenizer, vocabulary)) == [257, 258]
    assert list(encode_text("!~ ", tokenizer, vocabulary)) == [0, 93, 220]
    end = encode_text("<|endoftext|>", tokenizer, vocabulary)
    assert vocabulary.eos_id == vocabulary.bos_id == 259 not in end


def test_ids_may_come_in_any_order_and_the_version_may_be_left_out(files):
    shuffled = {token: i for i, token in reversed(list(enumerate(reversed(TOKENS))))}
    tokenizer, vocabulary = read_byte_pairs(*files(shuffled, lines=[*map(" ".join, MERGES)]))
    assert vocabulary.tokens == tuple(reversed(TOKENS)) and tokenizer.merges == tuple(MERGES)


@pytest.mark.parametrize("special", [GPT2_SPECIAL, {}, {"pad": "[PAD]", "eos": "</s>"}])
def test_what_is_written_is_read(tmp_path, special):
    tokenizer = BytePairTokenizer.train(training_texts()[:200], size=400)
    vocabulary = own_vocabulary(tokenizer, special=special)
    paths = tmp_path / "a.json", tmp_path / "b.txt"
    write_byte_pairs(*paths, tokenizer, vocabulary)
    again, read = read_byte_pairs(*paths, special=special)
    assert again.merges == tokenizer.merges
    assert read.tokens == vocabulary.tokens and read.special == vocabulary.special
    assert paths[1].read_text(encoding="utf-8").startswith("#version: 0.2\n")


def test_names_that_nothing_uses_are_told(files):
    paths = files([*TOKENS, "madeupword0000"])
    tokenizer, vocabulary = read_byte_pairs(*paths, apart=["madeupword0000"])
    assert len(vocabulary) == 261 and "madeupword0000" not in tokenizer.tokens
    with pytest.raises(
        ValueError, match=r"vocab\.json: token 'madeupword0000' with id 260 is built"
    ):
        read_byte_pairs(*paths)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ("", r"vocab\.json: the file is empty"),
        ("{}", r"vocab\.json: there are no tokens"),
        ('{"a": 0,\n"b": ', r"vocab\.json, line 2: not JSON"),
        ('["a"]', r"vocab\.json: an object is needed"),
        ('{"a": "0"}', r"vocab\.json: an object is needed"),
        ('{"a": true}', r"vocab\.json: an object is needed"),
        ('{"a": 0, "b": 1, "a": 2}', r"vocab\.json: token 'a' occurs twice"),
        ({"a": 0, "b": 0}, r"vocab\.json: token 'b' has id 0, occurs twice"),
        ({"a": 0, "b": 2}, r"vocab\.json: token 'b' has id 2, but none has id 1"),
        ({"a": -1}, r"vocab\.json: token 'a' has id -1, but none has id 0"),
        (
            [t for t in TOKENS if t != "Ġ"],
            r"merges\.txt, line 4: token 'Ġ' is not in .*vocab\.json",
        ),
        ([t for t in TOKENS if t != "é"], r"1 of the 256 bytes have no token, the first is 'é'"),
        ([t for t in TOKENS if t != "the"], r"merges\.txt, line 3: token 'the' is not in"),
        ([*TOKENS, ""], r"vocab\.json: Vocabulary: token at position 260 must be a non-empty"),
    ],
)
def test_a_bad_vocabulary_is_refused_with_its_name(files, tokens, message):
    with pytest.raises(ValueError, match=message):
        read_byte_pairs(*files(tokens))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["#version: 0.2", "t h", "th"], r"merges\.txt, line 3: two tokens with a blank between"),
        (["t h", "th e x"], r"merges\.txt, line 2: two tokens with a blank between, got 'th e x'"),
        (["t h", ""], r"merges\.txt, line 2: two tokens with a blank between, got ''"),
        (["t  h"], r"merges\.txt, line 1: two tokens"),
        (
            ["t h", "th e", "t h"],
            r"merges\.txt, line 3: this merge builds 'th', which is there alr",
        ),
        (["#version: 0.2", "th e", "t h"], r"merges\.txt, line 2: this merge names 'th', which is"),
        (["t h", "the r"], r"merges\.txt, line 2: token 'ther' is not in"),
        (["t h", "th e"], r"'Ġthe' with id 258 is built by no merge of .*merges\.txt \(1 such"),
    ],
)
def test_bad_merges_are_refused_with_file_and_line(files, lines, message):
    with pytest.raises(ValueError, match=message):
        read_byte_pairs(*files(lines=lines))


def test_files_that_are_empty_or_not_utf_8_are_refused_by_name(files):
    vocab, merges = files()
    merges.write_bytes(b"")
    with pytest.raises(ValueError, match=r"merges\.txt: the file is empty"):
        read_byte_pairs(vocab, merges)
    merges.write_bytes(b"t h\nth \xff\n")
    with pytest.raises(ValueError, match=r"merges\.txt, line 2: not UTF-8: byte 0xff"):
        read_byte_pairs(vocab, merges)
    vocab.write_bytes(b'{"\xe9": 0}')
    with pytest.raises(ValueError, match=r"vocab\.json, line 1: not UTF-8: byte 0xe9"):
        read_byte_pairs(vocab, merges)


def test_a_role_that_is_not_there_is_refused(files):
    with pytest.raises(
        ValueError, match=r"vocab\.json: special: the eos token '</s>' is not among"
    ):
        read_byte_pairs(*files(), special={"eos": "</s>"})


PIECES = "[PAD]\n[unused0]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##r\nThe\n,\n"


def test_a_published_vocabulary_of_pieces_is_read_with_its_ids(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text(PIECES, encoding="utf-8")
    tokenizer, vocabulary = read_wordpiece(path)
    assert list(encode_text("Ther, The z [MASK]", tokenizer, vocabulary)) == [
        6,
        7,
        9,
        6,
        2,
        2,
        2,
        2,
    ]
    assert (vocabulary.pad_id, vocabulary.unknown_id, vocabulary.mask_id) == (0, 2, 5)
    cased, _ = read_wordpiece(path, lower=False)
    assert cased.tokenize("The the") == ["The", "the"]


def test_written_pieces_are_read(tmp_path):
    tokenizer = WordPieceTokenizer.train(training_texts()[:200], size=400)
    vocabulary = own_vocabulary(tokenizer)
    write_wordpiece(tmp_path / "vocab.txt", tokenizer, vocabulary)
    again, read = read_wordpiece(tmp_path / "vocab.txt")
    assert again.tokens == tokenizer.tokens and read.tokens == vocabulary.tokens


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"vocab\.txt: none of \[PAD\]"),
        ("[PAD]\n[UNK]\n", r"vocab\.txt: all 2 tokens are special: there are no pieces"),
        ("[PAD]\nthe\n", r"vocab\.txt: WordPiece needs \[UNK\] in the role unknown"),
        (PIECES + "the\n", r"vocab\.txt, line 11: token 'the' occurs twice"),
        (PIECES + "\nx\n", r"vocab\.txt, line 11: token must be a non-empty str"),
    ],
)
def test_a_bad_vocabulary_of_pieces_is_refused_with_file_and_line(tmp_path, text, message):
    (tmp_path / "vocab.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_wordpiece(tmp_path / "vocab.txt")


def test_pieces_that_are_not_utf_8_are_refused_with_file_and_line(tmp_path):
    (tmp_path / "vocab.txt").write_bytes(b"[UNK]\ncaf\xe9\n")
    with pytest.raises(ValueError, match=r"vocab\.txt, line 2: not UTF-8"):
        read_wordpiece(tmp_path / "vocab.txt")


def test_a_vocabulary_of_another_tokenizer_is_not_written(tmp_path):
    other = Vocabulary(["a"])
    with pytest.raises(ValueError, match="token '!' of the tokenizer is not an ordinary one"):
        write_byte_pairs(tmp_path / "a", tmp_path / "b", BytePairTokenizer([]), other)
    with pytest.raises(ValueError, match="token 'the' of the tokenizer is not an ordinary one"):
        write_wordpiece(tmp_path / "a", WordPieceTokenizer(["the"]), other)
    assert not list(tmp_path.iterdir())
