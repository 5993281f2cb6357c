import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text import BERT_SPECIAL, Vocabulary, WordTokenizer
from tests.text.vocabularies import WORDS, vocabularies

ROLES = tuple(BERT_SPECIAL)


@pytest.mark.guide("G3")
def test_the_first_seven_ids_are_special():
    v = Vocabulary(["cat"])
    assert v.tokens == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[BOS]", "[EOS]", "cat")
    ids = (v.pad_id, v.unknown_id, v.cls_id, v.sep_id, v.mask_id, v.bos_id, v.eos_id)
    assert ids == (0, 1, 2, 3, 4, 5, 6)
    assert [v.token_to_id[token] for token in v.tokens] == list(range(len(v)))


@given(vocabularies())
def test_every_role_has_the_id_of_its_token_wherever_it_stands(drawn):
    tokens, special = drawn
    v = Vocabulary(tokens, special=special)
    assert v.tokens == tuple(tokens)
    assert v.special == special
    for role in ROLES:
        if role in special:
            assert getattr(v, f"{role}_id") == tokens.index(special[role])
        else:
            with pytest.raises(ValueError, match=f"this vocabulary has no {role} token; its"):
                getattr(v, f"{role}_id")


@given(vocabularies())
def test_every_id_is_either_special_or_ordinary(drawn):
    tokens, special = drawn
    v = Vocabulary(tokens, special=special)
    assert v.ordinary_ids.tolist() == [
        i for i, token in enumerate(tokens) if token not in special.values()
    ]
    assert v.ordinary_ids.dtype == np.int64
    assert v.n_special == len(set(special.values())) == len(tokens) - len(v.ordinary_ids)
    ids = np.arange(len(v)).reshape(1, -1)
    marks = v.is_special(ids)
    assert (marks.shape, marks.dtype) == (ids.shape, bool)
    assert np.flatnonzero(~marks).tolist() == v.ordinary_ids.tolist()


def test_the_ordinary_ids_cannot_be_written_into():
    with pytest.raises(ValueError, match="read-only"):
        Vocabulary(["cat"]).ordinary_ids[0] = 0


@pytest.mark.parametrize(
    ("ids", "error"), [([8], IndexError), ([-1], IndexError), ([1.0], TypeError)]
)
def test_whether_a_number_that_is_not_an_id_is_special_is_refused(ids, error):
    with pytest.raises(error):
        Vocabulary(["cat"]).is_special(ids)


def test_special_tokens_that_the_list_lacks_come_before_it():
    v = Vocabulary(["cat"], special={"eos": "<end>", "unknown": "<unk>", "bos": "<end>"})
    assert v.tokens == ("<unk>", "<end>", "cat")
    assert (v.unknown_id, v.bos_id, v.eos_id) == (0, 1, 1)
    assert Vocabulary(["cat"], special={}).tokens == ("cat",)
    assert Vocabulary([]).tokens == tuple(BERT_SPECIAL.values())


def test_one_token_at_the_end_may_play_several_roles():
    v = Vocabulary(
        ["a", "b", "<|endoftext|>"], special=dict.fromkeys(("bos", "eos"), "<|endoftext|>")
    )
    assert (v.bos_id, v.eos_id, v.n_special) == (2, 2, 1)
    assert v.encode(["b", "a"]).tolist() == [1, 0]


def test_frequent_tokens_come_first_and_ties_are_alphabetical():
    sequences = [["b", "the", "我"], ["the", "a", "我"], ["the"]]
    assert Vocabulary.build(sequences).tokens[7:] == ("the", "我", "a", "b")
    assert Vocabulary.build(reversed(sequences)).tokens[7:] == ("the", "我", "a", "b")


def test_rare_tokens_are_left_out_and_the_size_counts_special_tokens():
    sequences = [["c", "c", "c", "b", "b", "a"]]
    assert Vocabulary.build(sequences, min_count=2).tokens[7:] == ("c", "b")
    assert Vocabulary.build(sequences, max_size=8).tokens[7:] == ("c",)
    assert len(Vocabulary.build(sequences, max_size=100)) == 10


def test_a_vocabulary_is_built_with_other_special_tokens():
    special = {"unknown": "<unk>", "eos": "</s>"}
    v = Vocabulary.build([["a", "</s>", "a", "b"]], special=special, max_size=3)
    assert v.tokens == ("<unk>", "</s>", "a")
    with pytest.raises(ValueError, match="max_size must exceed the 2 special tokens, got 2"):
        Vocabulary.build([["a"]], special=special, max_size=2)


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
    assert Vocabulary(["cat"]).encode(list(BERT_SPECIAL.values())).tolist() == [1] * 7
    assert Vocabulary.build([["[MASK]", "cat", "[MASK]"]]).tokens[7:] == ("cat",)
    text = WordTokenizer().tokenize("the [MASK] sat")
    assert Vocabulary.build([text]).encode(text).min() >= 7


@given(vocabularies(), st.data())
def test_text_yields_ordinary_ids_and_the_unknown_one_and_no_others(drawn, data):
    tokens, special = drawn
    v = Vocabulary(tokens, special=special)
    text = data.draw(st.lists(st.one_of(st.sampled_from([*tokens, "[PAD]", "elsewhere"]), WORDS)))
    ordinary = set(tokens) - set(special.values())
    strange = [place for place, token in enumerate(text) if token not in ordinary]
    assert v.unknown_rate([text]) == (len(strange) / len(text) if text else 0)
    if "unknown" in special:
        expected = [special["unknown"] if i in strange else t for i, t in enumerate(text)]
        assert v.decode(v.encode(text)) == expected
    elif not strange:
        assert v.decode(v.encode(text)) == text
    else:
        with pytest.raises(ValueError, match=f"at position {strange[0]} is .* no unknown token"):
            v.encode(text)


def test_without_an_unknown_token_it_is_said_why_a_token_has_no_id():
    v = Vocabulary(["a", "<end>"], special={"eos": "<end>"})
    with pytest.raises(ValueError, match="token 'b' at position 1 is not in the vocabulary, and"):
        v.encode(["a", "b", "<end>"])
    with pytest.raises(ValueError, match="token '<end>' at position 2 is special, and"):
        v.encode(["a", "a", "<end>"])


@given(vocabularies())
def test_a_vocabulary_comes_back_from_json(drawn):
    tokens, special = drawn
    v = Vocabulary(tokens, special=special)
    again = Vocabulary.from_json(json.loads(json.dumps(v.to_json())))
    assert (again.tokens, again.special) == (v.tokens, v.special)
    assert list(again.special) == [role for role in ROLES if role in special]


def test_json_whose_special_tokens_are_gone_is_refused_and_not_completed():
    saved = Vocabulary(["a"], special={"eos": "<end>"}).to_json()
    saved["tokens"].remove("<end>")
    with pytest.raises(ValueError, match="the eos token '<end>' is not among the tokens"):
        Vocabulary.from_json(saved)


@pytest.mark.parametrize(
    ("special", "message"),
    [
        ({"unk": "[UNK]"}, "'unk' is not a role; roles are pad, unknown, cls, sep, mask, bos, eos"),
        ({"eos": ""}, "the eos token must be a non-empty str"),
        ({"eos": 3}, "the eos token must be a non-empty str, got 3"),
        ({"eos": "a\nb"}, "does not fit on one line"),
        ({"bos": "cat", "eos": "<end>"}, "the eos token '<end>' is not among the tokens"),
    ],
)
def test_roles_that_no_vocabulary_has_are_refused(special, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(["cat"], special=special)


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
    in_lists = (lambda text: v.unknown_rate([text]), lambda text: v.build([text]))
    for use in (Vocabulary, v.encode, *in_lists):
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
        (["a", "[SEP]"], r"the pad token '\[PAD\]' is not among the tokens"),
        (["a\nb"], "does not fit on one line"),
        (["a\r"], "does not fit on one line"),
        (["\0"], "does not fit on one line"),
    ],
)
def test_tokens_that_no_file_could_hold_are_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(tokens)
