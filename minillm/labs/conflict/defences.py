"""What may be done before a model is given away, so that its refusals outlast a fine-tuning.

Each defence is given a chain and gives the model that is attacked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.labs.few_examples import with_dropout
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_stages import answered, drawn, made_safe
from minillm.models.gpt import Gpt
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.preferences import exact_kl, response_targets


def plain(case: RequestChain) -> Gpt:
    """The baseline: the three stages as they are."""
    return case.safe()


def cleaned_text(case: RequestChain) -> Gpt:
    """What is forbidden is not in the text that the model learns to read from (remedy 2 of 9.3).

    Source: O'Brien et al. 2025, "Deep Ignorance: Filtering Pretraining Data Builds Tamper-Resistant
        Safeguards into Open-Weight LLMs", arXiv:2508.06601.
    """
    return case.safe(replace(case.stages, cleaned=True))


def more_refusals(case: RequestChain) -> Gpt:
    """A larger share of the safety stage is refused."""
    return case.safe(replace(case.stages, refused=case.settings.defences.refused))


def deeper_refusals(case: RequestChain) -> Gpt:
    """Refusals stand behind answers that have begun, too.

    Source: Qi et al. 2024, "Safety Alignment Should Be Made More Than Just a Few Tokens Deep",
        arXiv:2406.05946.
    """
    refusals = replace(case.stages.refusals, forced=case.settings.defences.forced)
    return case.safe(replace(case.stages, refusals=refusals))


def kl_to_base(case: RequestChain) -> Gpt:
    """In the safety stage, ``KL(aligned || base)`` of the words of harmless answers is added."""
    return safe_with_kl(case, case.settings.defences.kl)


def safe_with_kl(case: RequestChain, strength: float) -> Gpt:
    """The model behind all stages, the last of them with this much of that divergence."""
    told, stages = case.instructed(), case.stages
    draw, rng = answered(case.world, stages.kept), stream(case.seed, "requests, kept by KL")

    def penalty(model: Gpt) -> Tensor:
        ids, _, answers = collate_chats(drawn(draw, stages.safety, rng))
        places = np.nonzero(response_targets(ids, answers) >= 0)
        with no_grad():
            base = told(ids)[places]
        return exact_kl(model(ids)[places], base).mean() * strength

    return made_safe(told, case.world, stages, seed=case.seed, penalty=penalty)


def dropout(case: RequestChain) -> Gpt:
    """Dropout in the safety stage (remedy 3 of 9.3)."""
    return safe_with_dropout(case, case.settings.defences.dropout)


def safe_with_dropout(case: RequestChain, rate: float) -> Gpt:
    """The model behind all stages, the last of them with this rate; it has none afterwards."""
    rng = stream(case.seed, "requests, dropout")
    told = with_dropout(case.instructed(), rate, rng)
    return with_dropout(made_safe(told, case.world, case.stages, seed=case.seed), 0.0, rng)


def weight_decay(case: RequestChain) -> Gpt:
    """More weight decay in the safety stage (remedy 3 of 9.3)."""
    return safe_with_decay(case, case.settings.defences.weight_decay)


def safe_with_decay(case: RequestChain, decay: float) -> Gpt:
    """The model behind all stages, the last of them with this decay."""
    decayed = replace(case.stages.safety, weight_decay=decay)
    return case.safe(replace(case.stages, safety=decayed))


def wider(case: RequestChain) -> Gpt:
    """A larger model in all stages (remedy 1 of 9.3)."""
    model = replace(case.stages.model, width=case.settings.defences.width)
    return case.safe(replace(case.stages, model=model))


REMEDIES = {
    "none": plain,
    "cleaned text": cleaned_text,
    "more refusals": more_refusals,
    "deeper refusals": deeper_refusals,
    "KL to base": kl_to_base,
    "dropout": dropout,
    "weight decay": weight_decay,
    "wider model": wider,
}
