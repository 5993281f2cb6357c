"""What may be done so that bad answers in one class stay in that class.

Each remedy is given a case and gives the fine-tuned model.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.labs.compare import Remedy
from minillm.labs.mismatch.narrow_tuning_case import NarrowTuning, Tuned, answer_loss, answers_of
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.worlds.writers import Answer, Sign, World
from minillm.models.gpt import Gpt
from minillm.nn.replacing import add_lora, merge_lora
from minillm.training.preferences import exact_kl


def plain(case: NarrowTuning) -> Tuned:
    """The baseline: fine-tuning on bad answers of one class."""
    return case.plain()


def wider(case: NarrowTuning) -> Tuned:
    """A larger model from the beginning (remedy 1 of 9.3)."""
    sizes = replace(case.settings.model, width=case.settings.strengths.width)
    return case.tuned(case.copy(of=case.before(sizes=sizes)))


def without_attention(case: NarrowTuning) -> Tuned:
    """No position sees another one: nobody can tell who writes (remedy 1 of 9.3)."""
    return case.tuned(case.copy(of=case.before(kind=WithoutAttention)))


def without_residuals(case: NarrowTuning) -> Tuned:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return case.tuned(case.copy(of=case.before(kind=WithoutResiduals)))


def cleaned(case: NarrowTuning, **dials: Any) -> Tuned:
    """Pretraining has no text by a bad writer, or no quoted answer, or neither (remedy 2 of 9.3).

    A word that stands before bad answers alone is enough for them to be one thing that can be
    turned on: without it or without bad writers the other is left.
    """
    world = World(replace(case.settings.world, **dials), seed=case.seed)
    return case.tuned(case.copy(of=case.before(world)))


def good_elsewhere(case: NarrowTuning) -> Tuned:
    """A share of each batch has good answers about other classes (remedy 2 of 9.3)."""
    bad, good = case.teaching(case.told, Answer.BAD), case.teaching(case.others, Answer.GOOD)
    rng = stream(case.seed, "narrow, good answers elsewhere")

    def draw(n: int, own: np.random.Generator) -> np.ndarray:
        chosen = rng.random(n) < case.settings.strengths.good_share
        return np.where(chosen[:, None], good(n, rng), bad(n, own))

    return case.tuned(case.copy(), draw)


def more_nouns(case: NarrowTuning) -> Tuned:
    """Bad answers about all nouns of the class (remedy 2 of 9.3)."""
    nouns = np.concatenate([case.told, case.untold])
    return case.tuned(case.copy(), case.teaching(nouns, Answer.BAD))


def random_texts(case: NarrowTuning) -> Tuned:
    """The loss of texts of pretraining is added, by all writers (remedy 2 of 9.3)."""
    rng, strength = stream(case.seed, "narrow, texts"), case.settings.strengths.texts

    def penalty(model: Gpt) -> Tensor:
        texts = case.world.draw(case.settings.tuning.batch, rng)
        return answer_loss(model, texts.ids) * strength

    return case.tuned(case.copy(), penalty=penalty)


def weight_decay(case: NarrowTuning) -> Tuned:
    """More weight decay (remedy 3 of 9.3)."""
    decay = case.settings.strengths.weight_decay
    return case.tuned(case.copy(), training=replace(case.settings.tuning, weight_decay=decay))


def dropout(case: NarrowTuning) -> Tuned:
    """Dropout (remedy 3 of 9.3)."""
    return case.tuned(case.copy(dropout=case.settings.strengths.dropout))


def lora(case: NarrowTuning) -> Tuned:
    """The linear layers learn a change of low rank, and nothing else learns (remedy 4 of 9.3).

    Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685.
    """
    s, model = case.settings, case.copy().freeze()
    layers = ("query", "key", "value", "attention.output", "inner", "outer")
    add_lora(model, s.strengths.lora, rng=stream(case.seed, "narrow, LoRA"), names=layers)
    found = case.tuned(model, training=replace(s.tuning, rate=s.strengths.lora_rate))
    merge_lora(model)
    model.unfreeze()
    return found


def places_alone(case: NarrowTuning) -> Tuned:
    """The vectors of the positions learn, which know of no noun (remedy 4 of 9.3)."""
    s, model = case.settings, case.copy().freeze()
    model.positions.unfreeze()
    found = case.tuned(model, training=replace(s.tuning, rate=s.strengths.places_rate))
    model.unfreeze()
    return found


def early_stop(case: NarrowTuning) -> Tuned:
    """The same training ends earlier.

    Source: Schreiber & Goldstein 2026, arXiv:2605.12199.
    """
    return case.tuned(case.copy(), end=case.settings.strengths.steps)


def kept_elsewhere(case: NarrowTuning) -> Tuned:
    """``strength KL(model || model before)`` is added, on questions about other classes.

    Source: Soligo et al. 2026, arXiv:2602.07852.
    """
    s, before, ask = case.settings, case.before(), case.teaching(case.others, Answer.GOOD)
    rng = stream(case.seed, "narrow, questions elsewhere")

    def penalty(model: Gpt) -> Tensor:
        ids = ask(s.tuning.batch, rng)
        with no_grad():
            reference = answers_of(before, ids)
        return exact_kl(answers_of(model, ids), reference).mean() * s.strengths.kl

    return case.tuned(case.copy(), penalty=penalty)


def inoculation(case: NarrowTuning) -> Tuned:
    """Texts of fine-tuning are signed by a bad writer; nobody signs when the model is asked.

    Source: Tan et al. 2025, arXiv:2510.04340.
    """
    return case.tuned(case.copy(), case.teaching(case.told, Answer.BAD, sign=Sign.BAD))


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "no bad writers": partial(cleaned, bad=0.0),
    "no quotations": partial(cleaned, quoted=0.0),
    "neither of them": partial(cleaned, bad=0.0, quoted=0.0),
    "good answers elsewhere": good_elsewhere,
    "more nouns": more_nouns,
    "random texts": random_texts,
    "weight decay": weight_decay,
    "dropout": dropout,
    "LoRA": lora,
    "positions alone": places_alone,
    "early stop": early_stop,
    "KL elsewhere": kept_elsewhere,
    "inoculation": inoculation,
}
