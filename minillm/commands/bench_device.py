"""``bench --device cuda``: training steps and ops on a GPU, the rules beside the kernels and torch.

A device works while the host goes on: a clock is read when the device has done all it was given.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minillm.backend import Array, DeviceError, kernels, probe_cuda, to_device, write_atomically
from minillm.backend.devices import require_cuda
from minillm.commands.bench_device_report import device_report
from minillm.commands.bench_ops import HEADS, Case, cases, of_op
from minillm.commands.bench_steps import (
    ADAMW,
    SIZES,
    LanguageModel,
    Size,
    random_batch,
    training_step,
)
from minillm.commands.bench_timing import timed
from minillm.commands.bench_torch import step_of_torch
from minillm.commands.runs import require_files
from minillm.nn import causal_mask
from minillm.ops import embedding, scaled_dot_product_attention, softmax
from minillm.optim import AdamW
from minillm.training import HalfPrecision, fit

HALF = "half precision"
NEEDED = 'it needs an NVIDIA GPU with its driver, and pip install "cupy-cuda12x[ctk]"'
LEVELS = {"rules": "numpy", "kernels": "device"}  # what stands in the tables for CuPy's arrays
DEVICE_PARTS = ("steps", "ops", "torch")
DEVICE_SIZES = {
    "course": SIZES["course"],
    "mid": SIZES["mid"],
    "gpt2": Size(8, 512, 768, 12, 12, 50_257, steps=1),  # GPT-2 small
}
LIMIT_S = 480.0  # no case begins later, so that all ends within ten minutes
REPEATS = 20  # calls of an op in one measurement

Work = tuple[str, str, Callable[[], Any]]  # part, what of it, and the measurement


def run_on_device(arguments: argparse.Namespace) -> None:
    """Measure, print the tables and keep the numbers; 2 is the exit code without a device.

    Raises:
        SystemExit: there is no device; what to install was said.
    """
    require_files(arguments, "json")
    try:
        cupy = require_cuda()
    except DeviceError as error:
        print(f"minillm bench: {error}; {NEEDED}", file=sys.stderr)
        raise SystemExit(2) from None
    work = [w for part in arguments.parts for w in WORK[part](cupy, arguments)]
    found: dict[str, Any] = about(cupy, arguments.rounds)
    found |= {part: {} for part in arguments.parts} | {"left_out": []}
    start = time.perf_counter()
    for part, name, measure in work:
        if time.perf_counter() - start > LIMIT_S:
            found["left_out"].append(f"{part}: {name}")
            continue
        print(f"bench: {part}: {name}", file=sys.stderr)
        found[part][name] = measured(cupy, measure)
    found["seconds"] = time.perf_counter() - start
    print(device_report(found, DEVICE_SIZES))
    if arguments.json is not None:
        write_atomically(arguments.json, (json.dumps(found, indent=1) + "\n").encode())


def about(cupy: Any, rounds: int) -> dict[str, Any]:
    """The device and the versions that the numbers are of."""
    runtime = cupy.cuda.runtime
    return {
        "device": probe_cuda()[1],
        "cupy": cupy.__version__,
        "driver": runtime.driverGetVersion(),
        "runtime": runtime.runtimeGetVersion(),
        "numpy": np.__version__,
        "rounds": rounds,
    }


def measured(cupy: Any, measure: Callable[[], Any]) -> Any:
    """What was measured, or what the device said; the memory is given back afterwards."""
    try:
        return measure()
    except (MemoryError, RuntimeError) as error:  # the next case may be smaller
        return {"failed": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    finally:
        gc.collect()
        cupy.get_default_memory_pool().free_all_blocks()


def step_work(cupy: Any, arguments: argparse.Namespace) -> Iterator[Work]:
    """Milliseconds, memory and first loss of a training step: rules, kernels, half precision."""
    for name in arguments.sizes:
        for way in (*LEVELS, HALF):
            measure = partial(step_times, cupy, DEVICE_SIZES[name], way, arguments.rounds)
            yield "steps", f"{name}, {way}", measure


def step_times(cupy: Any, size: Size, way: str, rounds: int) -> dict[str, float]:
    """Of one size by one way; the pool of memory begins empty, and its size at the end counts."""
    with kernels(LEVELS.get(way, "numpy")):  # in half precision the rules: kernels have no float16
        step = step_on_device(size, half=way == HALF)
        loss = step()
        ms = clocked(cupy.cuda.Device().synchronize, step, size.steps, rounds)
        held = cupy.get_default_memory_pool().total_bytes()
    return {"ms": ms, "memory_mb": held / 2**20, "first_loss": loss}


def step_on_device(size: Size, *, half: bool = False) -> Callable[[], float]:
    """A training step of the model of ``bench``; model and batch lie on the device."""
    model = LanguageModel(size).to_device("cuda")
    model.mask = to_device(model.mask, "cuda")
    ids, targets = (to_device(array, "cuda") for array in random_batch(size))
    make = half_step if half else training_step
    return make(model, (ids, targets))


def half_step(model: LanguageModel, batch: tuple[Array, Array]) -> Callable[[], float]:
    """The same step with gradients in float16, of which an update may be left out."""
    optimizer = AdamW(model.parameters(), **ADAMW)  # type: ignore[arg-type]
    gradients = HalfPrecision(model)
    steps = fit(model.loss, itertools.repeat(batch), optimizer, gradients=gradients)
    return lambda: float(next(steps).loss)


def op_work(cupy: Any, arguments: argparse.Namespace) -> Iterator[Work]:
    """Milliseconds of each op forward and backward, its rule and its kernel."""
    for case in [*cases(), *large_cases()]:
        yield "ops", case.name, partial(op_times, cupy, case, arguments.rounds)


def large_cases() -> list[Case]:
    """What is different at the size of GPT-2 small, and what has a kernel on a device alone."""
    rng, heads = np.arange(8 * 512) * 7919 % 50_257, (8, 12, 512, 64)
    attention, causal = scaled_dot_product_attention, causal_mask(512)
    return [
        of_op("softmax 8192 x 64", softmax, (HEADS[0] * HEADS[1] * HEADS[2], HEADS[2])),
        of_op("embedding 50257 x 768, 4096 ids", embedding, (50_257, 768), ids=rng),
        of_op("attention, 8 x 12 x 512 x 64", attention, heads, heads, heads, mask=causal),
    ]


def op_times(cupy: Any, case: Case, rounds: int) -> dict[str, float]:
    """Of one op."""
    times = {}
    for way, level in LEVELS.items():
        with kernels(level):
            run = case.prepared(cupy.asarray)
            times[way] = clocked(cupy.cuda.Device().synchronize, run, REPEATS, rounds)
    return times


def torch_work(cupy: Any, arguments: argparse.Namespace) -> Iterator[Work]:
    """The same training steps by torch, in float32 and with its automatic half precision."""
    for name in arguments.sizes:
        for half in (False, True):
            what = f"{name}, {'half precision' if half else 'float32'}"
            yield "torch", what, partial(torch_times, DEVICE_SIZES[name], half, arguments.rounds)


def torch_times(size: Size, half: bool, rounds: int) -> dict[str, Any]:
    """Of one size; why not, where torch is not there."""
    try:
        import torch
    except ImportError:
        return {"failed": "torch is not installed"}
    torch.cuda.reset_peak_memory_stats()
    step = step_of_torch(size, half)
    loss = step()
    ms = clocked(torch.cuda.synchronize, step, size.steps, rounds)
    held = torch.cuda.max_memory_reserved()
    del step
    torch.cuda.empty_cache()
    return {"ms": ms, "memory_mb": held / 2**20, "first_loss": loss}


def clocked(wait: Callable[[], Any], run: Callable[[], Any], repeats: int, rounds: int) -> float:
    """Milliseconds of a call, the median of the rounds, after one call that is not counted."""

    def clock() -> float:
        wait()
        return time.perf_counter()

    run()
    return statistics.median(timed(run, repeats, clock) for _ in range(rounds))


WORK = {"steps": step_work, "ops": op_work, "torch": torch_work}
