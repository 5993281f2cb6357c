"""Tokenisers of this library in the files from which ``transformers`` reads one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minillm.backend.files import write_together
from minillm.backend.folder_files import check_places
from minillm.text.bert_cleaning import bert_words
from minillm.text.byte_pairs import BytePairTokenizer
from minillm.text.published_settings import ADDED, CONFIG, KEYS, OLDER, ROLE_MAP
from minillm.text.published_tokenizers import Learned
from minillm.text.tokenizer_files import VERSION, require_same_tokens
from minillm.text.tokenizer_frames import BERT_FRAME, UNFRAMED, Frame
from minillm.text.tokenizers import Tokenizer
from minillm.text.vocabulary import Vocabulary
from minillm.text.wordpiece import INSIDE, LONGEST_WORD, UNKNOWN, WordPieceTokenizer

BYTE_LEVEL = {"type": "ByteLevel", "trim_offsets": True, "use_regex": True}


def write_published_tokenizer(
    folder: str | Path,
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    *,
    max_length: int | None = None,
    frame: Frame | None = None,
) -> None:
    """Write a tokeniser and its vocabulary as ``transformers`` keeps them, all files or none.

    These are ``tokenizer.json``, ``tokenizer_config.json``, ``special_tokens_map.json`` and, for
    programs that know only the older ones, ``vocab.txt`` or ``vocab.json`` with ``merges.txt``.
    What the folder has of another tokeniser is replaced or removed.  ``frame`` are the roles of
    the tokens before and after a text; without it they are [CLS] and [SEP] if the vocabulary
    has these roles, else none.  Tokens that no text gives are special in these files.

    Raises:
        ValueError: the tokeniser is of a kind that nobody else has; tokeniser and vocabulary do
            not belong together; a role of ``frame`` is not there; ``max_length`` is below 1.
        OSError: as ``write_together``.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    if not isinstance(tokenizer, WordPieceTokenizer | BytePairTokenizer):
        raise ValueError(
            f"a {type(tokenizer).__name__} has no published form: transformers has none that gives "
            "its ids; byte_pairs and wordpiece tokenizers have one"
        )
    if max_length is not None and (type(max_length) is not int or max_length < 1):
        raise ValueError(f"max_length must be at least 1, got {max_length!r}")
    require_same_tokens(tokenizer.tokens, vocabulary)
    if frame is None:
        frame = BERT_FRAME if {*BERT_FRAME} <= vocabulary.special.keys() else UNFRAMED
    known = {*tokenizer.tokens}
    apart = [token for token in vocabulary.ordinary if token not in known]
    saved = whole_file(tokenizer, vocabulary, apart, frame)
    roles: dict[str, Any] = {KEYS[role]: token for role, token in vocabulary.special.items()}
    if apart:
        roles["additional_special_tokens"] = apart
    config = configuration(tokenizer) | dict.fromkeys(KEYS.values()) | roles
    if max_length is not None:
        config["model_max_length"] = max_length
    files = {"tokenizer.json": saved, CONFIG: config, ROLE_MAP: roles}
    written = {name: as_json(value) for name, value in files.items()}
    written |= older_files(tokenizer, vocabulary, saved["model"]["vocab"])
    rest = [name for name in (*OLDER, ADDED) if name not in written]
    folder = Path(folder)
    check_places(folder, (*written, *rest))
    write_together({folder / name: [data] for name, data in written.items()})
    for name in rest:
        (folder / name).unlink(missing_ok=True)


def whole_file(
    tokenizer: Learned, vocabulary: Vocabulary, apart: Sequence[str], frame: Frame
) -> dict[str, Any]:
    """What ``tokenizer.json`` says; ``apart`` are ordinary tokens that no text gives."""
    parts = (
        pieces_described(tokenizer, vocabulary, apart)
        if isinstance(tokenizer, WordPieceTokenizer)
        else byte_pairs_described(tokenizer, vocabulary)
    )
    parts["post_processor"] = template(frame, vocabulary) or parts["post_processor"]
    general = {"version": "1.0", "truncation": None, "padding": None}
    return general | {"added_tokens": added(vocabulary, apart)} | parts


def as_json(value: Any) -> bytes:
    """A readable file."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def added(vocabulary: Vocabulary, apart: Sequence[str]) -> list[dict[str, Any]]:
    """The special tokens of ``tokenizer.json``, in the order of their ids."""
    found = sorted({*vocabulary.special.values(), *apart}, key=vocabulary.token_to_id.__getitem__)
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    ids = vocabulary.token_to_id
    return [{"id": ids[token], "content": token, **flags, "special": True} for token in found]


def pieces_described(
    tokenizer: WordPieceTokenizer, vocabulary: Vocabulary, apart: Sequence[str]
) -> dict[str, Any]:
    """The parts of ``tokenizer.json`` for WordPiece.

    Every token of its vocabulary is a piece: what is not one must stand behind it, as a token
    that is only added.
    """
    if vocabulary.special.get("unknown") != UNKNOWN:
        raise ValueError(f"WordPiece needs {UNKNOWN} in the role unknown")
    first = min((vocabulary.token_to_id[token] for token in apart), default=len(vocabulary))
    behind = [*vocabulary.tokens[first:]]
    for token in behind:
        if token in tokenizer.pieces or token == UNKNOWN:
            raise ValueError(
                f"token {apart[0]!r} of the vocabulary is not a piece of the tokenizer, and stands "
                f"before {token!r}: transformers would cut words into it"
            )
    for role, token in vocabulary.special.items():
        if len(bert_words(token, lower=False)) == 1 or token.startswith(INSIDE):
            raise ValueError(f"the {role} token {token!r} is a word: transformers would find it")
    model = {
        "type": "WordPiece",
        "unk_token": UNKNOWN,
        "continuing_subword_prefix": INSIDE,
        "max_input_chars_per_word": LONGEST_WORD,
        "vocab": {token: i for i, token in enumerate(vocabulary.tokens[:first])},
    }
    return {
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": tokenizer.strip_accents,
            "lowercase": tokenizer.lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": INSIDE, "cleanup": True},
        "model": model,
    }


def byte_pairs_described(tokenizer: BytePairTokenizer, vocabulary: Vocabulary) -> dict[str, Any]:
    """The parts of ``tokenizer.json`` for byte-level BPE."""
    byte_level = {**BYTE_LEVEL, "add_prefix_space": tokenizer.add_prefix_space}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocabulary.token_to_id,
        "merges": [list(pair) for pair in tokenizer.merges],
    }
    return {
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": model,
    }


def template(frame: Frame, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """The post-processor that writes a frame, or None where there is none."""
    ids = {vocabulary.tokens[i]: i for i in map(vocabulary.id_of, filter(None, frame))}
    if not ids:
        return None
    before, after = (
        [{"SpecialToken": {"id": vocabulary.special[role], "type_id": 0}}] if role else []
        for role in frame
    )
    first, second = ({"Sequence": {"id": name, "type_id": i}} for i, name in enumerate("AB"))
    behind = [{"SpecialToken": {**step["SpecialToken"], "type_id": 1}} for step in after]
    return {
        "type": "TemplateProcessing",
        "single": [*before, first, *after],
        "pair": [*before, first, *after, second, *behind],
        "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ids.items()},
    }


def configuration(tokenizer: Learned) -> dict[str, Any]:
    """The keys of ``tokenizer_config.json`` that are not roles."""
    told: dict[str, Any] = {"add_prefix_space": getattr(tokenizer, "add_prefix_space", False)}
    if isinstance(tokenizer, WordPieceTokenizer):
        told = {
            "do_lower_case": tokenizer.lower,
            "strip_accents": tokenizer.strip_accents,
            "tokenize_chinese_chars": True,
        }
    general = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    return general | told


def older_files(
    tokenizer: Learned, vocabulary: Vocabulary, ids: dict[str, int]
) -> dict[str, bytes]:
    """The files that were there before ``tokenizer.json``; ``ids`` are those of the model."""
    if isinstance(tokenizer, WordPieceTokenizer):
        behind = {token: i for token, i in vocabulary.token_to_id.items() if token not in ids}
        files = {"vocab.txt": "".join(f"{token}\n" for token in ids).encode()}
        return files | ({ADDED: as_json(behind)} if behind else {})
    lines = [VERSION, *(" ".join(pair) for pair in tokenizer.merges)]
    return {
        "vocab.json": as_json(vocabulary.token_to_id),
        "merges.txt": "".join(f"{line}\n" for line in lines).encode(),
    }
