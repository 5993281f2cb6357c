"""What ``bench`` times last: a linear layer whose weights are stored in fewer bits."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.commands.bench_timing import Clock, fitting, in_turn, timed
from minillm.nn import Linear, Module
from minillm.nn.quantization import STORED

INPUTS, OUTPUTS = 256, 1024
ROWS = (1, 256)  # a word that is generated, and a batch


def stored_ms(rows: int, rounds: int, clock: Clock) -> dict[str, float]:
    """The median milliseconds of the layer forward, by how its weights are stored."""
    rng = stream(0, "bench: stored")
    layer = Linear(INPUTS, OUTPUTS, rng=rng)
    x = Tensor(rng.standard_normal((rows, INPUTS), dtype="float32"))
    kinds: dict[str, Module] = {"float32": layer}
    kinds |= {kind: make(layer) for kind, make in STORED.items()}
    with no_grad():
        asked = {kind: asking(one, x, clock) for kind, one in kinds.items()}
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for kind, ms in in_turn(asked, rounds):
            times[kind].append(ms)
    return {kind: statistics.median(found) for kind, found in times.items()}


def asking(layer: Module, x: Tensor, clock: Clock) -> Callable[[], float]:
    """A function that times one layer, over as many calls as a clock needs."""
    repeats = fitting(timed(lambda: layer(x), 2, clock))
    return lambda: timed(lambda: layer(x), repeats, clock)
