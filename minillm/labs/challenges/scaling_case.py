"""GPTs of several depths that learn ranked facts: their sizes, their training, their losses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from minillm.backend import stream
from minillm.labs.small_gpt import GptTraining, learning, start_with
from minillm.labs.worlds.ranked_facts import Facts
from minillm.models.costs import Dial, Sized, gpt_flops, sized
from minillm.models.gpt import Gpt
from minillm.nn.quantization import quantize, stored_bytes
from minillm.ops import IGNORE, log_softmax
from minillm.training import evaluating

Draw = Callable[[int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Training(GptTraining):
    """How all GPTs learn; the rate is that of depth ``rate_depth``, and falls as the width grows.

    ``std`` is the deviation of matrices at the start; a head is ``head_width`` wide.
    """

    batch: int = 256
    steps: int = 500
    rate: float = 0.01
    lowest_rate: float = 0.0
    warmup: int = 25
    weight_decay: float = 0.0
    std: float = 0.1
    head_width: int = 4
    rate_depth: int = 4


def sized_for(facts: Facts, depth: int, training: Training) -> Sized:
    """Sizes and rate of a GPT of this depth, by the dial."""
    d, t = facts.dials, training
    dial = Dial(
        d.vocabulary_size,
        max_length=d.digits,
        head_width=t.head_width,
        rate=t.rate,
        rate_depth=t.rate_depth,
    )
    return sized(depth, dial)


def flops_of(facts: Facts, depth: int, training: Training) -> int:
    """Operations of one step of training."""
    config = sized_for(facts, depth, training).config
    return gpt_flops(config, training.batch, facts.dials.digits).training


def new_learner(facts: Facts, depth: int, training: Training, *, seed: int, use: str) -> Gpt:
    """A GPT that knows nothing yet; ``use`` tells those of one depth apart."""
    config = sized_for(facts, depth, training).config
    model = Gpt(config, rng=stream(seed, f"weights: {use}", depth))
    start_with((p for p in model.parameters() if p.ndim == 2), training.std)
    return model


def learned(
    model: Gpt, facts: Facts, depth: int, training: Training, draw: Draw, looks: int
) -> Iterator[float]:
    """Train on ``draw(batch)``, and give the exact loss ``looks`` times, last at the end.

    The looks are equally far from each other.
    """
    rate = sized_for(facts, depth, training).rate
    settings = replace(training, rate=rate)
    batches = (batch_of(facts, *draw(settings.batch)) for _ in range(settings.steps))
    at = {round(settings.steps * (i + 1) / looks) for i in range(looks)}
    steps = learning(model, lambda batch: model.loss(*batch), batches, settings)
    for step in steps:
        if step.index + 1 in at:
            yield facts.loss(said(model, facts))


def batch_of(facts: Facts, keys: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keys and targets ``(B, digits)``: the answer behind the last digit is all that is asked."""
    ids = facts.ids[keys]
    targets = np.full(ids.shape, IGNORE)
    targets[:, -1] = answers
    return ids, targets


def said(model: Gpt, facts: Facts) -> np.ndarray:
    """ln p of every token behind every key, (K, V)."""
    with evaluating(model):
        logits = model(facts.ids)[:, -1]
    return log_softmax(logits).data.astype(np.float64)


def mistakes(model: Gpt, facts: Facts) -> float:
    """The share of texts, told rightly, whose answer is not the model's first choice."""
    right = said(model, facts).argmax(axis=1) == facts.answers
    return float(facts.p[~right].sum())


def in_fewer_bits(model: Gpt, facts: Facts, kind: str) -> tuple[float, float, float, float]:
    """What a model loses with its linear layers stored in ``kind``, and what that takes.

    The rise of the loss in nats, the share of texts with the same first choice, the root mean
    square of the change of ln p beside that of ln p itself, and the bytes beside those before.

    Guide: 8.2.1 (G53).
    """
    small = copy.deepcopy(model)
    quantize(small, kind)
    before, after = said(model, facts), said(small, facts)
    same = before.argmax(axis=1) == after.argmax(axis=1)
    return (
        facts.loss(after) - facts.loss(before),
        float(facts.p[same].sum()),
        float(np.sqrt(((after - before) ** 2).mean() / before.var())),
        stored_bytes(small) / stored_bytes(model),
    )
