"""What may be done where texts are longer than those that were learned.

Each remedy is given a case and gives a reader for each task.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs.compare import Remedy
from minillm.labs.mismatch.length_case import Length
from minillm.labs.mismatch.length_readers import (
    Cut,
    Pair,
    Scattered,
    Trained,
    scattered,
    shifted,
)
from minillm.labs.worlds.lengths import TASKS


def plain(case: Length) -> Pair:
    """The baseline: learned positions, and short texts as they are."""
    return Pair(*(Trained(case.plain(task)) for task in TASKS))


def learned(case: Length, **options: Any) -> Pair:
    """Both tasks learned in another way; ``options`` as in ``Length.learned``."""
    return Pair(*(Trained(case.learned(task, **options)) for task in TASKS))


def with_model(case: Length, rate: float, **changed: Any) -> Pair:
    """Another model of the same texts."""
    return learned(case, model=replace(case.settings.model, **changed), rate=rate)


def sinusoidal(case: Length) -> Pair:
    """Places are sines and cosines (remedy 1 of 9.3)."""
    return with_model(case, case.settings.strengths.sinusoidal_rate, positions="sinusoidal")


def rotary(case: Length) -> Pair:
    """Queries and keys are turned by their places (remedy 1 of 9.3)."""
    return with_model(case, case.settings.strengths.rotary_rate, positions="rotary")


def alibi(case: Length) -> Pair:
    """What is farther away counts less (remedy 1 of 9.3)."""
    return with_model(case, case.settings.strengths.alibi_rate, positions="ALiBi")


def no_positions(case: Length) -> Pair:
    """Only the causal mask tells the order (remedy 1 of 9.3)."""
    return with_model(case, case.settings.strengths.none_rate, positions="none")


def wider(case: Length) -> Pair:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, s.wider_rate, width=s.width, hidden=4 * s.width)


def without_attention(case: Length) -> Pair:
    """No position sees another one (remedy 1 of 9.3)."""
    return with_model(case, case.settings.strengths.rate, attention=False)


def more_data(case: Length) -> Pair:
    """More texts, as short as the others (remedy 2 of 9.3)."""
    return learned(case, texts=case.many)


def few_long(case: Length) -> Pair:
    """A few long texts are a share of the batches (remedy 2 of 9.3)."""
    return learned(case, long_share=case.settings.strengths.long_share)


def random_offsets(case: Length) -> Pair:
    """Each text starts at a random place, so that all places are trained (remedy 2 of 9.3)."""
    return learned(case, rate=case.settings.strengths.shifted_rate, places=shifted)


def randomised_positions(case: Length) -> Pair:
    """Words stand at random places, in order (remedy 2 of 9.3).

    Source: as ``scattered``.
    """
    rate = case.settings.strengths.scattered_rate
    models = (case.learned(task, rate=rate, places=scattered) for task in TASKS)
    return Pair(*(Scattered(model, case.seed) for model in models))


def weight_decay(case: Length) -> Pair:
    """Weight decay (remedy 3 of 9.3)."""
    return learned(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Length) -> Pair:
    """Dropout (remedy 3 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, s.rate, dropout=s.dropout)


def fine_tuning(case: Length) -> Pair:
    """The trained model goes on with a few long texts and nothing else (remedy 4 of 9.3)."""
    s = case.settings.strengths
    texts = case.long.only(slice(s.few))
    models = (
        case.learned(task, texts, steps=s.tuning_steps, start=case.plain(task)) for task in TASKS
    )
    return Pair(*(Trained(model) for model in models))


def cut(case: Length) -> Pair:
    """Of a text longer than those learned, the baseline is shown the end and nothing before it."""
    return Pair(*(Cut(case.plain(task), case.settings.longest) for task in TASKS))


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "sinusoidal": sinusoidal,
    "rotary": rotary,
    "ALiBi": alibi,
    "no positions": no_positions,
    "wider model": wider,
    "without attention": without_attention,
    "more data": more_data,
    "200 long texts": few_long,
    "random offsets": random_offsets,
    "randomised positions": randomised_positions,
    "weight decay": weight_decay,
    "dropout": dropout,
    "fine-tuned on 50 long": fine_tuning,
    "cut to 12 words": cut,
}
