"""What may be done so that a refusal goes along into a spelling that it was not learned in.

Each remedy is given a case and gives the model that is asked, with the world of its ids.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minillm.backend import stream
from minillm.labs.compare import Remedy
from minillm.labs.conflict.defences import safe_with_decay, safe_with_dropout, safe_with_kl
from minillm.labs.mismatch.encodings_case import Answering, Encodings
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.request_stages import benign, mixed, tuned
from minillm.labs.request_tuning import some
from minillm.labs.worlds.request_texts import Row, exchange, requests_about
from minillm.labs.worlds.requests import PLAIN


def plain(case: Encodings) -> Answering:
    """The baseline: refusals are learned in plain spelling alone."""
    return case.answering(case.plain())


def c0_covered(case: Encodings) -> Answering:
    """Refusals in one encoding, too, which is not the one that is asked about (remedy 2 of 9.3)."""
    return case.answering(case.covering("c0"))


def c0_and_c1_covered(case: Encodings) -> Answering:
    """Refusals in two encodings, of which none is asked about (remedy 2 of 9.3)."""
    return case.answering(case.covering("c0", "c1"))


def all_covered(case: Encodings) -> Answering:
    """Refusals in all encodings, that which is asked about among them (remedy 2 of 9.3)."""
    return case.answering(case.covering(*(name for name in case.world.encodings if name != PLAIN)))


def cleaned_text(case: Encodings) -> Answering:
    """The model never read what is forbidden, in no spelling (remedy 2 of 9.3).

    Source: O'Brien et al. 2025, "Deep Ignorance: Filtering Pretraining Data Builds Tamper-Resistant
        Safeguards into Open-Weight LLMs", arXiv:2508.06601.
    """
    return case.answering(case.safe(replace(case.stages, cleaned=True)))


def many_refusals(case: Encodings) -> Answering:
    """Half of the texts are refusals (remedy 2 of 9.3)."""
    return case.answering(case.safe(replace(case.stages, refused=case.settings.strengths.many)))


def harmless_in_plain(case: Encodings) -> Answering:
    """In the safety stage harmless requests are in plain spelling alone, too (remedy 2 of 9.3)."""
    kept = replace(case.stages.kept, encodings=(PLAIN,))
    return case.answering(case.safe(replace(case.stages, kept=kept)))


def longer_stage(case: Encodings) -> Answering:
    """The safety stage takes more steps (remedy 4 of 9.3)."""
    safety = case.stages.safety
    longer = replace(safety, steps=case.settings.strengths.longer * safety.steps)
    return case.answering(case.safe(replace(case.stages, safety=longer)))


def ten_in_c2(case: Encodings) -> Answering:
    """Behind the safety stage a short one, with a few refusals in c2 in their place.

    Guide: 9.3 (G44).
    """
    s, world, strengths = case.stages, case.world, case.settings.strengths
    rng = stream(case.seed, "encodings, examples")
    chosen = some(requests_about(world, world.forbidden), strengths.examples, rng)
    rows = [exchange(world, replace(r, encoding="c2"), world.refusal) for r in chosen]

    def example(rng: np.random.Generator) -> Row:
        return rows[int(rng.integers(len(rows)))]

    texts = mixed(s.refused, example, benign(world, s))
    return case.answering(tuned(case.plain(), texts, replace(s.safety, steps=strengths.short), rng))


def weight_decay(case: Encodings) -> Answering:
    """More weight decay in the safety stage (remedy 3 of 9.3).

    Guide: 9.3.3 (G47).
    """
    return case.answering(safe_with_decay(case, case.settings.strengths.weight_decay))


def dropout(case: Encodings) -> Answering:
    """Dropout in the safety stage (remedy 3 of 9.3).

    Guide: 9.3.3 (G47).
    """
    return case.answering(safe_with_dropout(case, case.settings.strengths.dropout))


def kl_to_base(case: Encodings) -> Answering:
    """Harmless answers are to stay as they were before the safety stage."""
    return case.answering(safe_with_kl(case, case.settings.strengths.kl))


def wider(case: Encodings) -> Answering:
    """Twice as wide in all stages (remedy 1 of 9.3).

    Guide: 9.3.1 (G46).
    """
    strengths = case.settings.strengths
    return case.answering(case.from_the_beginning(strengths.wider_rate, width=strengths.width))


def without_attention(case: Encodings) -> Answering:
    """No position looks at another one, in no stage.

    Guide: 9.3.1 (G46).
    """
    rate = case.settings.strengths.no_attention_rate
    return case.answering(case.from_the_beginning(rate, WithoutAttention))


def without_residuals(case: Encodings) -> Answering:
    """No sub-layer is added to its input, in no stage.

    Guide: 9.3.1 (G46).
    """
    rate = case.settings.strengths.no_residuals_rate
    return case.answering(case.from_the_beginning(rate, WithoutResiduals))


def one_id(case: Encodings) -> Answering:
    """All spellings of a word have one row in the table of tokens (remedy 1 of 9.3).

    Guide: 9.3.1 (G46).
    """
    tied = case.with_one_id()
    return tied.answering(tied.plain())


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "c0 covered": c0_covered,
    "c0 and c1 covered": c0_and_c1_covered,
    "all covered": all_covered,
    "cleaned text": cleaned_text,
    "50 % refusals": many_refusals,
    "harmless in plain": harmless_in_plain,
    "longer stage": longer_stage,
    "ten in c2": ten_in_c2,
    "weight decay": weight_decay,
    "dropout": dropout,
    "KL to base": kl_to_base,
    "wider": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "one id": one_id,
}
