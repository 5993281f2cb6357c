"""Time learned tokenisers beside ``tokenizers``: ``python -m tests.benchmarks.tokens FILE...``.

The files are joined and repeated, or cut, to ``--bytes``; each library trains on the lines
and then encodes them, in a process of its own with one thread.  What is found is printed as
Markdown; ``results/tokens.md`` has it for 5 MB of English (Shakespeare, captions of Multi30k,
sentences of SST-2, messages, reviews) and 1 MB of Chinese (the prose of this course and its guide).
Without ``--peer-python`` only ours is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from minillm.backend.machine import processor
from tests.benchmarks.asking import ROOT, importable
from tests.benchmarks.tokens_job import MINILLM, TOKENIZERS

KINDS = ("byte_pairs", "wordpiece")
BYTES = 256  # tokens of byte-level BPE before the first merge
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
COLUMNS = ("train s", "encode MB/s", "again MB/s", "decode MB/s", "bytes per token", "learned")


def main(words: list[str] | None = None) -> None:
    """Time what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tokens")
    parser.add_argument("files", nargs="+", help="texts in UTF-8")
    parser.add_argument("--bytes", type=int, default=5_000_000, help="joined and repeated to this")
    parser.add_argument("--merges", type=int, default=8000, help="of BPE; pieces, of WordPiece")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--peer-python", help="an interpreter that has tokenizers")
    given = parser.parse_args(words)
    libraries = {MINILLM: sys.executable}
    if given.peer_python and importable(TOKENIZERS, given.peer_python):
        libraries[TOKENIZERS] = given.peer_python
    text = corpus(given.files, given.bytes)
    print(f"{processor()['name']}, {len(text):,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "corpus.txt"
        file.write_bytes(text)
        for kind in given.kinds:
            size = given.merges + (BYTES if kind == "byte_pairs" else 0)
            found = {
                name: asked(python, name, kind, file, size) for name, python in libraries.items()
            }
            print("\n".join(["", *markdown(kind, size, found)]))


def corpus(files: list[str], n_bytes: int) -> bytes:
    """The files joined and repeated to a size, without half a character at the end."""
    once = "".join(Path(file).read_text(encoding="utf-8") for file in files).encode()
    if not once:
        raise ValueError(f"nothing in {', '.join(map(str, files))}")
    whole = once * (n_bytes // len(once) + 1)
    return whole[:n_bytes].decode(errors="ignore").encode()


def asked(python: str, library: str, kind: str, file: Path, size: int) -> dict[str, Any]:
    """What one library answers."""
    words = [python, "-m", "tests.benchmarks.tokens_job", library, kind, str(file), str(size)]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=os.environ | ONE_THREAD,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return json.loads(done.stdout)


def markdown(kind: str, size: int, found: dict[str, dict[str, Any]]) -> list[str]:
    """A table, a line for each library."""
    lines = [
        f"| {kind}, {size:,} tokens | {' | '.join(COLUMNS)} |",
        "| --- |" + " ---: |" * len(COLUMNS),
    ]
    for library, answer in found.items():
        cells = [f"{x:.2f}" if isinstance(x, float) else str(x) for x in map(answer.get, COLUMNS)]
        lines.append(f"| {library} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
