"""What several studies train: a small GPT, from random weights, on texts that are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import stream
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import gpt2_style
from minillm.optim import AdamW, cosine_with_warmup, decay_groups
from minillm.tasks.generation.windows import padded
from minillm.training import Gradients, Step, fit, mean_gradients


@dataclass(frozen=True)
class GptSizes:
    """How large it is; matrices start with deviation ``std``, as suits a small width."""

    width: int = 64
    n_layers: int = 2
    n_heads: int = 4
    std: float = 0.08


@dataclass(frozen=True)
class GptTraining:
    """Batches of texts for AdamW, under a rate that rises to ``rate`` and falls along a cosine."""

    batch: int = 16
    steps: int = 1200
    rate: float = 0.003
    lowest_rate: float = 0.0003
    warmup: int = 60
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    max_norm: float = 1.0


@dataclass(frozen=True)
class SmallGpt(GptTraining, GptSizes):
    """Its sizes and its training."""


def new_gpt(
    settings: GptSizes,
    *,
    vocabulary_size: int,
    max_length: int,
    seed: int,
    kind: type[Gpt] = Gpt,
) -> Gpt:
    """A GPT that knows nothing yet; ``kind`` is one with other parts."""
    s = settings
    sizes = {"width": s.width, "n_layers": s.n_layers, "n_heads": s.n_heads}
    config = gpt2_style(vocabulary_size, **sizes, max_length=max_length)
    model = kind(config, rng=stream(seed, "gpt"))
    start_with((p for p in model.parameters() if p.ndim == 2), s.std)
    return model


def start_with(parameters: Iterable[Parameter], std: float) -> None:
    """Give weights that began with the usual deviation, 0.02, another one."""
    for parameter in parameters:
        parameter.data = parameter.data * np.float32(std / 0.02)


def learn_texts(
    model: Gpt, draw: Callable[[int], Sequence[np.ndarray]], settings: GptTraining
) -> None:
    """Train on ``draw(batch)`` texts in every step, each ``(T,)`` ids."""
    batches = (padded(draw(settings.batch)) for _ in range(settings.steps))
    learn_batches(model, lambda window: model.loss(*window), batches, settings)


def learn_batches(
    model: Gpt, loss_of: Callable[[Any], Tensor], batches: Iterable[Any], settings: GptTraining
) -> None:
    """A step of AdamW for each batch."""
    for _ in learning(model, loss_of, batches, settings):
        pass


def learning(
    model: Gpt,
    loss_of: Callable[[Any], Any],
    batches: Iterable[Any],
    settings: GptTraining,
    gradients: Gradients = mean_gradients,
) -> Iterator[Step]:
    """The steps of ``learn_batches``, one by one; ``gradients`` as in ``fit``."""
    s = settings
    optimizer = AdamW(decay_groups(model), weight_decay=s.weight_decay, betas=s.betas)
    rates = cosine_with_warmup(peak=s.rate, warmup=s.warmup, total=s.steps, lowest=s.lowest_rate)
    return fit(
        loss_of, batches, optimizer, schedule=rates, max_norm=s.max_norm, gradients=gradients
    )
