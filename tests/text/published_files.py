"""Small published folders, written out by hand: what each file says can be read here."""

import copy
import json

from minillm.text.byte_alphabet import ALPHABET

PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("the", "tea", "##s", "##m", "st", "##ea", "cafe", "café", ".", "茶", "##a", "[", "]", "mask"),
]
MERGES = [("t", "e"), ("te", "a"), ("Ġ", "tea"), ("m", "s")]
BYTE_TOKENS = [*ALPHABET, "te", "tea", "Ġtea", "ms", "<|endoftext|>"]
BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": False,
    "use_regex": True,
}


def added(token, number, **changes):
    """An added token as ``tokenizer.json`` describes it."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": token, **flags, "special": True, **changes}


WORDPIECE = {
    "version": "1.0",
    "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
    "padding": None,
    "added_tokens": [added(token, i) for i, token in enumerate(PIECES[:5])],
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        ],
        "pair": [],
        "special_tokens": {
            "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
            "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]},
        },
    },
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {token: i for i, token in enumerate(PIECES)},
    },
}
BYTE_PAIRS = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [added("<|endoftext|>", 260, normalized=True)],
    "normalizer": None,
    "pre_tokenizer": BYTE_LEVEL,
    "post_processor": BYTE_LEVEL,
    "decoder": BYTE_LEVEL,
    "model": {  # as in GPT-2's own file, which does not say what type it is
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "fuse_unk": False,
        "vocab": {token: i for i, token in enumerate(BYTE_TOKENS)},
        "merges": [" ".join(pair) for pair in MERGES],
    },
}


def changed(saved, path, value):
    """A copy in which ``"model.vocab"`` is something else, or is left out if that is ``...``."""
    saved = copy.deepcopy(saved)
    *folders, last = path.split(".")
    place = saved
    for name in folders:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return saved


def put(folder, **files):
    """Write ``tokenizer_json={...}`` as tokenizer.json, and texts as they are."""
    for name, value in files.items():
        stem, _, ending = name.rpartition("_")
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    return folder
