import pytest

from minillm.text import Example, class_counts, read_examples, require_classes


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
    path = file('label,text\npos,"good, ""very"" good\nindeed"\n', "data.csv")
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
        ("pos,a\n", "d.tsv", r"line 1: 1 field\(s\).*is '\\t' the right delimiter\?"),
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
