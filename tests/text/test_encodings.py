import gzip

import pytest

from minillm.text import read_lines, read_text
from minillm.text.encodings import likely_encoding

CHINESE = "好\t我喜欢这部电影，非常好看。\n差\t上映之后没有人愿意再看第二遍。\n"
ENGLISH = "pos\tgripping from the first minute to the last\n"
FRENCH = "café au lait, à côté de l'hôtel: déjà vu\n"
RUSSIAN = "хороший фильм, мне очень понравился\n"


@pytest.mark.parametrize(
    ("text", "written", "likely"),
    [
        (CHINESE, "gbk", "gbk"),
        (CHINESE, "gb18030", "gbk"),
        (ENGLISH + CHINESE, "gbk", "gbk"),
        *((text, "utf-16", "utf-16") for text in (CHINESE, ENGLISH, FRENCH, RUSSIAN)),
        *((text, "utf-16-le", "utf-16-le") for text in (CHINESE, ENGLISH, FRENCH, RUSSIAN)),
        *((text, "utf-16-be", "utf-16-be") for text in (CHINESE, ENGLISH, FRENCH, RUSSIAN)),
        *((text, "cp1252", "latin-1") for text in (FRENCH, "Zürich, schöne Grüße\n")),
        ("Zürich – schöne „Grüße“\n", "cp1252", "cp1252"),
        (FRENCH, "utf-8", None),
        (RUSSIAN, "cp1251", None),
        (RUSSIAN, "koi8-r", None),
        ("日本語の文章です\n", "shift_jis", None),
    ],
)
def test_the_encoding_is_named_where_it_is_likely(text, written, likely):
    assert likely_encoding(text.encode(written)) == likely


@pytest.mark.guide("G1")
@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-16-le", "latin-1"])
def test_the_message_says_what_would_help_and_it_does(tmp_path, encoding):
    path = tmp_path / "a.txt"
    text = FRENCH if encoding == "latin-1" else CHINESE
    path.write_bytes(text.encode(encoding))
    with pytest.raises(
        ValueError,
        match=rf"it is probably {encoding.upper()}: give that encoding .--encoding {encoding}.$",
    ):
        read_text(path)
    assert read_text(path, encoding=encoding) == text


def test_bytes_of_another_encoding_than_the_given_one_are_located(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("a\n二三".encode())
    with pytest.raises(ValueError, match=r"line 2: not ASCII: byte 0xe4 at offset 2"):
        read_lines(path, encoding="ascii")


def test_an_encoding_that_does_not_exist_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.touch()
    with pytest.raises(ValueError, match="unknown encoding 'utf-9': utf-8, utf-16, gbk are some"):
        read_text(path, encoding="utf-9")


def test_a_spreadsheet_is_called_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04\x14\0\x06\0")
    with pytest.raises(ValueError, match="looks like a spreadsheet or another archive, and text"):
        read_text(path)


def test_a_damaged_gzip_file_is_refused_by_name(tmp_path):
    path = tmp_path / "a.gz"
    packed = gzip.compress(CHINESE.encode())
    path.write_bytes(packed)
    assert read_text(path) == CHINESE
    for damaged in (packed[:-9], packed[:12] + b"\xff" * 9 + packed[21:], packed[:3]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"a\.gz: damaged gzip file"):
            read_text(path)
