"""Preferences about requests: a model that refuses already learns to prefer it, by DPO."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.request_stages import Stages
from minillm.labs.small_gpt import GptTraining, learn_batches
from minillm.labs.worlds.request_texts import Row, draw_request, exchange
from minillm.labs.worlds.requests import World
from minillm.models.gpt import Gpt
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.preferences import dpo_loss, sequence_log_probability


@dataclass(frozen=True)
class Preferring(GptTraining):
    """DPO in batches of pairs, of which a share is about what is ``refused``."""

    steps: int = 100
    rate: float = 0.0001
    lowest_rate: float = 0.00001
    warmup: int = 10
    refused: float = 0.5
    beta: float = 0.5


def pair(world: World, stages: Stages, share: float, rng: np.random.Generator) -> tuple[Row, Row]:
    """What is preferred and what is not: a refusal and an answer, or the other way round."""
    refuses = rng.random() < share
    nouns = world.forbidden if refuses else world.harmless
    asking = stages.refusals.asking if refuses else stages.kept
    request = draw_request(world, nouns, asking, rng)
    rows = [exchange(world, request, a) for a in (world.refusal, world.answer(request))]
    return (rows[0], rows[1]) if refuses else (rows[1], rows[0])


def preferring(model: Gpt, world: World, stages: Stages, settings: Preferring, *, seed: int) -> Gpt:
    """A copy that learned from pairs; the model itself is the reference.

    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", arXiv:2305.18290.
    """
    rng = stream(seed, "requests, preferences")
    copy = copy_of(model, rng)

    def batch() -> list[Row]:
        pairs = [pair(world, stages, settings.refused, rng) for _ in range(settings.batch)]
        return [row for side in zip(*pairs, strict=True) for row in side]

    def loss_of(rows: list[Row]) -> Tensor:
        ids, _, answers = collate_chats(rows)
        half = len(rows) // 2
        ours = sequence_log_probability(copy(ids), ids=ids, answers=answers)
        with no_grad():
            theirs = sequence_log_probability(model(ids), ids=ids, answers=answers)
        return dpo_loss(
            ours[:half],
            ours[half:],
            reference_chosen=theirs[:half],
            reference_rejected=theirs[half:],
            beta=settings.beta,
        ).loss

    learn_batches(copy, loss_of, (batch() for _ in range(settings.steps)), settings)
    return copy
