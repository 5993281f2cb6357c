import gzip

import pytest

from minillm.text import (
    Example,
    class_counts,
    clean,
    read_examples,
    read_labelled,
    require_classes,
)


@pytest.fixture
def file(tmp_path):
    """Writes a text to a file of the given name and returns its path."""

    def write(text: str, name: str = "data.tsv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def test_a_tsv_file_is_label_then_text(file):
    path = file("pos\t很好，喜欢\nneg\tdull\n")
    assert read_examples(path) == [Example("很好，喜欢", "pos"), Example("dull", "neg")]


def test_quotes_in_a_tsv_file_are_part_of_the_sentence(file):
    assert read_examples(file('pos\t"fine" he said\npos\t"open\n'))[1].text == '"open'


def test_quotes_in_a_csv_file_protect_commas_and_line_ends(file):
    path = file('neg,dull\npos,"good, ""very"" good\nindeed"\n', "data.csv")
    assert read_examples(path)[1] == Example('good, "very" good\nindeed', "pos")


def test_columns_may_be_in_any_order_and_some_are_passed_over(file):
    path = file("7\tfine\tx\tpos\n")
    assert read_examples(path, columns=("id", "text", "id", "label")) == [Example("fine", "pos")]


def test_a_delimiter_may_be_given(file):
    assert read_examples(file("pos|a\tb\n"), delimiter="|") == [Example("a\tb", "pos")]
    assert read_examples(file('pos;"a;b"\n', "data.CSV"), delimiter=";") == [Example("a;b", "pos")]


def test_an_empty_text_is_kept_for_cleaning_and_an_empty_line_is_not_an_example(file):
    for name in ("data.tsv", "data.csv"):
        rows = "pos\t\n\nneg\tb\n\n".replace("\t", "," if name.endswith("csv") else "\t")
        assert read_examples(file(rows, name)) == [Example("", "pos"), Example("b", "neg")]


def test_blanks_around_a_label_make_no_second_class(file):
    assert class_counts(read_examples(file("pos \ta\n pos\tb\n"))) == {"pos": 2}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("pos\ta\npos\tb\tc\n", "d.tsv", r"d\.tsv, line 2: 3 field\(s\), expected 2: label, text$"),
        (
            "pos,a\n",
            "d.tsv",
            r"1 field.*is '\\t' the right delimiter\? ',' splits",
        ),
        ("pos;a\n", "d.csv", r"1 field.*is ',' the right delimiter\? ';' splits"),
        ("pos;a, b and c, d\n", "d.csv", r"3 field.*is ',' the right delimiter\? ';' splits"),
        ("pos,a,b\n", "d.csv", r"3 field\(s\), .* text; say which column is which"),
        ("pos,a\nneg\n", "d.csv", r"line 2: 1 field\(s\), expected 2: label, text$"),
        ("pos a\n", "d.csv", r"is ',' the right delimiter\?$"),
        ("pos\ta\n\n \tb\n", "d.tsv", r"d\.tsv, line 3: the label is empty"),
        ('pos,"a\nb"\nneg\n', "d.csv", r"d\.csv, line 3: 1 field"),
        ('pos,a\npos,"b\n', "d.csv", r"d\.csv, line 2: unexpected end of data"),
        ("", "d.tsv", r"d\.tsv: no examples"),
        ("\n\n", "d.csv", r"d\.csv: no examples"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_line(file, text, name, message):
    with pytest.raises(ValueError, match=message):
        read_examples(file(text, name))


@pytest.mark.parametrize("columns", [("text",), ("label", "text", "label"), ("Label", "text")])
def test_columns_need_one_label_and_one_text(file, columns):
    with pytest.raises(ValueError, match="'label' exactly once"):
        read_examples(file("pos\ta\n"), columns=columns)


@pytest.mark.guide("G1")
def test_classes_are_counted_in_sorted_order():
    examples = [Example("a", "spam"), Example("b", "ham"), Example("c", "spam")]
    assert list(class_counts(examples).items()) == [("ham", 1), ("spam", 2)]


def test_fewer_than_two_classes_are_refused_by_name():
    require_classes([Example("a", "x"), Example("b", "y")], source="d.tsv")
    with pytest.raises(ValueError, match=r"^d\.tsv: only the class 'x'"):
        require_classes([Example("a", "x"), Example("b", "x")], source="d.tsv")
    with pytest.raises(ValueError, match="no examples"):
        require_classes([], source="d.tsv")


FIVE = [Example(f"a good film {i}", "pos") for i in range(3)] + [Example("dull", "neg")] * 2
LINES = "".join(f"{label}\t{text}\n" for text, label in FIVE)


@pytest.mark.guide("G1")
@pytest.mark.parametrize(
    "header", ["label\ttext", "Label \t\ufeffSentence", "类别\t文本", "y\tBODY"]
)
def test_a_header_of_known_names_is_no_example(file, header):
    path = file(header + "\n" + LINES)
    found = read_labelled(path)
    assert found.examples == FIVE
    assert "line 1 is a header" in found.notes[0]
    assert read_examples(path, columns=("label", "text")) == FIVE


def test_a_header_says_where_the_columns_are(file):
    rows = "".join(f"{i},{text},{label}\n" for i, (text, label) in enumerate(FIVE))
    assert read_examples(file("id,Review,sentiment\n" + rows, "d.csv")) == FIVE
    named = {"label": "Stimmung", "text": "Satz"}
    path = file("id,Satz,Stimmung\n" + rows, "d.csv")
    assert read_examples(path, columns=named) == FIVE
    with pytest.raises(ValueError, match=r"d\.csv, line 1: a header with one column 'Wort' is"):
        read_examples(path, columns={"label": "Stimmung", "text": "Wort"})


def test_the_first_of_several_known_names_counts(file):
    path = file("title,text,label\nShort,a long one,pos\n", "d.csv")
    assert read_examples(path) == [Example("a long one", "pos")]


@pytest.mark.guide("G1")
def test_a_header_that_nobody_knows_is_suspected_and_not_learned(file):
    path = file("polarity\tphrase\n" + LINES)
    with pytest.raises(ValueError, match=r"line 1 \('polarity', 'phrase'\) looks like a header"):
        read_examples(path)
    found = read_labelled(path, columns=("label", "text"))  # whoever says so means it
    assert len(found.examples) == 6
    assert "looks like a header" in found.notes[0]


@pytest.mark.parametrize("first", ["pos\tphrase", "mixed\tsome good, some bad", "neg\tbad"])
def test_a_first_example_is_not_taken_for_a_header(file, first):
    assert len(read_examples(file(first + "\n" + LINES))) == 6


@pytest.mark.guide("G1")
def test_swapped_columns_are_suspected(file):
    path = file("".join(f"{text} {i}\t{label}\n" for i, (text, label) in enumerate(FIVE)))
    with pytest.raises(ValueError, match="swapped: 5 different labels, 2 different texts; say"):
        read_examples(path)
    assert len(read_examples(path, columns=("text", "label"))) == 5
    assert "swapped" in read_labelled(path, columns=("label", "text")).notes[0]


def test_blank_lines_are_no_examples_wherever_they_are(file):
    for blank in ("\n", "   \n", "\t\n", " \t \n"):
        assert read_examples(file(blank + LINES + blank + LINES + blank)) == [*FIVE, *FIVE]
    assert read_examples(file("pos,a\n,\n , \n", "d.csv")) == [Example("a", "pos")]


def test_labels_are_normalised_as_texts_are(file):
    path = file("pos\u200b\ta\npos\tb\n\uff50os\tc\n\ufeffpos\u00a0\td\ncafe\u0301\te\ncafé\tf\n")
    assert class_counts(read_examples(path)) == {"café": 2, "pos": 4}
    with pytest.raises(ValueError, match="line 1: the label is empty"):
        read_examples(file("\u200b\ta\n"))


def test_labels_that_differ_in_case_are_told(file):
    assert read_labelled(file(LINES)).notes == []
    (note,) = read_labelled(file("Pos\ta\npos\tb\nneg\tc\n")).notes
    assert note == "labels 'Pos', 'pos' differ in case only: they are 2 classes"


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(file, delimiter):
    with pytest.raises(ValueError, match="delimiter must be one character such as ';', got"):
        read_examples(file(LINES), delimiter=delimiter)


def test_other_encodings_and_packed_files_hold_the_same_examples(tmp_path):
    examples = [Example("很好，喜欢", "好"), Example("无聊", "坏")]
    text = "".join(f"{label}\t{text}\n" for text, label in examples)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gbk"):
        (tmp_path / "d.tsv").write_bytes(text.encode(encoding))
        assert read_examples(tmp_path / "d.tsv", encoding=encoding) == examples
    packed = tmp_path / "d.CSV.gz"
    packed.write_bytes(gzip.compress(text.replace("\t", ",").encode()))
    assert read_examples(packed) == examples


def test_a_text_of_any_length_is_read_and_its_length_counted_by_cleaning(file):
    path = file("pos," + "ha" * 100_000 + "\nneg,b\n", "d.csv")
    assert len(read_examples(path)[0].text) == 200_000
    assert clean(read_examples(path))[1].too_long == 1


def test_a_file_of_a_header_alone_holds_no_example(file):
    with pytest.raises(ValueError, match="no examples in the file but a header"):
        read_examples(file("label\ttext\n"))
