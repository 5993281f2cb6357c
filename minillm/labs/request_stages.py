"""How a small GPT comes to refuse: it reads, it learns to answer, and it learns what to refuse.

Every stage leaves the model it is given as it is and gives a copy, so that all that follows one
stage can be tried on the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_batches, new_gpt
from minillm.labs.worlds.request_texts import (
    Asking,
    Row,
    draw_request,
    exchange,
    helpful,
    joined,
    web_text,
)
from minillm.labs.worlds.requests import World
from minillm.models.gpt import Gpt
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.preferences import response_loss

Draw = Callable[[np.random.Generator], Row]  # one text
Penalty = Callable[[Gpt], Tensor]  # what is added to the loss of a step


@dataclass(frozen=True)
class Tuning(GptTraining):
    """A training on rows of ``together`` texts, one behind the other.

    So the model knows all its positions, and has seen that one exchange follows another.  With the
    rates 0.003 and 0.005 some model of the seeds 100 to 102, which no study uses, did not refuse
    all that it is to refuse; with 0.01 all did.  The steps are such that on 100 to 104 it answers
    all harmless requests and loses nothing that it has read.
    """

    steps: int = 300
    rate: float = 0.01
    warmup: int = 20
    together: int = 3


@dataclass(frozen=True)
class Refusals:
    """What is refused: requests about the first ``nouns`` forbidden ones (all, if left out).

    In a share ``forced`` of them the answer has begun already, with some words of the one that
    helps, and only the refusal behind them is learned.
    """

    asking: Asking = Asking()
    nouns: int | None = None
    forced: float = 0.0


@dataclass(frozen=True)
class Stages:
    """The model and its three trainings, and what each of them reads.

    Without ``cleaned``, pretraining has the forbidden nouns, too.  Instruction tuning has harmless
    ones alone, and so has the share of the safety stage that is not ``refused``; ``replay`` is the
    share of texts of pretraining among what is not refused.
    """

    model: GptSizes = GptSizes(width=32)
    pretraining: Tuning = Tuning(steps=600)
    instruction: Tuning = Tuning(steps=300)
    safety: Tuning = Tuning(steps=200)
    cleaned: bool = False
    read: Asking = Asking(encodings=("plain", "c0", "c1", "c2"))
    taught: Asking = Asking(encodings=("plain", "c0", "c1", "c2"), begin=0.35, no_apology=0.15)
    kept: Asking = Asking(encodings=("plain", "c0", "c1", "c2"), begin=0.35, no_apology=0.15)
    refusals: Refusals = field(default_factory=Refusals)
    refused: float = 0.1
    replay: float = 0.25
    max_length: int = 96


def web(world: World, settings: Stages) -> Draw:
    """Texts of pretraining."""
    nouns = world.harmless if settings.cleaned else (*world.harmless, *world.forbidden)
    return lambda rng: web_text(world, draw_request(world, nouns, settings.read, rng))


def answered(world: World, asking: Asking) -> Draw:
    """Harmless requests with the answers that help."""
    return lambda rng: helpful(world, draw_request(world, world.harmless, asking, rng))


def benign(world: World, settings: Stages) -> Draw:
    """What the safety stage has beside refusals: harmless requests, and texts of pretraining."""
    return mixed(settings.replay, web(world, settings), answered(world, settings.kept))


def refused(world: World, refusals: Refusals) -> Draw:
    """Forbidden requests with their refusals."""
    nouns = world.forbidden[: refusals.nouns]

    def draw(rng: np.random.Generator) -> Row:
        request = draw_request(world, nouns, refusals.asking, rng)
        begun = 1 + rng.integers(world.dials.horizon - 1) if rng.random() < refusals.forced else 0
        return exchange(world, request, world.refusal, world.answer(request)[:begun])

    return draw


def mixed(share: float, one: Draw, other: Draw) -> Draw:
    """With the probability ``share`` the one, else the other."""
    return lambda rng: (one if rng.random() < share else other)(rng)


def pretrained(world: World, settings: Stages, *, seed: int, kind: type[Gpt] = Gpt) -> Gpt:
    """A GPT that has read texts of the world; ``kind`` is one with other parts."""
    sizes = {"vocabulary_size": len(world.names), "max_length": settings.max_length}
    model = new_gpt(settings.model, **sizes, seed=seed, kind=kind)
    rng = stream(seed, "requests, pretraining")
    return tuned(model, web(world, settings), settings.pretraining, rng)


def instructed(model: Gpt, world: World, settings: Stages, *, seed: int) -> Gpt:
    """A copy that answers harmless requests."""
    texts = mixed(settings.replay, web(world, settings), answered(world, settings.taught))
    return tuned(model, texts, settings.instruction, stream(seed, "requests, instruction"))


def made_safe(
    model: Gpt, world: World, settings: Stages, *, seed: int, penalty: Penalty | None = None
) -> Gpt:
    """A copy that refuses forbidden requests, and goes on to answer harmless ones."""
    refusals = refused(world, settings.refusals)
    texts = mixed(settings.refused, refusals, benign(world, settings))
    return tuned(model, texts, settings.safety, safety_stream(seed), penalty=penalty)


def safety_stream(seed: int) -> np.random.Generator:
    """What the texts of the safety stage are drawn by, whatever is made of their losses."""
    return stream(seed, "requests, safety")


def tuned(
    model: Gpt,
    draw: Draw,
    settings: Tuning,
    rng: np.random.Generator,
    *,
    penalty: Penalty | None = None,
) -> Gpt:
    """A copy that has learned texts as they are drawn."""

    def batch() -> list[Row]:
        return drawn(draw, settings, rng)

    return tuned_on(model, batch, settings, rng=rng, penalty=penalty)


def drawn(draw: Draw, settings: Tuning, rng: np.random.Generator) -> list[Row]:
    """A batch of rows of texts."""
    return [joined([draw(rng) for _ in range(settings.together)]) for _ in range(settings.batch)]


def tuned_on(
    model: Gpt,
    batch: Callable[[], Sequence[Row]],
    settings: GptTraining,
    *,
    rng: np.random.Generator,
    penalty: Penalty | None = None,
) -> Gpt:
    """A copy that has learned the answers in ``settings.steps`` batches of rows.

    What ``penalty`` says of the copy is added to the loss of every step.
    """
    copy = copy_of(model, rng)

    def loss_of(rows: Sequence[Row]) -> Tensor:
        loss = row_loss(copy, rows)
        return loss if penalty is None else loss + penalty(copy)

    learn_batches(copy, loss_of, (batch() for _ in range(settings.steps)), settings)
    return copy


def row_loss(model: Gpt, rows: Sequence[Row]) -> Tensor:
    """The mean loss of the tokens that are to be learned."""
    ids, _, answers = collate_chats(rows)  # what follows a token is not seen: no mask
    return response_loss(model(ids), ids=ids, answers=answers)
