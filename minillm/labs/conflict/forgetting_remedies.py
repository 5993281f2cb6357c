"""What may be done in fine-tuning against the forgetting of what was known before.

Each remedy is given a case and gives the model behind the fine-tuning.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.labs.compare import Remedy
from minillm.labs.conflict.forgetting_case import Forgetting, answers_of
from minillm.labs.few_examples import with_dropout
from minillm.labs.worlds.knowledge import Facts
from minillm.models.gpt import Gpt
from minillm.nn.replacing import add_lora, merge_lora
from minillm.ops import cross_entropy
from minillm.optim import distance_penalty
from minillm.training import fisher_diagonal
from minillm.training.preferences import exact_kl


def plain(case: Forgetting) -> Gpt:
    """The baseline: fine-tuning on world B as it is."""
    return case.plain()


def replay(case: Forgetting, place: int) -> Gpt:
    """A share of each batch is of world A.

    Source: Robins 1995, "Catastrophic Forgetting, Rehearsal and Pseudorehearsal".
    """
    share = case.settings.strengths.replay[place]

    def draw(n: int, rng: np.random.Generator) -> Facts:
        old = rng.random(n) < share
        places = rng.integers(len(old_and_new[0].answers), size=n)
        one, other = (facts.only(places) for facts in old_and_new)
        ids = np.where(old[:, None], one.ids, other.ids)
        return Facts(ids, np.where(old, one.answers, other.answers))

    old_and_new = case.old, case.new
    return case.tuned(case.copy(), draw=draw)


def kept_answers(case: Forgetting, strength: float, *, old: bool) -> Gpt:
    """``strength KL(model || model before)`` is added, on questions of one world.

    A batch of world B has its own questions; those of world A are drawn.  No answers are needed.
    """
    before, rng = case.known(), stream(case.seed, "forgetting, questions of A")

    def penalty(model: Gpt, facts: Facts) -> Tensor:
        ids = case.old.draw(len(facts.ids), rng).ids if old else facts.ids
        with no_grad():
            reference = answers_of(before, ids)
        return exact_kl(answers_of(model, ids), reference).mean() * strength

    return case.tuned(case.copy(), penalty=penalty)


def kl_on_old(case: Forgetting) -> Gpt:
    """The answers to questions of world A are held where they were."""
    return kept_answers(case, case.settings.strengths.kl_old, old=True)


def kl_on_new(case: Forgetting) -> Gpt:
    """The answers to the questions of world B are held: no text of world A is needed.

    Source: Li & Hoiem 2016, "Learning without Forgetting", arXiv:1606.09282.
    """
    return kept_answers(case, case.settings.strengths.kl_new, old=False)


def l2_sp(case: Forgetting) -> Gpt:
    """The weights are pulled back to where they were.

    Source: as ``distance_penalty``.
    """
    return held(case, case.settings.strengths.l2_sp, None)


def ewc(case: Forgetting, strength: float, temperature: float) -> Gpt:
    """The weights that matter for world A are held, by the empirical Fisher of its answers.

    With a ``temperature`` above 1 the gradients are those of answers that are less certain.

    Source: as ``distance_penalty``.
    """
    model, facts = case.copy(), case.old

    def loss_of(place: int) -> Tensor:
        one = facts.only(np.array([place]))
        return cross_entropy(answers_of(model, one.ids) / temperature, targets=one.answers)

    fisher = fisher_diagonal(loss_of, range(len(facts.answers)), model.parameters())
    return held(case, strength, fisher)


def held(case: Forgetting, strength: float, importance: list[np.ndarray] | None) -> Gpt:
    """A training under ``distance_penalty``."""
    model = case.copy()
    learned = model.parameters()
    start = [p.data.copy() for p in learned]

    def penalty(model: Gpt, facts: Facts) -> Tensor:
        return distance_penalty(learned, start, importance) * strength

    return case.tuned(model, penalty=penalty)


def ewc_empirical(case: Forgetting) -> Gpt:
    """``ewc`` as it is usually written."""
    return ewc(case, case.settings.strengths.ewc, 1.0)


def ewc_with_temperature(case: Forgetting) -> Gpt:
    """``ewc`` with answers that are less certain."""
    s = case.settings.strengths
    return ewc(case, s.ewc_soft, s.temperature)


def lora(case: Forgetting) -> Gpt:
    """The linear layers of the block learn a change of low rank, and nothing else learns.

    Source: Biderman et al. 2024, "LoRA Learns Less and Forgets Less", arXiv:2405.09673.
    """
    s, model = case.settings, case.copy().freeze()
    layers = ("query", "key", "value", "attention.output", "inner", "outer")
    add_lora(model, s.strengths.lora, rng=stream(case.seed, "forgetting, LoRA"), names=layers)
    case.tuned(model, training=replace(s.tuning, rate=s.strengths.lora_rate))
    merge_lora(model)
    return model.unfreeze()


def weight_decay(case: Forgetting) -> Gpt:
    """More weight decay (remedy 3 of 9.3)."""
    decay = case.settings.strengths.weight_decay
    return case.tuned(case.copy(), training=replace(case.settings.tuning, weight_decay=decay))


def dropout(case: Forgetting) -> Gpt:
    """Dropout (remedy 3 of 9.3)."""
    model = case.tuned(case.copy(dropout=case.settings.strengths.dropout))
    return with_dropout(model, 0.0, stream(case.seed, "forgetting, without dropout"))


def lower_rate(case: Forgetting) -> Gpt:
    """A lower learning rate, from its peak to its end."""
    s = case.settings
    lowest = s.tuning.lowest_rate * s.strengths.rate / s.tuning.rate
    training = replace(s.tuning, rate=s.strengths.rate, lowest_rate=lowest)
    return case.tuned(case.copy(), training=training)


def fewer_steps(case: Forgetting) -> Gpt:
    """An earlier end."""
    s = case.settings
    warmup = min(s.tuning.warmup, s.strengths.steps // 2)
    return case.tuned(
        case.copy(), training=replace(s.tuning, steps=s.strengths.steps, warmup=warmup)
    )


def output_alone(case: Forgetting) -> Gpt:
    """Only the output layer learns."""
    s, model = case.settings, case.copy().freeze()
    head: Any = model.head
    head.unfreeze()
    return case.tuned(model, training=replace(s.tuning, rate=s.strengths.output_rate)).unfreeze()


def wider(case: Forgetting) -> Gpt:
    """A larger model from the beginning (remedy 1 of 9.3)."""
    known = case.known(replace(case.settings.model, width=case.settings.strengths.width))
    return case.tuned(with_dropout(known, 0.0, stream(case.seed, "forgetting, wider copy")))


def both_at_once(case: Forgetting) -> Gpt:
    """What can be reached: a model that reads both worlds from the beginning."""
    return case.read(case.world.both(), case.settings.model)


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "replay, least": partial(replay, place=0),
    "replay, more": partial(replay, place=1),
    "replay, most": partial(replay, place=2),
    "KL on questions of A": kl_on_old,
    "KL on questions of B": kl_on_new,
    "L2-SP": l2_sp,
    "EWC": ewc_empirical,
    "EWC, temperature": ewc_with_temperature,
    "LoRA": lora,
    "weight decay": weight_decay,
    "dropout": dropout,
    "lower rate": lower_rate,
    "fewer steps": fewer_steps,
    "output layer alone": output_alone,
    "wider model": wider,
    "both at once": both_at_once,
}
