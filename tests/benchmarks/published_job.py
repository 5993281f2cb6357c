"""One side of ``published``: open a folder, write some tokens, say what it took."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PROMPT, NEW = 32, 64  # tokens read at once, tokens written one by one
IDS = np.random.default_rng(1).integers(0, 50_257, (1, PROMPT))


Side = tuple[Callable[[str], Any], Callable[[Any], Any], Callable[[Any], list[int]]]


def ours() -> Side:
    """Opening, reading and writing with this library."""
    from minillm.autograd import no_grad
    from minillm.models.decoding import generate
    from minillm.models.published import from_pretrained

    def write(model: Any) -> list[int]:
        return list(generate(model, IDS, NEW)[0][0].tokens)

    def read(model: Any) -> Any:
        with no_grad():
            return model(IDS)

    return from_pretrained, read, write


def theirs() -> Side:
    """Opening, reading and writing with transformers."""
    import torch
    from transformers import GPT2LMHeadModel

    torch.set_num_threads(1)
    ids = torch.tensor(IDS)

    def write(model: Any) -> list[int]:
        options = {"max_new_tokens": NEW, "min_new_tokens": NEW, "do_sample": False}
        out = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **options)
        return list(map(int, out[0, PROMPT:]))

    def read(model: Any) -> Any:
        with torch.inference_mode():
            return model(ids)

    return lambda folder: GPT2LMHeadModel.from_pretrained(folder).eval(), read, write


def memory(name: str) -> int:
    """A number of bytes of this process: VmRSS now, VmHWM at its highest (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no {name}")


def main() -> None:
    """Print one line of JSON."""
    side, folder = sys.argv[1:]
    open_it, read, write = ours() if side == "minillm" else theirs()
    before, start, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    model = open_it(folder)
    opened = {"open_s": time.perf_counter() - start, "open_cpu_s": time.process_time() - cpu}
    after = memory("VmRSS")
    read(model)
    grown_by_reading = memory("VmHWM") - before
    first = time.process_time()
    tokens = write(model)
    second = time.process_time()
    again = write(model)
    third = time.process_time()
    found = {
        **opened,
        "grown_by_opening": after - before,
        "grown_by_reading": grown_by_reading,
        "grown_by_writing": memory("VmHWM") - before,
        "first_cpu_s": second - first,
        "tokens_per_cpu_s": NEW / (third - second),
        "sum_of_tokens": sum(tokens),
        "same": float(tokens == again),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
