"""What attention costs: a score for each pair of places."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import kernels, stream
from minillm.nn import MultiHeadAttention


def cost(length: int, *, width: int, n_heads: int, repeats: int) -> tuple[int, int, float]:
    """Scores, bytes at the peak, and CPU seconds of attention over ``length`` places in float32.

    It is the rule that is measured, as it is read, without a kernel in its place.  The seconds,
    the least of ``repeats`` passes, differ between machines and runs; the other two
    do not.

    Guide: 3.1 (G16).
    """
    rng = stream(0, "attention cost", length)
    layer = MultiHeadAttention(width, n_heads, rng=rng)
    x = Tensor(rng.standard_normal((1, length, width)).astype(np.float32))
    with no_grad(), kernels("off"):
        scores = layer.weights(x).size
        seconds = []
        for _ in range(repeats):
            start = time.process_time()
            layer(x)
            seconds.append(time.process_time() - start)
        tracemalloc.start()
        layer(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return scores, peak, min(seconds)
