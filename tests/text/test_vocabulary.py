import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import SPECIAL_TOKENS, Vocabulary, WordTokenizer

SPECIAL_LINES = "".join(f"{token}\n" for token in SPECIAL_TOKENS)
WORDS = st.text("ab我😀\u0085\u2028\ufeff ", min_size=1, max_size=3)


@pytest.fixture
def file(tmp_path):
    """Writes a text to a vocabulary file and returns its path."""

    def write(text: str):
        path = tmp_path / "vocabulary.txt"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.mark.guide("G3")
def test_the_first_seven_ids_are_special():
    v = Vocabulary(["cat"])
    assert v.tokens == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[BOS]", "[EOS]", "cat")
    ids = (v.pad_id, v.unknown_id, v.cls_id, v.sep_id, v.mask_id, v.bos_id, v.eos_id)
    assert ids == (0, 1, 2, 3, 4, 5, 6)
    assert [v.token_to_id[token] for token in v.tokens] == list(range(len(v)))


def test_frequent_tokens_come_first_and_ties_are_alphabetical():
    sequences = [["b", "the", "我"], ["the", "a", "我"], ["the"]]
    assert Vocabulary.build(sequences).tokens[7:] == ("the", "我", "a", "b")
    assert Vocabulary.build(reversed(sequences)).tokens[7:] == ("the", "我", "a", "b")


def test_rare_tokens_are_left_out_and_the_size_counts_special_tokens():
    sequences = [["c", "c", "c", "b", "b", "a"]]
    assert Vocabulary.build(sequences, min_count=2).tokens[7:] == ("c", "b")
    assert Vocabulary.build(sequences, max_size=8).tokens[7:] == ("c",)
    assert len(Vocabulary.build(sequences, max_size=100)) == 10


@pytest.mark.parametrize("setting", [{"max_size": 7}, {"max_size": 0}, {"min_count": 0}])
def test_settings_that_leave_nothing_to_build_are_refused(setting):
    (name, value) = next(iter(setting.items()))
    with pytest.raises(ValueError, match=f"{name} must .*got {value}"):
        Vocabulary.build([["a"]], **setting)


def test_ids_by_example():
    v = Vocabulary(["cat", "我"])
    ids = v.encode(["我", "dog", "cat"])
    assert ids.tolist() == [8, 1, 7]
    assert ids.dtype == v.encode([]).dtype == np.int64
    assert v.decode(ids) == ["我", "[UNK]", "cat"]
    assert v.decode([]) == []
    assert v.decode([0, 4]) == ["[PAD]", "[MASK]"]


def test_text_cannot_spell_a_special_token():
    assert Vocabulary(["cat"]).encode(SPECIAL_TOKENS).tolist() == [1] * 7
    assert Vocabulary.build([["[MASK]", "cat", "[MASK]"]]).tokens[7:] == ("cat",)
    text = WordTokenizer().tokenize("the [MASK] sat")
    assert Vocabulary.build([text]).encode(text).min() >= 7


@given(st.lists(WORDS, unique=True), st.data())
def test_decoding_undoes_encoding_for_known_tokens(words, data):
    v = Vocabulary(words)
    tokens = data.draw(st.lists(st.sampled_from(words))) if words else []
    assert v.decode(v.encode(tokens)) == tokens


@pytest.mark.guide("G3")
@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([7, 8], IndexError, r"id 8 at position \(1,\) out of range for a vocabulary of 8"),
        ([-1], IndexError, r"id -1 at position \(0,\)"),
        ([1.0], TypeError, "float64"),
        ([True], TypeError, "bool"),
        ([[7], [7]], ValueError, r"one sequence, got shape \(2, 1\)"),
        (7, ValueError, r"got shape \(\)"),
    ],
)
def test_ids_without_a_token_are_refused(ids, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(["cat"]).decode(ids)


def test_a_text_that_was_not_tokenized_is_refused():
    v = Vocabulary(["a"])
    for use in (v.encode, lambda text: v.unknown_rate([text]), lambda text: v.build([text])):
        with pytest.raises(TypeError, match="got the text 'a cat'; tokenize it first"):
            use("a cat")


@pytest.mark.guide("G3")
def test_the_unknown_rate_is_a_share_of_tokens():
    v = Vocabulary(["a"])
    assert v.unknown_rate([["a", "b", "[UNK]"], [], ["a"]]) == 0.5
    assert v.unknown_rate([]) == 0.0


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["a", ""], "position 1 must be a non-empty str, got ''"),
        (["a", None], "position 1 must be a non-empty str, got None"),
        (["a", "b", "a"], "position 2 'a' occurs twice"),
        (["[SEP]"], r"position 0 '\[SEP\]' is special"),
        (["a\nb"], "does not fit on one line"),
        (["a\r"], "does not fit on one line"),
        (["\0"], "does not fit on one line"),
    ],
)
def test_tokens_that_no_file_could_hold_are_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(tokens)


def test_loading_undoes_saving(tmp_path):
    tokens = ["the", " ", "我", "👩\u200d👧", "a\u0085b", "\u2028", "\ufeff", "▁", "𠀀", '"', "é"]
    path = tmp_path / "vocabulary.txt"
    Vocabulary(tokens).save(path)
    assert Vocabulary.load(path).tokens[7:] == tuple(tokens)
    assert path.read_bytes() == (SPECIAL_LINES + "".join(f"{t}\n" for t in tokens)).encode()


def test_an_edited_file_may_have_a_byte_order_mark_and_windows_line_ends(file):
    path = file("\ufeff" + (SPECIAL_LINES + "cat").replace("\n", "\r\n"))
    assert Vocabulary.load(path).tokens[7:] == ("cat",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: expected \[PAD\], found 'end of file'"),
        ("[PAD]\ncat\n", r"line 2: expected \[UNK\], found 'cat'"),
        ("[PAD]\n[UNK]\n", r"line 3: expected \[CLS\], found 'end of file'"),
        (SPECIAL_LINES + "cat\n\ndog\n", "line 9: token must be a non-empty str"),
        (SPECIAL_LINES + "cat\ndog\ncat\n", "line 10: token 'cat' occurs twice"),
        (SPECIAL_LINES + "[MASK]\n", r"line 8: token '\[MASK\]' is special"),
    ],
)
def test_a_bad_vocabulary_file_is_refused_with_its_line(file, text, message):
    with pytest.raises(ValueError, match=rf"vocabulary\.txt, {message}"):
        Vocabulary.load(file(text))
