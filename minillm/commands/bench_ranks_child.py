"""What only several processes can tell: their steps beside those of one, and what a sum costs.

``mpiexec -n N python -m mpi4py -m minillm.commands.bench_ranks_child TASK SETTINGS`` measures, and
rank 0 answers with JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from minillm.backend.threads import limit_threads
from minillm.commands.bench_steps import ADAMW, LanguageModel, Size, random_batch
from minillm.commands.bench_timing import fitting
from minillm.optim import AdamW
from minillm.training import fit, mean_gradients
from minillm.training.data_parallel import DataParallelGradients
from minillm.training.loop import Gradients
from minillm.training.ranks import open_ranks, ring_all_reduce
from minillm.training.ranks.flat import FlatBuffer
from minillm.training.ranks.world import MpiRanks

EQUAL_STEPS = 20


def n_targets(part: Any) -> int:
    """How many tokens some rows have to find."""
    return int(part[1].size)


def steps(ranks: MpiRanks, size: Size, rounds: int) -> dict[str, float]:
    """Milliseconds of a step by rank 0 alone, by all of them, and of its all-reduce: medians.

    All three in turn, round by round; whoever has nothing to do sleeps.
    """
    model = LanguageModel(size)
    alone = stepping(model, size, mean_gradients)
    together = stepping(model, size, DataParallelGradients(ranks, n_targets))
    flat = FlatBuffer(model.parameters())
    flat.numbers[...] = 0
    work = {"alone": alone, "together": together, "all-reduce": lambda: ranks.total(flat.numbers)}
    times: dict[str, list[float]] = {name: [] for name in work}
    for warm in [True] * 2 + [False] * rounds:
        for name, run in work.items():
            if name == "alone" and ranks.rank > 0:
                ranks.wait()
                continue
            ms = timed(run, size.steps, None if name == "alone" else ranks)
            if not warm:
                times[name].append(ms)
            if name == "alone":
                ranks.wait()
    return {name: statistics.median(found) for name, found in times.items() if found} | {
        "bytes": flat.numbers.nbytes
    }


def stepping(model: LanguageModel, size: Size, gradients: Gradients) -> Callable[[], Any]:
    """A function that makes one step: the same batch for ever, under AdamW."""
    batch = random_batch(size)
    endless = iter(lambda: batch, None)
    optimizer = AdamW(model.parameters(), **ADAMW)  # type: ignore[arg-type]
    made = fit(model.loss, endless, optimizer, gradients=gradients)
    return lambda: next(made)


def timed(run: Callable[[], Any], repeats: int, ranks: MpiRanks | None) -> float:
    """Milliseconds of one call, over ``repeats`` of them; ``ranks`` begin together."""
    if ranks is not None:
        ranks.world.Barrier()
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return 1e3 * (time.perf_counter() - start) / repeats


def sums(ranks: MpiRanks, sizes: list[int], rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of MPI's all-reduce and of the ring by hand, by the bytes of the buffer."""
    found = {}
    for n_bytes in sizes:
        flat = np.zeros(n_bytes // 4, np.float32)
        work: dict[str, Callable[[], Any]] = {
            "Allreduce": partial(ranks.total, flat),
            "ring by hand": partial(ring_all_reduce, ranks.world, flat),
        }
        found[str(n_bytes)] = in_turn(work, ranks, rounds)
    return found


def wire(ranks: MpiRanks, n_bytes: int, rounds: int) -> dict[str, float]:
    """Milliseconds in which neighbours of a ring exchange 8 bytes, and ``n_bytes``."""
    size, rank = ranks.size, ranks.rank

    def exchange(out: np.ndarray, into: np.ndarray) -> None:
        ranks.world.Sendrecv(out, (rank + 1) % size, recvbuf=into, source=(rank - 1) % size)

    work = {}
    for name, length in (("8 bytes", 1), (f"{n_bytes} bytes", n_bytes // 8)):
        work[name] = partial(exchange, np.zeros(length), np.zeros(length))
    short, long = in_turn(work, ranks, rounds).values()
    return {"latency": short / 1e3, "bandwidth": n_bytes / max(long - short, 1e-9) * 1e3}


def in_turn(
    work: Mapping[str, Callable[[], Any]], ranks: MpiRanks, rounds: int
) -> dict[str, float]:
    """The median milliseconds of each, as rank 0 sees them."""
    repeats = {}
    for name, run in work.items():
        run()
        repeats[name] = ranks.gather(fitting(timed(run, 2, ranks)))[0]
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            times[name].append(timed(run, repeats[name], ranks))
    return {name: statistics.median(found) for name, found in times.items()}


def equal(ranks: MpiRanks, size: Size, rounds: int) -> dict[str, dict[str, float]]:
    """How far all ranks are from rank 0 alone after 20 steps: the loss, and the weights.

    ``loss`` is the largest relative difference of a step's loss, ``weights`` the largest
    difference of a weight at the end.
    """
    return {
        dtype.__name__: difference(
            trained(size, dtype, mean_gradients),
            trained(size, dtype, DataParallelGradients(ranks, n_targets)),
        )
        for dtype in (np.float64, np.float32)
    }


def trained(size: Size, dtype: type[np.floating], gradients: Gradients) -> tuple[np.ndarray, dict]:
    """The losses of 20 steps, clipped, with a batch of uneven slices; and the weights."""
    model = LanguageModel(size).to_dtype(dtype)
    batch = random_batch(size)
    uneven = tuple(array[: size.batch - 1] for array in batch)
    optimizer = AdamW(model.parameters(), **ADAMW)  # type: ignore[arg-type]
    steps = fit(model.loss, [uneven] * EQUAL_STEPS, optimizer, max_norm=1.0, gradients=gradients)
    losses = np.array([float(step.loss) for step in steps])
    return losses, model.state_dict()


def difference(one: tuple[np.ndarray, dict], other: tuple[np.ndarray, dict]) -> dict[str, float]:
    """The largest difference of losses and of weights."""
    weights = [float(np.abs(other[1][name] - array).max()) for name, array in one[1].items()]
    return {
        "loss": float((np.abs(other[0] - one[0]) / np.abs(one[0])).max()),
        "weights": max(weights),
    }


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "steps": lambda ranks, settings, rounds: steps(ranks, Size(**settings), rounds),
    "equal": lambda ranks, settings, rounds: equal(ranks, Size(**settings), rounds),
    "sums": sums,
    "wire": wire,
}


def main(task: str, settings: str) -> None:
    """Measure, then print what it took, on rank 0."""
    limit_threads(1)
    ranks = open_ranks()
    asked = json.loads(settings)
    found = TASKS[task](ranks, asked["of"], asked["rounds"])
    if ranks.rank == 0:
        print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
