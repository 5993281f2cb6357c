"""What stands beside the tokens in a published folder: the settings and roles of a tokeniser."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minillm.backend.folder_files import file_in
from minillm.text.special_tokens import ROLES
from minillm.text.tokenizer_files import (
    found_roles,
    read_ids,
    read_json_object,
    read_merges,
    require_built,
)
from minillm.text.vocabulary_files import read_vocabulary

CONFIG, ROLE_MAP, ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
# role -> the key that names its token in the files
KEYS = {role: f"{'unk' if role == 'unknown' else role}_token" for role in ROLES}
UNLIMITED = 10**9  # a length from here on means that there is none; transformers writes 10**30
# classes of transformers without rules of their own beside the files
CLASSES = ("PreTrainedTokenizer", "TokenizersBackend", "BertTokenizer", "GPT2Tokenizer")
OLDER = ("vocab.txt", "vocab.json", "merges.txt")
SENTENCE_PIECE = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
# keys with the value that is left out or that this library has
NEEDED: Mapping[str, tuple[Any, ...]] = {
    "do_basic_tokenize": (True,),
    "never_split": (None, []),
    "wordpieces_prefix": ("##",),
}
# key of the configuration -> part and setting of tokenizer.json that say the same
SAME = {
    "do_lower_case": ("normalizer", "lowercase"),
    "strip_accents": ("normalizer", "strip_accents"),
    "tokenize_chinese_chars": ("normalizer", "handle_chinese_chars"),
    "add_prefix_space": ("pre_tokenizer", "add_prefix_space"),
}


@dataclass(frozen=True)
class Settings:
    """The keys of ``tokenizer_config.json``, with the roles of ``special_tokens_map.json``."""

    folder: Path
    values: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """The file in which most of them stand."""
        return self.folder / CONFIG

    def roles(self, spelled: Mapping[str, str]) -> dict[str, str]:
        """Who plays which role: as the files say, or else ``spelled``, by the usual spelling."""
        found = dict(spelled)
        for role, key in KEYS.items():
            if key in self.values:
                token = content(self.values[key], f"{self.path}: {key}")
                found.pop(role, None)
                if token is not None:
                    found[role] = token
        return found

    @property
    def max_length(self) -> int | None:
        """The most ids that the model takes, if that is said."""
        length = self.values.get("model_max_length")
        if length is None:
            return None
        if type(length) not in (int, float) or not length >= 1:
            raise ValueError(f"{self.path}: model_max_length must be at least 1, got {length!r}")
        return None if length >= UNLIMITED else int(length)


def read_settings(folder: str | Path) -> Settings:
    """The settings in a folder, none where there are no such files.

    Raises:
        ValueError: a file is damaged; two contradict each other; a setting is one that this
            library does not have.
    """
    path, beside = file_in(folder, CONFIG), file_in(folder, ROLE_MAP)
    values = read_json_object(path) if path else {}
    named = values.get("extra_special_tokens")
    if isinstance(named, dict):
        values = {**named, **values}
    for key, allowed in NEEDED.items():
        if values.get(key, allowed[0]) not in allowed:
            raise ValueError(
                f"{path}: {key} = {values[key]!r}, this library has {allowed[0]!r}: its ids would "
                "be others"
            )
    for key, value in (read_json_object(beside) if beside else {}).items():
        if key not in KEYS.values():
            values.setdefault(key, value)
            continue
        ours = content(value, f"{beside}: {key}")
        if key in values and content(values[key], f"{path}: {key}") != ours:
            raise ValueError(f"{beside}: {key} is {ours!r}, but in {CONFIG} {values[key]!r}")
        values[key] = ours
    return Settings(Path(folder), values)


def content(token: Any, where: str) -> str | None:
    """The token of a setting, which is written as ``"[UNK]"`` or ``{"content": "[UNK]", ...}``."""
    found = token.get("content") if isinstance(token, dict) else token
    if not isinstance(found, str | None) or (found is None and token is not None):
        raise ValueError(f"{where} must be a token or an object with its content, got {token!r}")
    return found


def added_tokens(settings: Settings) -> Iterator[tuple[Path, list[Any]]]:
    """Files that add tokens, and what each adds, as it would stand in ``tokenizer.json``."""
    decoder = settings.values.get("added_tokens_decoder") or {}
    if not isinstance(decoder, dict) or not all(isinstance(e, dict) for e in decoder.values()):
        raise ValueError(f"{settings.path}: added_tokens_decoder must give each id its token")
    yield (
        settings.path,
        [
            {**entry, "id": int(number) if number.isdecimal() else number}
            for number, entry in decoder.items()
        ],
    )
    path = file_in(settings.folder, ADDED)
    special = {*settings.roles({}).values(), *more_special(settings)}
    if path:
        yield (
            path,
            [
                {"id": number, "content": token, "special": token in special}
                for token, number in read_json_object(path, "token").items()
            ],
        )


def more_special(settings: Settings) -> list[str]:
    """Special tokens without a role of their own."""
    found: list[str] = []
    for key in ("additional_special_tokens", "extra_special_tokens"):
        listed = settings.values.get(key)
        tokens = listed if isinstance(listed, list) else []
        found += [content(token, f"{settings.path}: {key}") or "" for token in tokens]
    return found


def require_agreement(parts: Mapping[str, Any], settings: Settings, path: Path) -> None:
    """Refuse a configuration that says something else than the parts of ``tokenizer.json``."""
    normal = parts.get("normalizer", {})
    for key, (part, name) in SAME.items():
        if key not in settings.values or name not in parts.get(part, {}):
            continue
        ours, theirs = parts[part][name], settings.values[key]
        if name == "strip_accents":  # None is what the case asks for
            ours, theirs = (normal["lowercase"] if v is None else v for v in (ours, theirs))
        if ours != theirs:
            raise ValueError(
                f"{settings.path}: {key} is {settings.values[key]!r}, but in {path} {name} of the "
                f"{part} is {parts[part][name]!r}: which of them holds?"
            )


def saved_in_vocabulary(folder: str | Path, settings: Settings) -> tuple[dict[str, Any], Path]:
    """What ``tokenizer.json`` would say, from the older files; and which of them has the tokens.

    Raises:
        ValueError: there are none of them, or files of both kinds; they are for a class of
            tokenisers that cuts texts otherwise; as ``read_ids``, ``read_merges`` and
            ``read_vocabulary``.
    """
    there = {name: path for name in OLDER if (path := file_in(folder, name))}
    class_ = str(settings.values.get("tokenizer_class") or CLASSES[0]).removesuffix("Fast")
    if there and class_ not in CLASSES:
        raise ValueError(
            f"{settings.path}: tokenizer_class is {class_}, whose rules no file tells: there is no "
            f"tokenizer.json; this library knows those of {', '.join(CLASSES)}"
        )
    if {*there} == {"vocab.txt"}:
        return pieces_in(there["vocab.txt"], settings.values), there["vocab.txt"]
    if {*there} == {"vocab.json", "merges.txt"}:
        vocab = there["vocab.json"]
        return byte_pairs_in(vocab, there["merges.txt"], settings), vocab
    sentence = [name for name in SENTENCE_PIECE if file_in(folder, name)]
    other = (
        f" ({sentence[0]} is SentencePiece's, which this library does not read)" if sentence else ""
    )
    raise ValueError(
        f"{folder}: tokenizer.json is needed, or vocab.txt, or vocab.json and merges.txt; of these "
        f"there is {' and '.join(there) or 'none'}{other}"
    )


def pieces_in(path: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """WordPiece as ``tokenizer.json`` would describe it."""
    tokens, _ = read_vocabulary(path, {})
    normalizer = {
        "type": "BertNormalizer",
        "lowercase": told.get("do_lower_case", True),
        "strip_accents": told.get("strip_accents"),
        "handle_chinese_chars": told.get("tokenize_chinese_chars", True),
    }
    return {
        "model": {"type": "WordPiece", "vocab": {token: i for i, token in enumerate(tokens)}},
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
    }


def byte_pairs_in(vocab: Path, merges: Path, settings: Settings) -> dict[str, Any]:
    """Byte-level BPE as ``tokenizer.json`` would describe it."""
    tokens = read_ids(vocab)
    pairs = read_merges(merges, tokens, vocab)
    apart = {*found_roles(tokens).values(), *settings.roles({}).values(), *more_special(settings)}
    apart |= {entry.get("content") for _, entries in added_tokens(settings) for entry in entries}
    require_built({t: i for i, t in enumerate(tokens) if t not in apart}, pairs, vocab, merges)
    prefix = settings.values.get("add_prefix_space", False)
    return {
        "model": {
            "type": "BPE",
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": [list(pair) for pair in pairs],
        },
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": prefix},
    }
