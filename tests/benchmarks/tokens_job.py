"""Train one tokeniser and encode with it: ``... tokens_job LIBRARY KIND FILE SIZE`` prints JSON.

Seconds are those that pass, with one thread; texts are the lines of the file.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MINILLM, TOKENIZERS = "minillm", "tokenizers"
Learned = tuple[list[str], Callable[[list[str]], list[Any]], Callable[[Any], str]]


def ours(kind: str, texts: list[str], size: int) -> Learned:
    """The learned tokens, a function that encodes texts and one that decodes ids."""
    from minillm.text import decode_ids, encode_text, own_vocabulary, tokenizer_kind

    tokenizer = tokenizer_kind(kind).train(texts, size=size)
    vocabulary = own_vocabulary(tokenizer)
    return (
        list(tokenizer.tokens),
        lambda some: [encode_text(text, tokenizer, vocabulary) for text in some],
        lambda ids: decode_ids(ids, tokenizer, vocabulary),
    )


def theirs(kind: str, texts: list[str], size: int) -> Learned:
    """The same of the library ``tokenizers``, which gives offsets with the ids."""
    from tests.reference.peer_tokenizers import (
        SPECIAL,
        peer_byte_pairs,
        peer_wordpiece,
        vocabulary_of,
    )

    if kind == "byte_pairs":
        peer = peer_byte_pairs(texts, size)
    else:
        peer = peer_wordpiece(texts, size, True)
    return (
        vocabulary_of(peer)[len(SPECIAL) :],
        lambda some: [e.ids for e in peer.encode_batch_fast(some, add_special_tokens=False)],
        peer.decode,
    )


def main(library: str, kind: str, file: str, size: str) -> dict[str, Any]:
    """Seconds of training, megabytes a second of encoding and decoding, what was learned."""
    text = Path(file).read_text(encoding="utf-8")
    texts, n_bytes = text.splitlines(keepends=True), len(text.encode())
    start = time.perf_counter()
    tokens, encode, decode = (ours if library == MINILLM else theirs)(kind, texts, int(size))
    trained = time.perf_counter()
    ids = encode(texts)
    encoded = time.perf_counter()
    encode(texts)  # every word has been seen
    again = time.perf_counter()
    back = "".join(map(decode, ids))
    end = time.perf_counter()
    n_tokens = sum(map(len, ids))
    return {
        "train s": trained - start,
        "encode MB/s": n_bytes / 1e6 / (encoded - trained),
        "again MB/s": n_bytes / 1e6 / (again - encoded),
        "decode MB/s": n_bytes / 1e6 / (end - again),
        "tokens": n_tokens,
        "bytes per token": n_bytes / n_tokens,
        "text comes back": back == text,
        "learned": hashlib.sha256("\n".join(tokens).encode()).hexdigest()[:12],
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
