"""A GPT-2 of the smallest released size, opened and asked to write, here and in transformers.

``python -m tests.benchmarks.published --peer-python PYTHON [--rounds N]``: the interpreter has
torch and transformers.  The weights are random; each side runs in a process of its own with one
thread, in turn, round by round.  CPU seconds and memory are medians; what is found goes into
``published.json`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from minillm.backend.machine import processor
from minillm.models import Gpt, gpt2_style
from minillm.models.published import save_pretrained
from tests.benchmarks.asking import FORCED, THREADS
from tests.benchmarks.published_job import NEW, PROMPT

RESULTS = Path(__file__).with_name("published.json")


def main(words: list[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", metavar="PYTHON", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder))
        size = (Path(folder) / "model.safetensors").stat().st_size
        pythons = {"minillm": sys.executable, "transformers": given.peer_python}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
        for _ in range(given.rounds):
            for name, python in pythons.items():
                found[name].append(asked(python, name, folder))
    table = {
        name: {key: median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in found.items()
    }
    kept = {
        "processor": processor(),
        "rounds": given.rounds,
        "file_bytes": size,
        "prompt": PROMPT,
        "new": NEW,
        "medians": table,
        "rounds_found": found,
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: kept[key] for key in ("processor", "file_bytes", "medians")}, indent=1))


def write_model(folder: Path) -> None:
    """GPT-2's smallest size with random weights."""
    sizes = {"width": 768, "n_layers": 12, "n_heads": 12, "max_length": 1024}
    save_pretrained(Gpt(gpt2_style(50_257, **sizes), rng=np.random.default_rng(0)), folder)


def asked(python: str, name: str, folder: str) -> dict[str, float]:
    """What one side says in a process of its own."""
    words = [python, "-m", "tests.benchmarks.published_job", name, folder]
    environment = {k: v for k, v in os.environ.items() if k not in FORCED}
    environment |= dict.fromkeys(THREADS, "1")
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
