"""What may be done so that a model does not give away what it was trained on.

Each remedy is given a case and gives a model, with the way in which texts are shown to it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from minillm.labs.challenges.privacy_case import Privacy, Speaker
from minillm.labs.compare import Remedy
from minillm.labs.worlds.canaries import NAMES, OWNERS
from minillm.text.duplicates import without_copies, without_near_copies
from minillm.text.scrubbing import scrub

scrubbed_view = functools.cache(functools.partial(scrub, names=(*NAMES, *OWNERS)))


def plain(case: Privacy) -> Speaker:
    """The baseline: the texts as they stand."""
    return case.plain()


def some_texts(case: Privacy, chosen: Callable[[Sequence[str]], list[int]]) -> Speaker:
    """The texts of these numbers, as many steps."""
    return case.learned([case.told[i] for i in chosen(case.told)])


def exact_copies(case: Privacy) -> Speaker:
    """Each text is kept once (remedy 2 of 9.3).

    Source: as ``without_copies``.
    """
    return some_texts(case, without_copies)


def near_copies(case: Privacy) -> Speaker:
    """Of texts of nearly the same words one is kept (remedy 2 of 9.3).

    Source: as ``without_near_copies``.
    """
    alike = case.settings.strengths.alike

    def chosen(texts: Sequence[str]) -> list[int]:
        return without_near_copies([text.split() for text in texts], alike=alike)

    return some_texts(case, chosen)


def scrubbed(case: Privacy) -> Speaker:
    """Telephones and listed names are taken out; of door codes nobody thought (remedy 2)."""
    return case.learned(case.told, view=scrubbed_view)


def redrawn(case: Privacy) -> Speaker:
    """Every digit of every text is another one each time it is read (remedy 2 of 9.3)."""
    return case.learned(case.told, redrawn=True)


def more_texts(case: Privacy) -> Speaker:
    """Purchases of others are told, too, ``times`` as many (remedy 2 of 9.3)."""
    return case.learned([*case.told, *case.public])


def weight_decay(case: Privacy) -> Speaker:
    """Weight decay (remedy 3 of 9.3)."""
    return case.learned(case.told, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Privacy) -> Speaker:
    """Dropout (remedy 3 of 9.3)."""
    sizes = replace(case.settings.model, dropout=case.settings.strengths.dropout)
    return case.learned(case.told, sizes=sizes)


def early(case: Privacy) -> Speaker:
    """Fewer steps (remedy 3 of 9.3)."""
    s = case.settings
    steps = s.strengths.early
    return case.learned(case.told, steps=steps, warmup=min(s.training.warmup, steps // 2))


def wider(case: Privacy) -> Speaker:
    """A larger model (remedy 1 of 9.3)."""
    return case.learned(
        case.told, sizes=replace(case.settings.model, width=case.settings.strengths.width)
    )


def private(case: Privacy, epsilon: float, rate: float) -> Speaker:
    """DP-Adam that promises ε for each text.

    Source: as ``PrivateGradients``.
    """
    return case.learned(case.told, epsilon=epsilon, rate=rate, lowest_rate=rate / 10)


def larger_epsilon(case: Privacy) -> Speaker:
    """DP-Adam with the larger ε."""
    return private(case, case.settings.epsilons[0], case.settings.strengths.rate_8)


def smaller_epsilon(case: Privacy) -> Speaker:
    """DP-Adam with the smaller ε."""
    return private(case, case.settings.epsilons[1], case.settings.strengths.rate_2)


def behind_public_texts(case: Privacy) -> Speaker:
    """A model of public texts, fine-tuned by DP-Adam with the smaller ε (remedy 4 of 9.3).

    Source: Li, Tramèr, Liang & Hashimoto 2022, "Large Language Models Can Be Strong Differentially
        Private Learners", arXiv:2110.05679.
    """
    s = case.settings
    rate = s.strengths.public_rate
    return case.learned(
        case.told,
        start=case.reference().gpt,
        epsilon=s.epsilons[1],
        rate=rate,
        lowest_rate=rate / 10,
    )


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "exact copies removed": exact_copies,
    "near copies removed": near_copies,
    "scrubbed": scrubbed,
    "other digits": redrawn,
    "more texts": more_texts,
    "weight decay": weight_decay,
    "dropout": dropout,
    "early stop": early,
    "wider model": wider,
    "epsilon 8": larger_epsilon,
    "epsilon 2": smaller_epsilon,
    "epsilon 2 behind public texts": behind_public_texts,
}
