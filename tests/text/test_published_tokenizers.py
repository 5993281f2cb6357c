import json

import pytest

from minillm.text import encode_text, read_published_tokenizer
from tests.text.published_files import (
    BYTE_LEVEL,
    BYTE_PAIRS,
    BYTE_TOKENS,
    MERGES,
    PIECES,
    WORDPIECE,
    added,
    changed,
    put,
)


def ids(text, published):
    return list(encode_text(text, published.tokenizer, published.vocabulary))


@pytest.mark.guide("G59")
def test_the_ids_of_published_files_are_those_worked_out_by_hand(tmp_path):
    bert = read_published_tokenizer(put(tmp_path, tokenizer_json=WORDPIECE))
    #        the  tea ##s   st ##ea ##m    cafe .   茶  unknown
    assert ids("The teas STEAM Café. 茶 x", bert) == [5, 6, 7, 9, 10, 8, 11, 13, 14, 1]
    assert bert.frame == ("cls", "sep") and bert.vocabulary.mask_id == 4
    gpt = read_published_tokenizer(put(tmp_path, tokenizer_json=BYTE_PAIRS))
    #  tea Ġtea m a   te   ms      Ġ    !
    assert ids("tea teamatems !", gpt) == [257, 258, 76, 64, 256, 259, 220, 0]
    assert gpt.frame == (None, None) and gpt.path == tmp_path / "tokenizer.json"
    assert gpt.vocabulary.special == {"bos": "<|endoftext|>", "eos": "<|endoftext|>"}


def test_a_special_token_that_is_written_in_a_text_is_text(tmp_path):
    bert = read_published_tokenizer(put(tmp_path, tokenizer_json=WORDPIECE))
    assert ids("[MASK]", bert) == [16, 18, 17]
    gpt = read_published_tokenizer(put(tmp_path, tokenizer_json=BYTE_PAIRS))
    assert 260 not in ids("<|endoftext|>", gpt)


def test_older_files_give_the_same_as_the_newer_one(tmp_path):
    for name, saved, older in (
        ("bert", WORDPIECE, {"vocab_txt": "\n".join(PIECES) + "\n"}),
        (
            "gpt",
            BYTE_PAIRS,
            {
                "vocab_json": BYTE_PAIRS["model"]["vocab"],
                "merges_txt": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in MERGES),
            },
        ),
    ):
        new, old = tmp_path / f"{name}-new", tmp_path / f"{name}-old"
        new.mkdir()
        old.mkdir()
        first = read_published_tokenizer(put(new, tokenizer_json=saved))
        second = read_published_tokenizer(put(old, **older))
        assert first.tokenizer.to_json() == second.tokenizer.to_json()
        assert first.vocabulary.to_json() == second.vocabulary.to_json()
        assert first.frame == second.frame and second.path.name.startswith("vocab.")


def test_merges_may_be_pairs_and_the_type_may_be_named(tmp_path):
    saved = changed(BYTE_PAIRS, "model.merges", [list(pair) for pair in MERGES])
    saved = changed(saved, "model.type", "BPE")
    assert read_published_tokenizer(put(tmp_path, tokenizer_json=saved)).tokenizer.merges == tuple(
        MERGES
    )
    unnamed = changed(WORDPIECE, "model.type", ...)
    assert read_published_tokenizer(put(tmp_path, tokenizer_json=unnamed)).frame == ("cls", "sep")


@pytest.mark.parametrize(
    ("lowercase", "strip", "cafe"),
    [
        (True, None, "cafe"),
        (True, True, "cafe"),
        (True, False, "café"),
        (False, None, "[UNK]"),
        (False, True, "[UNK]"),
    ],
)
def test_case_and_accents_are_as_the_normalizer_says(tmp_path, lowercase, strip, cafe):
    saved = changed(WORDPIECE, "normalizer.lowercase", lowercase)
    saved = changed(saved, "normalizer.strip_accents", strip)
    found = read_published_tokenizer(put(tmp_path, tokenizer_json=saved)).tokenizer
    assert found.tokenize("CAFÉ") == [cafe]
    small = "café" if strip is False or (strip is None and not lowercase) else "cafe"
    assert found.tokenize("café") == [small]


def test_a_blank_is_put_before_a_text_where_the_file_says_so(tmp_path):
    saved = changed(BYTE_PAIRS, "pre_tokenizer.add_prefix_space", True)
    found = read_published_tokenizer(put(tmp_path, tokenizer_json=saved))
    assert ids("tea", found) == ids(" tea", found) == [258]
    assert ids("", found) == [] and ids("\tt", found)[0] == 220
    assert found.tokenizer.spans("tea a") == [(0, 3), (3, 4), (4, 5)]
    again = type(found.tokenizer).from_json(found.tokenizer.to_json())
    assert again.tokenize("tea") == ["Ġtea"]


def test_roles_and_length_come_from_the_files_beside(tmp_path):
    put(
        tmp_path,
        tokenizer_json=changed(
            BYTE_PAIRS,
            "added_tokens",
            [added("<|endoftext|>", 260), added("<pad>", 261), added("<SYS>", 262)],
        ),
        tokenizer_config_json={
            "unk_token": "<|endoftext|>",
            "bos_token": {"content": "<|endoftext|>", "lstrip": False},
            "eos_token": None,
            "model_max_length": 1024,
            "extra_special_tokens": {"system_token": "<SYS>"},
        },
        special_tokens_map_json={"pad_token": {"content": "<pad>"}, "bos_token": "<|endoftext|>"},
    )
    found = read_published_tokenizer(tmp_path)
    roles = {"pad": "<pad>", "bos": "<|endoftext|>", "system": "<SYS>"}
    assert found.vocabulary.special == roles and found.max_length == 1024
    assert found.vocabulary.pad_id == 261


@pytest.mark.parametrize("length", [10**30, 1e30, None])
def test_an_endless_length_is_none(tmp_path, length):
    put(tmp_path, tokenizer_json=BYTE_PAIRS, tokenizer_config_json={"model_max_length": length})
    assert read_published_tokenizer(tmp_path).max_length is None


def test_added_tokens_of_older_files_have_their_ids(tmp_path):
    put(
        tmp_path,
        vocab_txt="\n".join(PIECES) + "\n",
        added_tokens_json={"[BOS]": len(PIECES)},
        special_tokens_map_json={"bos_token": "[BOS]"},
        tokenizer_config_json={
            "do_lower_case": False,
            "added_tokens_decoder": {"20": {"content": "word", "special": True}},
        },
    )
    found = read_published_tokenizer(tmp_path)
    assert found.vocabulary.bos_id == 19 and found.vocabulary.tokens[20] == "word"
    assert ids("word The", found) == [1, 1]  # what is only added is not a piece of any word


PROCESSORS = [
    (..., (None, None)),
    (None, (None, None)),
    ({"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}, ("cls", "sep")),
    (
        {"type": "RobertaProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3], "trim_offsets": 1},
        ("cls", "sep"),
    ),
    ({"type": "Sequence", "processors": [BYTE_LEVEL]}, (None, None)),
    (
        {
            "type": "Sequence",
            "processors": [
                BYTE_LEVEL,
                {
                    "type": "TemplateProcessing",
                    "single": [
                        {"SpecialToken": {"id": "first", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}},
                    ],
                    "special_tokens": {"first": {"ids": [4], "tokens": ["[MASK]"]}},
                },
            ],
        },
        ("mask", None),
    ),
]


@pytest.mark.parametrize(("processor", "frame"), PROCESSORS)
def test_the_frame_is_that_of_the_post_processor(tmp_path, processor, frame):
    saved = changed(WORDPIECE, "post_processor", processor)
    assert read_published_tokenizer(put(tmp_path, tokenizer_json=saved)).frame == frame


@pytest.mark.parametrize(
    ("flags", "frame"),
    [
        ({"add_bos_token": True}, ("bos", None)),
        ({"add_bos_token": True, "add_eos_token": True}, ("bos", "eos")),
        ({"add_bos_token": False}, (None, None)),
        ({"add_bos_token": True, "bos_token": None}, (None, None)),
    ],
)
def test_flags_of_the_configuration_frame_a_text_too(tmp_path, flags, frame):
    put(tmp_path, tokenizer_json=BYTE_PAIRS, tokenizer_config_json=flags)
    assert read_published_tokenizer(tmp_path).frame == frame


def test_tokens_that_no_merge_builds_may_stand_in_a_whole_file(tmp_path):
    vocab = {**BYTE_PAIRS["model"]["vocab"], "madeupword0000": 261}
    saved = changed(BYTE_PAIRS, "model.vocab", vocab)
    found = read_published_tokenizer(put(tmp_path, tokenizer_json=saved))
    assert len(found.vocabulary) == 262 and "madeupword0000" not in found.tokenizer.tokens
    assert len(BYTE_TOKENS) == 261


def test_the_text_of_the_file_is_checked_before_anything_else(tmp_path):
    text = json.dumps(WORDPIECE, indent=1)
    put(tmp_path, tokenizer_json=text.replace('"decoder": {', '"decoder": {,', 1))
    line = text.split('"decoder"')[0].count("\n") + 1
    with pytest.raises(ValueError, match=rf"tokenizer\.json, line {line}: not JSON"):
        read_published_tokenizer(tmp_path)
