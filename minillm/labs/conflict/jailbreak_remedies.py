"""What may be done so that a refusal is not got round: data, steps, penalties, gradients, parts.

Each remedy is given a chain and gives the model that is asked.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from minillm.labs.conflict.defences import (
    deeper_refusals,
    dropout,
    kl_to_base,
    more_refusals,
    plain,
    weight_decay,
)
from minillm.labs.conflict.jailbreak_settings import Jailbreaks
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.request_objectives import made_safe_by
from minillm.labs.request_preferences import preferring
from minillm.labs.request_stages import Refusals, Stages
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import PLAIN
from minillm.models.gpt import Gpt
from minillm.training.objectives.aggregators import mgda, pcgrad


def ruled(case: Jailbreaks, share: float) -> Asking:
    """Requests of which a share has a rule: each rule as often as in what is answered."""
    kept = case.stages.kept
    times = share / (kept.begin + kept.no_apology)
    return Asking(
        begin=times * kept.begin,
        no_apology=times * kept.no_apology,
        starts=case.settings.defences.starts,
    )


def spellings(case: Jailbreaks) -> tuple[str, ...]:
    """As many of the covered encoding for each plain one as makes the share that is wished."""
    share = case.settings.defences.encoded
    return PLAIN, *[case.settings.exam.covered] * round(share / (1.0 - share))


def with_refusals(case: Jailbreaks, refusals: Refusals, refused: float | None = None) -> Gpt:
    """The baseline with other refusals, or with another share of them."""
    share = case.stages.refused if refused is None else refused
    return case.safe(replace(case.stages, refusals=refusals, refused=share))


def refusals_with_rules(case: Jailbreaks) -> Gpt:
    """Requests are refused under rules for the answer, too (remedy 2 of 9.3).

    Source: Wei et al. 2023, "Jailbroken: How Does LLM Safety Training Fail?", arXiv:2307.02483,
        names the rules.
    """
    asking = ruled(case, case.settings.defences.ruled)
    return with_refusals(case, replace(case.stages.refusals, asking=asking))


def refusals_in_an_encoding(case: Jailbreaks) -> Gpt:
    """Requests are refused in one of the two encodings, too (remedy 2 of 9.3)."""
    asking = replace(case.stages.refusals.asking, encodings=spellings(case))
    return with_refusals(case, replace(case.stages.refusals, asking=asking))


def all_kinds(case: Jailbreaks) -> Refusals:
    """Refusals with rules, behind answers that have begun, and in an encoding."""
    defences = case.settings.defences
    asking = replace(ruled(case, defences.all_ruled), encodings=spellings(case))
    return replace(case.stages.refusals, asking=asking, forced=defences.all_forced)


def refusals_of_all_kinds(case: Jailbreaks) -> Gpt:
    """All three kinds, as many refusals as before (remedy 2 of 9.3)."""
    return with_refusals(case, all_kinds(case))


def more_of_all_kinds(case: Jailbreaks) -> Gpt:
    """All three kinds, and twice as many refusals (remedy 2 of 9.3)."""
    return with_refusals(case, all_kinds(case), case.settings.defences.refused)


def many_refusals(case: Jailbreaks) -> Gpt:
    """Half of the texts are refusals (remedy 2 of 9.3)."""
    return case.safe(replace(case.stages, refused=case.settings.defences.many))


def longer_stage(case: Jailbreaks) -> Gpt:
    """The safety stage takes more steps (remedy 4 of 9.3)."""
    steps = case.settings.defences.longer * case.stages.safety.steps
    return case.safe(replace(case.stages, safety=replace(case.stages.safety, steps=steps)))


def in_the_safety_stage(case: Jailbreaks, rate: float) -> Stages:
    """The stages with another rate in the last one."""
    return replace(case.stages, safety=replace(case.stages.safety, rate=rate))


def surgery(case: Jailbreaks) -> Gpt:
    """Of the gradients to help and to refuse, each loses what is against the other.

    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", arXiv:2001.06782.
    """
    stages = in_the_safety_stage(case, case.settings.defences.pcgrad_rate)
    return made_safe_by(case.instructed(), case.world, stages, pcgrad, seed=case.seed).model


def shortest_mean(case: Jailbreaks) -> Gpt:
    """The least norm between both gradients at length 1.

    Source: Désidéri 2012, "Multiple-gradient descent algorithm (MGDA) for multiobjective
        optimization".
    """
    stages = in_the_safety_stage(case, case.settings.defences.mgda_rate)
    aggregator = partial(mgda, normalised=True)
    return made_safe_by(case.instructed(), case.world, stages, aggregator, seed=case.seed).model


def preferences_behind_it(case: Jailbreaks) -> Gpt:
    """Pairs of a refusal and an answer behind the safety stage: see ``preferring``."""
    safe, settings = case.plain(), case.settings.defences.preferring
    return preferring(safe, case.world, case.stages, settings, seed=case.seed)


def wider(case: Jailbreaks) -> Gpt:
    """Twice as wide in all stages (remedy 1 of 9.3)."""
    defences = case.settings.defences
    return case.from_the_beginning(defences.wider_rate, width=defences.width)


def without_attention(case: Jailbreaks) -> Gpt:
    """No position looks at another one, in no stage.

    Guide: 9.3.1 (G46).
    """
    return case.from_the_beginning(case.settings.defences.no_attention_rate, WithoutAttention)


def without_residuals(case: Jailbreaks) -> Gpt:
    """No sub-layer is added to its input, in no stage.

    Guide: 9.3.1 (G46).
    """
    return case.from_the_beginning(case.settings.defences.no_residuals_rate, WithoutResiduals)


REMEDIES = {
    "none": plain,
    "refusals with rules": refusals_with_rules,
    "refusals behind a start": deeper_refusals,
    "refusals in an encoding": refusals_in_an_encoding,
    "refusals of all kinds": refusals_of_all_kinds,
    "all kinds, 20 %": more_of_all_kinds,
    "20 % refusals": more_refusals,
    "50 % refusals": many_refusals,
    "longer stage": longer_stage,
    "weight decay": weight_decay,
    "dropout": dropout,
    "KL to base": kl_to_base,
    "PCGrad": surgery,
    "MGDA": shortest_mean,
    "DPO behind it": preferences_behind_it,
    "wider": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
}
