"""CoNLL files as they come: columns, blanks, line ends, marks, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.conll_files import conll_text, read_conll, sentences_in, write_conll

TWO = [(("Anna", "sleeps", "."), ("B-PER", "O", "O")), (("Rome",), ("B-LOC",))]


def read(tmp_path, content, **options):
    path = tmp_path / "data.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(s.words, s.tags) for s in read_conll(path, **options)]


@pytest.mark.guide("G39")
@pytest.mark.parametrize(
    "content",
    [
        "Anna\tB-PER\nsleeps\tO\n.\tO\n\nRome\tB-LOC\n",
        "Anna\tB-PER\nsleeps\tO\n.\tO\n\t\nRome\tB-LOC\n\t\n",  # lone tabs
        "Anna\tB-PER\r\nsleeps\tO\r\n.\tO\r\n\r\nRome\tB-LOC\r\n",  # Windows
        "\ufeffAnna\tB-PER\nsleeps\tO\n.\tO\n \n\n\nRome\tB-LOC",  # a mark; no last line end
        "Anna NNP  B-PER\nsleeps VBZ O\n. . O\n\nRome NNP B-LOC\n",  # columns by blanks
        "-DOCSTART- -X- O\n\nAnna NNP B-PER\nsleeps VBZ O\n. . O\n\n-DOCSTART- -X- O\n\n"
        "Rome NNP B-LOC\n",
        "-DOCSTART-\tO\n\nAnna\tB-PER\nsleeps\tO\n.\tO\n\nRome\tB-LOC\n",
    ],
)
def test_the_same_two_sentences_in_all_forms(tmp_path, content):
    assert read(tmp_path, content) == TWO


def test_the_lines_on_which_sentences_begin():
    text = "\n-DOCSTART-\tO\n\na\tO\nb\tO\n\n\nc\tO\n"
    assert [sentence.line for sentence in sentences_in(text, name="f")] == [4, 8]


def test_a_word_may_have_blanks_where_tabs_part_columns():
    assert sentences_in("New York\tB-LOC\n", name="f")[0].words == ("New York",)


def test_words_alone_are_read_where_no_tags_are_needed(tmp_path):
    assert read(tmp_path, "Anna\nsleeps\n\nRome\n", tagged=False) == [
        (("Anna", "sleeps"), ()),
        (("Rome",), ()),
    ]
    for beside in ("B-PER", "NNP", ""):
        assert read(tmp_path, f"Anna\t{beside}\n", tagged=False) == [(("Anna",), ())]
    with pytest.raises(ValueError, match=r"line 1: 'Anna' has no tag"):
        read(tmp_path, "Anna\nsleeps\n")


def test_another_encoding_is_told_and_read(tmp_path):
    data = "王小明\tB-PER\n住在\tO\n北京的大学里面\tB-ORG\n".encode("gbk")
    with pytest.raises(ValueError, match=r"line 1: not UTF-8.*probably GBK.*--encoding gbk"):
        read(tmp_path, data)
    assert read(tmp_path, data, encoding="gbk")[0][0][0] == "王小明"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Anna\tB-PER\nsleeps\n", r"line 2: 1 column\(s\), but 2 on the lines before"),
        ("Anna NNP B-PER\n\nsleeps O\n", r"line 3: 2 column\(s\), but 3"),
        ("Anna\tB-PER\n\tO\n", "line 2: the word is empty"),
        ("Anna\tPER\n", "line 1: the last column must be a tag.*got 'PER'"),
        ("Anna\tB-\n", "line 1: the last column must be a tag.*got 'B-'"),
        ("Anna\tB-PER\nis\t\n", "line 2: the last column must be a tag.*got ''"),
        ("", "there is no sentence in it"),
        ("\n\t\n-DOCSTART-\tO\n\n", "there is no sentence in it"),
    ],
)
def test_what_is_not_such_a_file_is_refused_with_its_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=r"data\.conll.*" + message):
        read(tmp_path, content)


words = st.text(min_size=1, max_size=6).filter(
    lambda w: w == w.strip() and not {*w} & {*"\t\r\n\0"} and w != "-DOCSTART-"
)
tagged = st.lists(
    st.lists(st.tuples(words, st.sampled_from(["O", "B-x y", "I-人", "S-a-b"])), min_size=1),
    min_size=1,
)


@given(tagged)
def test_what_is_written_is_read_again(rows):
    sentences = [tuple(zip(*row, strict=True)) for row in rows]
    found = sentences_in(conll_text(sentences), name="f")
    assert [(s.words, s.tags) for s in found] == sentences


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out" / "a.conll"
    write_conll(path, TWO)
    assert path.read_bytes() == b"Anna\tB-PER\nsleeps\tO\n.\tO\n\nRome\tB-LOC\n\n"
    for bad in ("", "a\tb", " a", "-DOCSTART-", "a\n"):
        with pytest.raises(ValueError, match="cannot be the word of a line"):
            write_conll(path, [((bad,), ("O",))])
    with pytest.raises(ValueError, match="2 words but 1 tags"):
        write_conll(path, [(("a", "b"), ("O",))])
    assert path.read_bytes().startswith(b"Anna")
