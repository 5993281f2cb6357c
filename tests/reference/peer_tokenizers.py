"""Store what Hugging Face's ``tokenizers`` gives: ``python -m tests.reference.peer_tokenizers``.

Needs ``tokenizers`` (the extra ``parity``); the tests need only ``tokenizers.npz``, which this
writes beside itself.  It was made with version 0.23.3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from tests.reference.stored import FOLDER, save
from tests.reference.token_strings import strings, training_texts

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<|endoftext|>"]
SIZES = {"byte_pairs": 700, "uncased": 500, "cased": 500}
FILE = FOLDER / "tokenizers.npz"


def peer_byte_pairs(texts: Iterable[str], size: int, min_count: int = 2) -> Any:
    """Their byte-level BPE, trained; ``size`` counts no special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    peer = Tokenizer(models.BPE())
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    peer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size + len(SPECIAL),
        min_frequency=min_count,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    peer.train_from_iterator(texts, trainer)
    peer.encode_special_tokens = True  # they are text where they stand in a text
    return peer


def peer_wordpiece(texts: Iterable[str], size: int, lower: bool, min_count: int = 2) -> Any:
    """Their WordPiece, trained; ``size`` counts no special tokens."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    peer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    peer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    peer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    peer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size + len(SPECIAL),
        min_frequency=min_count,
        special_tokens=SPECIAL,
        limit_alphabet=1_000_000,
        show_progress=False,
    )
    peer.train_from_iterator(texts, trainer)
    peer.encode_special_tokens = True
    return peer


def vocabulary_of(peer: Any) -> list[str]:
    """Their tokens in the order of their ids."""
    ids = peer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def merges_of(peer: Any) -> list[tuple[str, str]]:
    """Their merges in order."""
    return [tuple(pair) for pair in json.loads(peer.to_str())["model"]["merges"]]


def answers(peer: Any) -> dict[str, Any]:
    """Vocabulary, ids of all strings one after another, their numbers, offsets, and texts again."""
    encoded = peer.encode_batch(strings(), add_special_tokens=False)
    few = [e.offsets for e in encoded[:400]]
    return {
        "tokens": vocabulary_of(peer),
        "ids": np.array([i for e in encoded for i in e.ids], dtype=np.int16),
        "lengths": np.array([len(e.ids) for e in encoded], dtype=np.int32),
        "offsets": np.array([pair for pairs in few for pair in pairs], dtype=np.int16),
        "decoded": [peer.decode(e.ids, skip_special_tokens=False) for e in encoded[:-2]],
    }


def content() -> dict[str, Any]:
    """What is stored: the answers of the three kinds."""
    texts = training_texts()
    peer = peer_byte_pairs(texts, SIZES["byte_pairs"])
    found = {"byte_pairs": answers(peer) | {"merges": merges_of(peer)}}
    del found["byte_pairs"]["decoded"]  # the strings themselves
    for kind, lower in (("uncased", True), ("cased", False)):
        found[kind] = answers(peer_wordpiece(texts, SIZES[kind], lower))
    return found


if __name__ == "__main__":
    save(FILE, content())
    print(f"{FILE.name}: {FILE.stat().st_size} bytes")
