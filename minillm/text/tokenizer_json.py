"""What a ``tokenizer.json`` says: which settings give the ids of this library's tokenisers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

ANY = (...,)  # no id of a text depends on the value, or it is checked elsewhere
NEEDED = frozenset({"vocab", "merges", "lowercase", "add_prefix_space"})
# part -> setting -> values that this library has; one that is left out and not needed is the first
SETTINGS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "WordPiece": {
        "unk_token": ("[UNK]",),
        "continuing_subword_prefix": ("##",),
        "max_input_chars_per_word": (100,),
        "vocab": ANY,
    },
    "BPE": {
        "dropout": (None, 0.0),
        "unk_token": ANY,  # every byte has a token: nothing is unknown
        "continuing_subword_prefix": (None, ""),
        "end_of_word_suffix": (None, ""),
        "fuse_unk": ANY,
        "byte_fallback": (False,),
        "ignore_merges": (False,),
        "vocab": ANY,
        "merges": ANY,
    },
    "BertNormalizer": {
        "clean_text": (True,),
        "handle_chinese_chars": (True,),
        "strip_accents": (None, True, False),
        "lowercase": (True, False),
    },
    "BertPreTokenizer": {},
    "ByteLevel": {"add_prefix_space": (False, True), "trim_offsets": ANY, "use_regex": (True,)},
}
# kind of model -> what must stand before it and, if anything, behind it
PARTS: Mapping[str, Mapping[str, tuple[str | None, ...]]] = {
    "WordPiece": {
        "normalizer": ("BertNormalizer",),
        "pre_tokenizer": ("BertPreTokenizer",),
        "decoder": ("WordPiece", None),
    },
    "BPE": {
        "normalizer": (None,),
        "pre_tokenizer": ("ByteLevel",),
        "decoder": ("ByteLevel", None),
    },
}


def checked_parts(saved: Mapping[str, Any], path: str | Path) -> dict[str, dict[str, Any]]:
    """The parts of the file by name: model, normalizer, pre_tokenizer, with every setting.

    Raises:
        ValueError: names the part, or the setting and its value, that would give other ids than
            the tokenisers of this library do.
    """
    model = part_of(saved, "model", path)
    kind = kind_of_model(model)
    if kind not in PARTS:
        raise ValueError(
            f"{path}: model is {kind}, and this library has {' and '.join(PARTS)} only: "
            "its ids would be others"
        )
    found = {"model": {**model, "type": kind}}
    for name, kinds in PARTS[kind].items():
        part = part_of(saved, name, path)
        if (part.get("type", "none") if part else None) not in kinds:
            wanted = " or ".join(str(k) for k in kinds if k) or "none"
            raise ValueError(
                f"{path}: {name} is {described(part)}, and for {kind} this library has {wanted}"
            )
        if part and name != "decoder":  # which makes texts of ids, and no ids
            found[name] = part
    return {name: with_settings(part, f"{path}: {name}") for name, part in found.items()}


def part_of(saved: Mapping[str, Any], name: str, path: str | Path) -> dict[str, Any]:
    """One part of the file; a sequence of one thing is that thing, and none is empty."""
    part = saved.get(name) or {}
    if isinstance(part, dict) and part.get("type") == "Sequence":
        inner = [value for value in part.values() if isinstance(value, list)]
        part = inner[0][0] if len(inner) == 1 and len(inner[0]) == 1 else part
    if not isinstance(part, dict):
        raise ValueError(f"{path}: {name} must be an object, got {part!r}")
    return part


def kind_of_model(model: Mapping[str, Any]) -> str:
    """The kind of a model, which older files do not name."""
    kind = model.get("type")
    if kind is None and "merges" in model:
        kind = "BPE"
    if kind is None and "max_input_chars_per_word" in model:
        kind = "WordPiece"
    return str(kind)


def described(part: Mapping[str, Any]) -> str:
    """The kind of a part, and of a sequence the kinds of what is in it."""
    inner = [v for values in part.values() if isinstance(values, list) for v in values]
    kinds = [str(v.get("type")) for v in inner if isinstance(v, dict)]
    kind = str(part.get("type", "none"))
    return f"{kind} of {', '.join(kinds)}" if kinds else kind


def with_settings(part: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A part with all its settings, also those left out; each has a value that we have."""
    known = SETTINGS[part["type"]]
    for name in NEEDED & known.keys() - part.keys():
        raise ValueError(f"{where}: {part['type']} needs {name}")
    for name, value in part.items():
        if name == "type" or known.get(name) == ANY:
            continue
        allowed = known.get(name, ())
        if not any(type(value) is type(ours) and value == ours for ours in allowed):
            wanted = " or ".join(map(repr, allowed)) or "no such setting"
            raise ValueError(
                f"{where}: {part['type']} has {name} = {value!r}, this library has {wanted}: "
                "its ids would be others"
            )
    return {name: values[0] for name, values in known.items() if values != ANY} | dict(part)


def add_tokens(ids: dict[str, Any], added: Any, path: str | Path) -> None:
    """Give the added tokens of a file, ``{"id": 5, "content": "[MASK]", "special": true}``, ids.

    Raises:
        ValueError: one contradicts the ids that are there; one is not special, so that
            ``transformers`` would look for it in every text.
    """
    if not isinstance(added, list):
        raise ValueError(f"{path}: added tokens must be a list, got {added!r}")
    owners = {number: token for token, number in ids.items() if type(number) is int}
    for entry in added:
        found = entry if isinstance(entry, dict) else {}
        token, number = found.get("content"), found.get("id")
        if not isinstance(token, str) or type(number) is not int:
            raise ValueError(f"{path}: an added token needs an id and a content, got {entry!r}")
        if not found.get("special"):
            raise ValueError(
                f"{path}: the added token {token!r} is not special: it is looked for in every "
                "text before it is cut, which this library does not do"
            )
        if ids.get(token, number) != number:
            raise ValueError(
                f"{path}: the added token {token!r} has id {number}, but the vocabulary gives it "
                f"{ids[token]}"
            )
        if owners.get(number, token) != token:
            raise ValueError(
                f"{path}: the added token {token!r} has id {number}, which is that of "
                f"{owners[number]!r}"
            )
        ids[token] = number
        owners[number] = token
