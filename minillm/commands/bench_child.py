"""What only a process of its own can tell: the time of an import, the memory of a training.

``python -m minillm.commands.bench_child SIZE THREADS STEPS`` trains, and answers with JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from minillm.backend.machine import memory_mb

IMPORT = """
import time
start = time.perf_counter()
import minillm
print(1e3 * (time.perf_counter() - start))
"""


def import_ms() -> float:
    """Milliseconds that ``import minillm`` takes, NumPy included, in a new process."""
    return float(answer_of("-c", IMPORT))


def training_memory(size: str, level: str, *, threads: int, steps: int = 3) -> dict[str, float]:
    """Memory of a process that makes some training steps and nothing else; see ``memory_mb``."""
    words = ("-m", "minillm.commands.bench_child", size, str(threads), str(steps))
    return json.loads(answer_of(*words, MINILLM_KERNELS=level))


def answer_of(*words: str, **variables: str) -> str:
    """What another process of this interpreter prints."""
    environment = os.environ | variables
    done = subprocess.run(
        [sys.executable, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def main(size: str, threads: str, steps: str) -> None:
    """Train, then print what it took."""
    from minillm.backend.threads import limit_threads
    from minillm.commands.bench_steps import SIZES, LanguageModel, random_batch, training_step

    limit_threads(int(threads), each=1)
    chosen = SIZES[size]
    step = training_step(LanguageModel(chosen), random_batch(chosen), threads=int(threads))
    for _ in range(int(steps)):
        step()
    print(json.dumps(memory_mb()))


if __name__ == "__main__":
    main(*sys.argv[1:])
