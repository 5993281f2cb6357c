import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import read_lines, read_text


@pytest.fixture
def file(tmp_path):
    """Writes bytes to a file and returns its path."""

    def write(data: bytes):
        path = tmp_path / "corpus.txt"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.guide("G1")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff")))
def test_a_plain_file_comes_back_byte_for_byte(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("plain") / "corpus.txt"
    path.write_bytes(text.encode())
    assert read_text(path).encode() == path.read_bytes()


def test_windows_and_old_mac_files_read_like_others(file):
    expected = "一\n二\n\n三"
    for line_end in ("\n", "\r\n", "\r"):
        assert read_text(file(expected.replace("\n", line_end).encode())) == expected


def test_a_byte_order_mark_goes_at_the_start_only(file):
    assert read_text(file("\ufeffa\ufeffb".encode())) == "a\ufeffb"


@pytest.mark.guide("G1")
def test_lines_end_at_line_feeds_only(file):
    inside = "a\u0085b\u2028c\x0bd\x0ce\x1cf"
    assert read_lines(file(f"{inside}\nnext\n".encode())) == [inside, "next"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\n\n", ["a", ""]), ("\na", ["", "a"])],
)
def test_only_the_end_of_the_last_line_makes_no_line(file, text, lines):
    assert read_lines(file(text.encode())) == lines


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_bytes_that_are_not_utf8_are_located(file, line_end):
    path = file(b"\xef\xbb\xbfone" + line_end + "二".encode("gbk"))
    offset = 6 + len(line_end)
    with pytest.raises(
        ValueError, match=rf", line 2: not UTF-8: byte 0xb6 at offset {offset} \("
    ) as e:
        read_text(path)
    assert str(e.value).startswith(str(path))


def test_a_binary_file_is_refused_at_its_first_nul(file):
    with pytest.raises(ValueError, match="line 2: NUL byte at offset 3; it looks like a binary"):
        read_text(file(b"a\nb\0\0\xff"))


def test_a_utf16_file_is_refused(file):
    with pytest.raises(ValueError, match="UTF-16"):
        read_text(file("text".encode("utf-16")))


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.txt"):
        read_text(tmp_path / "absent.txt")
    with pytest.raises(OSError, match=tmp_path.name):
        read_text(tmp_path)
