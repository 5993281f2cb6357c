"""The safety stage with two losses: to help, and to refuse.  Their gradients, and what becomes one.

Letters: B rows, T positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.labs.few_examples import copy_of
from minillm.labs.request_stages import Draw, Stages, benign, refused, safety_stream
from minillm.labs.small_gpt import learning
from minillm.labs.worlds.request_texts import Row, joined
from minillm.labs.worlds.requests import World
from minillm.models.gpt import Gpt
from minillm.ops import cross_entropy
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.objectives import conflict
from minillm.training.objectives.aggregated import Aggregated, Weights
from minillm.training.preferences import response_targets


class TwoKinds(NamedTuple):
    """A batch of rows, and which of their tokens belong to refusals."""

    ids: np.ndarray  # (B, T)
    answers: np.ndarray  # (B, T) bool
    refusing: np.ndarray  # (B, T) bool, among the answers


class Together(NamedTuple):
    """A model that learned both, and the Gram matrix of the two gradients in every step."""

    model: Gpt
    grams: list[np.ndarray]  # (2, 2) each: to help, to refuse


def of_two_kinds(
    refusals: Draw, benign: Draw, stages: Stages, rng: np.random.Generator
) -> TwoKinds:
    """A batch of the safety stage: the same texts as ``drawn`` gives of the mixture."""
    rows, refusing = [], []
    for _ in range(stages.safety.batch):
        parts = [
            labelled(refusals, benign, stages.refused, rng) for _ in range(stages.safety.together)
        ]
        rows.append(joined([row for row, _ in parts]))
        flags = np.concatenate([np.full(len(row.ids), refuses) for row, refuses in parts])
        refusing.append(Row(rows[-1].ids, flags))
    ids, _, answers = collate_chats(rows)
    return TwoKinds(ids, answers, collate_chats(refusing).answers & answers)


def labelled(
    refusals: Draw, benign: Draw, share: float, rng: np.random.Generator
) -> tuple[Row, bool]:
    """A text as ``mixed`` draws it, and whether it is refused."""
    refuses = bool(rng.random() < share)
    return (refusals if refuses else benign)(rng), refuses


def two_losses(model: Gpt, batch: TwoKinds) -> list[Tensor]:
    """What helping and refusing add to the mean loss of all tokens that are to be learned::

        L_help = (1/n) sum over tokens of other texts,   L_refuse = (1/n) sum over those of refusals

    n counts both, so that ``L_help + L_refuse`` is the loss of the stage.
    """
    targets = response_targets(batch.ids, batch.answers)
    logits = model(batch.ids)[:, :-1]
    nats = cross_entropy(logits, targets=moved_like(targets, logits.data), reduction="none")
    share = batch.answers[:, 1:] / np.float32(batch.answers.sum())
    refusing = batch.refusing[:, 1:]
    return [(nats * (share * kind).astype(nats.dtype)).sum() for kind in (~refusing, refusing)]


def made_safe_by(
    model: Gpt, world: World, settings: Stages, weights_of: Weights, *, seed: int
) -> Together:
    """As ``made_safe``, on the same texts; of two gradients an aggregator makes one.

    Adam divides each number of it by a length of its own: the step is not along it.
    """
    rng = safety_stream(seed)
    copy = copy_of(model, rng)
    refusals, others = refused(world, settings.refusals), benign(world, settings)
    aggregated = Aggregated(weights_of)
    batches = (of_two_kinds(refusals, others, settings, rng) for _ in range(settings.safety.steps))

    def loss_of(batch: TwoKinds) -> list[Tensor]:
        return two_losses(copy, batch)

    steps = learning(copy, loss_of, batches, settings.safety, aggregated)
    return Together(copy, [aggregated.last.gram for _ in steps if aggregated.last])


def cosines(grams: Sequence[np.ndarray]) -> np.ndarray:
    """The cosine of both gradients in each step, (steps,); 0 where one of them is 0."""
    return np.array([conflict(gram).least for gram in grams])
