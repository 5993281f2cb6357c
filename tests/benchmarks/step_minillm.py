"""The step with this project; several threads share the rows of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minillm import ops
from minillm.autograd import Tensor
from minillm.backend.threads import limit_threads
from minillm.commands import bench_steps
from tests.benchmarks import problem
from tests.benchmarks.sizes import Size


def prepared(
    size: dict[str, int], threads: int = 1, activation: Callable[[Tensor], Tensor] = ops.gelu
) -> Callable[[], float]:
    """A function that makes one training step and gives the loss before it."""
    limit_threads(threads, each=1)
    return bench_steps.training_step(*model_and_batch(size, activation), threads=threads)


def model_and_batch(
    size: dict[str, int], activation: Callable[[Tensor], Tensor] = ops.gelu
) -> tuple[bench_steps.LanguageModel, Any]:
    """The weights and ids that all implementations begin with."""
    model = bench_steps.LanguageModel(bench_steps.Size(**size), activation)
    model.load_state_dict(problem.weights(Size(**size)))
    return model, problem.batch(Size(**size))
