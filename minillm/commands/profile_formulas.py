"""What formulas say of a training step that ``profile`` looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minillm.backend.kernel_switch import kernels_in_force
from minillm.models import BertConfig, GptConfig
from minillm.models.costs import (
    TrainingMemory,
    TrainingPeak,
    bert_flops,
    gpt_flops,
    kv_cache_bytes,
    six_n_d,
    training_memory,
    training_peak,
)

ACCUMULATED = (1, 2, 4)  # batches in an update, where they divide it


@dataclass(frozen=True)
class Way:
    """How a step is made: in groups of so many blocks, out of so many batches."""

    recompute: int = 0
    accumulate: int = 1


@dataclass
class LastToken:
    """What writing the last token that fits costs: operations with a cache, and without one."""

    with_cache: int
    without: int
    cache_bytes: int


@dataclass
class Formulas:
    """What a training step costs without being made; ``None`` where there is no formula."""

    flops: int | None = None
    six_n_d: int | None = None
    memory: TrainingMemory | None = None
    last_token: LastToken | None = None
    peaks: Mapping[Way, TrainingPeak] = field(default_factory=dict)  # the way that is asked first


def formulas_of(
    config: GptConfig | BertConfig, batch: int, length: int, head: Any, way: Way
) -> Formulas:
    """Operations and memory of a training step on one of ``way.accumulate`` batches.

    ``head`` are settings of ``bert_flops``.
    """
    part = batch // way.accumulate
    shown = Formulas(six_n_d=six_n_d(config, part * length))
    if isinstance(config, GptConfig):
        flops = gpt_flops(config, part, length)
        shown.last_token = LastToken(
            gpt_flops(config, 1, 1, before=length - 1).total,
            gpt_flops(config, 1, length).total,
            kv_cache_bytes(config, 1, length),
        )
    else:
        flops = bert_flops(config, part, length, **head)
    again = flops.total - flops.head if way.recompute else 0
    shown.flops = flops.training + again
    hidden = None if isinstance(config, GptConfig) else head.get("hidden_positions")
    if isinstance(config, GptConfig) or hidden:
        shown.peaks = peaks_of(config, batch, length, hidden, way)
        peak = shown.peaks[way]
        shown.memory = training_memory(peak.parameters // 4, peak.kept)
    return shown


def peaks_of(
    config: GptConfig | BertConfig, batch: int, length: int, hidden: int | None, asked: Way
) -> dict[Way, TrainingPeak]:
    """The peaks of the way that is asked, and of others; ``hidden`` of one of its batches."""
    level = "off" if kernels_in_force() == "off" else "numpy"
    others = [Way(again, k) for again in (0, 1) for k in ACCUMULATED if batch % k == 0]
    return {
        way: training_peak(
            config, batch // way.accumulate, length,
            hidden_positions=hidden and max(1, hidden * asked.accumulate // way.accumulate),
            recompute=way.recompute, accumulate=way.accumulate, kernels=level,
        )
        for way in dict.fromkeys([asked, *others])
    }  # fmt: skip
