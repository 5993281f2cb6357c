import json

import pytest
from hypothesis import given

from minillm.text import BERT_SPECIAL, Vocabulary
from tests.text.vocabularies import vocabularies

SPECIAL_LINES = "".join(f"{token}\n" for token in BERT_SPECIAL.values())
END = {"bos": "<end>", "eos": "<end>"}


@pytest.fixture
def file(tmp_path):
    """Writes a text to a vocabulary file and returns its path."""

    def write(text: str, name: str = "vocabulary.txt"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


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
        (SPECIAL_LINES + "cat\n\ndog\n", "line 9: token must be a non-empty str"),
        (SPECIAL_LINES + "cat\ndog\ncat\n", "line 10: token 'cat' occurs twice"),
        (SPECIAL_LINES + "[MASK]\n", r"line 8: token '\[MASK\]' occurs twice"),
    ],
)
def test_a_bad_vocabulary_file_is_refused_with_its_line(file, text, message):
    with pytest.raises(ValueError, match=rf"vocabulary\.txt, {message}"):
        Vocabulary.load(file(text))


@pytest.mark.parametrize("text", ["", "cat\ndog\n"])
def test_lines_without_special_tokens_are_refused_unless_that_is_said(file, text):
    with pytest.raises(ValueError, match=r"vocabulary\.txt: none of \[PAD\], .* is a line; say"):
        Vocabulary.load(file(text))
    assert Vocabulary.load(file(text), special={}).tokens == tuple(text.split())


def test_the_brackets_of_a_published_file_are_recognised_where_they_stand(file):
    lines = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!", "the", "##ing"]
    v = Vocabulary.load(file("".join(f"{line}\n" for line in lines)))
    assert v.tokens == tuple(lines)
    assert (v.pad_id, v.unknown_id, v.cls_id, v.sep_id, v.mask_id) == (0, 2, 3, 4, 5)
    assert v.ordinary_ids.tolist() == [1, 6, 7, 8]
    assert v.encode(["the", "[MASK]", "##ing", "cat"]).tolist() == [7, 2, 8, 2]
    with pytest.raises(ValueError, match="no bos token; its roles: pad, unknown, cls, sep"):
        _ = v.bos_id


def test_which_lines_are_special_can_be_said(file):
    path = file("<s>\n</s>\n[PAD]\n▁the\n<unk>\n")
    v = Vocabulary.load(path, special={"unknown": "<unk>", "bos": "<s>", "eos": "</s>"})
    assert (v.bos_id, v.eos_id, v.unknown_id) == (0, 1, 4)
    assert v.ordinary_ids.tolist() == [2, 3]
    with pytest.raises(ValueError, match=r"vocabulary\.txt: special: the cls token '\[CLS\]' is"):
        Vocabulary.load(path, special=BERT_SPECIAL | {"pad": "<s>", "unknown": "<unk>"})
    with pytest.raises(ValueError, match=r"the mask token '<mask>' is not among"):
        Vocabulary.load(path, special={"mask": "<mask>"})  # it must not come before the lines


@given(drawn=vocabularies())
def test_a_json_file_keeps_tokens_and_roles_of_any_vocabulary(drawn, tmp_path_factory):
    tokens, special = drawn
    path = tmp_path_factory.mktemp("json") / "vocabulary.json"
    Vocabulary(tokens, special=special).save(path)
    again = Vocabulary.load(path)
    assert (again.tokens, again.special) == (tuple(tokens), special)


@given(drawn=vocabularies())
def test_a_text_file_keeps_the_roles_or_is_refused(drawn, tmp_path_factory):
    tokens, special = drawn
    path = tmp_path_factory.mktemp("text") / "vocabulary.txt"
    told = {role: token for role, token in BERT_SPECIAL.items() if token in tokens}
    v = Vocabulary(tokens, special=special)
    if special and special == told:
        v.save(path)
    else:
        with pytest.raises(ValueError, match=r"give a path that ends in \.json"):
            v.save(path)
        assert not path.exists()
        v = Vocabulary(tokens, special=told)
        if not told:
            return
        v.save(path)
    again = Vocabulary.load(path)
    assert (again.tokens, again.special) == (v.tokens, told)


def test_a_first_token_that_begins_with_a_byte_order_mark_keeps_it(tmp_path):
    path = tmp_path / "vocabulary.txt"
    tokens = ("\ufeffcat", "[UNK]")
    Vocabulary(tokens, special={"unknown": "[UNK]"}).save(path)
    assert Vocabulary.load(path).tokens == tokens


@pytest.mark.parametrize("name", ["vocabulary.txt", "vocabulary.json"])
def test_a_token_that_utf_8_cannot_hold_leaves_the_old_file_as_it_was(name, tmp_path):
    path = tmp_path / name
    Vocabulary(["cat"]).save(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="surrogates not allowed"):
        Vocabulary(["\ud800"]).save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat\n", "not JSON: Expecting value"),
        ('{"the": 0}', "a list 'tokens' and an object 'special' are needed"),
        ("[]", "a list 'tokens' and an object 'special' are needed"),
        ('{"tokens": "cat", "special": {}}', "a list 'tokens' and an object 'special' are needed"),
        ('{"tokens": ["a", "a"], "special": {}}', "token at position 1 'a' occurs twice"),
        ('{"tokens": [["a"]], "special": {}}', "token at position 0 must be a non-empty str"),
        ('{"tokens": ["a"], "special": {"unk": "a"}}', "'unk' is not a role"),
        ('{"tokens": ["a"], "special": {"eos": ["a"]}}', "the eos token must be a non-empty str"),
        ('{"tokens": ["cat"], "special": {"eos": "."}}', "the eos token '.' is not among"),
    ],
)
def test_a_bad_json_file_is_refused_by_its_name(file, text, message):
    with pytest.raises(ValueError, match=rf"vocabulary\.json: .*{message}"):
        Vocabulary.load(file(text, "vocabulary.json"))


def test_roles_given_replace_those_in_a_json_file(tmp_path):
    path = tmp_path / "vocabulary.json"
    Vocabulary(["a", "<end>"], special=END).save(path)
    assert json.loads(path.read_text(encoding="utf-8"))["special"] == END
    assert Vocabulary.load(path, special={"sep": "a"}).special == {"sep": "a"}
