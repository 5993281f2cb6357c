"""Files of word vectors: what is written is read again, and what is damaged is told."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.models.word_vectors import (
    WordVectors,
    read_binary_vectors,
    read_text_vectors,
    read_vectors,
    write_binary_vectors,
    write_vectors,
)

letters = st.characters(exclude_characters=" \r\n", exclude_categories=["Cs"])
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def word_vectors(draw):
    words = draw(st.lists(st.text(letters, min_size=1, max_size=6), min_size=1, unique=True))
    width = draw(st.integers(1, 4))
    return WordVectors(words, draw(arrays(np.float32, (len(words), width), elements=floats)))


@given(word_vectors(), st.sampled_from(["text", "no header", "binary"]), st.booleans())
def test_what_is_written_is_read_again_bit_for_bit(tmp_path_factory, vectors, form, packed):
    path = tmp_path_factory.mktemp("vectors") / "vectors"
    if form == "binary":
        write_binary_vectors(path, vectors)
    else:
        write_vectors(path, vectors, header=form == "text")
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = (read_binary_vectors if form == "binary" else read_text_vectors)(path)
    assert found.words == vectors.words
    assert found.table.dtype == np.float32
    assert found.table.tobytes() == vectors.table.tobytes()


SMALL = WordVectors(["the", "cat,", "猫"], [[0.5, -1, 3e-9], [0.1, 0, 2], [7, 8, 9]])
TEXT = "3 3\nthe 0.5 -1.0 3e-09\ncat, 0.1 0.0 2.0\n猫 7.0 8.0 9.0\n"


def test_the_bytes_are_those_of_the_field(tmp_path):
    write_vectors(tmp_path / "a", SMALL)
    assert (tmp_path / "a").read_bytes() == TEXT.encode()
    write_vectors(tmp_path / "b", SMALL, header=False)
    assert (tmp_path / "b").read_bytes() == TEXT.partition("\n")[2].encode()
    write_binary_vectors(tmp_path / "c", SMALL)
    floats = [row.tobytes() for row in SMALL.table.astype("<f4")]
    words = [f"{word} ".encode() for word in SMALL.words]
    body = b"".join(w + f + b"\n" for w, f in zip(words, floats, strict=True))
    assert (tmp_path / "c").read_bytes() == b"3 3\n" + body


@pytest.mark.parametrize("form", ["text", "no header", "binary", "binary without line feeds"])
def test_the_format_is_found_out_and_the_first_words_are_enough(form, tmp_path):
    path = tmp_path / "vectors"
    if form.startswith("binary"):
        write_binary_vectors(path, SMALL)
        if "without" in form:
            floats = SMALL.table.astype("<f4")
            rows = zip(SMALL.words, floats, strict=True)
            path.write_bytes(b"3 3\n" + b"".join(w.encode() + b" " + f.tobytes() for w, f in rows))
    else:
        write_vectors(path, SMALL, header=form == "text")
    for limit, n in ((None, 3), (99, 3), (2, 2), (1, 1)):
        found = read_vectors(path, limit=limit)
        assert found.words == SMALL.words[:n]
        np.testing.assert_array_equal(found.table, SMALL.table[:n].astype(np.float32))


def test_blanks_at_the_end_windows_lines_and_a_byte_order_mark_change_nothing(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", " \r\n").encode())
    assert read_vectors(path).words == SMALL.words


def test_words_with_blanks_are_read_if_asked_for(tmp_path):
    path = tmp_path / "vectors"
    path.write_text("the 1 2\n. . . 3 4\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"line 2: .* 2 numbers needed, got a word and 4; .*blanks"
    ):
        read_vectors(path)
    found = read_vectors(path, blanks=True)
    assert found.words == ("the", ". . .") and found.table.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "no vectors: the file is empty"),
        (b"0 5\n", "no vectors"),
        (b"a 1 2\nb 1\n", "line 2: a word and 2 numbers needed, got a word and 1"),
        (b"a 1 2\nb 1 2 3\n", "line 2: a word and 2 numbers needed, got a word and 3"),
        (b"a 1 2\n\nb 1 2\n", "line 2: a word and 2 numbers needed, got an empty line"),
        (b"a\n", "line 1: a word and numbers needed"),
        (b"a 1 2\nb 1 nan\n", "line 2: a number is not finite"),
        (b"a 1 2\nb -inf 2\n", "line 2: a number is not finite"),
        (b"a 1 2\nb 1e39 2\n", "line 2: .* too large for float32"),
        (b"a 1 2\nb 1 two\n", "line 2: could not convert"),
        (b"a 1 2\nb 1 2\na 1 2\n", "line 3: the word 'a' is also on line 1"),
        (b"2 2\na 1 2\na 3 4\n", "line 3: the word 'a' is also on line 2"),
        (b"a 1 2\n 1 2\n", "line 2: no word before the first blank"),
        (b"a 1 2\n\xff\xfe 1 2\n", "line 2: the word .* is not UTF-8"),
        (b"3 2\na 1 2\nb 1 2\n", "line 1: the header promises 3 words, and the file has 2"),
        (b"1 2\na 1 2\nb 1 2\n", "line 1: the header promises 1 words, and the file has 2"),
        (b"2 3\na 1 2\nb 1 2\n", "line 2: a word and 3 numbers needed, got a word and 2"),
        (b"1 2\na x 2\n", "line 2: could not convert"),
        (gzip.compress(b"a 1 2\nb 1 2\n" * 99, mtime=0)[:-20], "damaged gzip file"),
    ],
)
def test_a_damaged_text_file_is_refused_with_its_line(text, message, tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=f"vectors.*{message}"):
        read_vectors(path)


ROW = np.array([0.1, -0.7], dtype="<f4").tobytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: a header of two numbers above 0"),
        (b"0 2\n", "line 1: a header of two numbers above 0"),
        (b"one two\n", "line 1: a header of two numbers above 0"),
        (b"2 2\na " + ROW, "word 2 of 2: the file ends"),
        (b"1 2\na " + ROW[:-1], "word 1 of 1: the file ends within its 2 numbers"),
        (b"1 2\na " + ROW + b"\nb " + ROW, "promises 1 words, and more bytes follow"),
        (b"2 2\na " + ROW + b"\na " + ROW, "word 2 of 2: 'a' is also word 1"),
        (b"1 2\na " + ROW[:4] + b"\0\0\xc0\x7f", "word 1 of 1: a number is not finite"),
        (b"1 2\n\xff " + ROW, "word 1 of 1: the word .* is not UTF-8"),
        (b"1 2\n " + ROW, "word 1 of 1: no word before"),
        (b"1 2\n" + b"x" * 20_000, "word 1 of 1: the file ends, or no blank"),
    ],
)
def test_a_damaged_binary_file_is_refused_with_the_number_of_the_word(data, message, tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"vectors.*{message}"):
        read_binary_vectors(path)


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    for write in (write_vectors, write_binary_vectors):
        for word in ("New York", "a\nb", "a\r"):
            with pytest.raises(ValueError, match="has a blank or a line end in it"):
                write(tmp_path / "vectors", WordVectors([word], [[1.0]]))
        with pytest.raises(ValueError, match="1e\\+39 is too large for float32"):
            write(tmp_path / "vectors", WordVectors(["a"], [[1e39]]))
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("read", [read_text_vectors, read_binary_vectors])
def test_no_words_at_all_may_not_be_asked_for(read, tmp_path):
    with pytest.raises(ValueError, match="limit must be at least 1 word, got 0"):
        read(tmp_path / "vectors", limit=0)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "vectors")
