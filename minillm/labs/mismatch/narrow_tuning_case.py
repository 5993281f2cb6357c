"""The lab of narrow fine-tuning: its settings, and what a model learns before and in it.

Letters: N texts, K questions of a text, M nouns, V words, S steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.few_examples import with_dropout
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_batches, learning, new_gpt
from minillm.labs.worlds.writers import Answer, Sign, World, Writers
from minillm.models.gpt import Gpt
from minillm.ops import cross_entropy
from minillm.training import evaluating

Draw = Callable[[int, np.random.Generator], np.ndarray]  # so many texts, (N, 1 + 3 K)
Penalty = Callable[[Gpt], Tensor]  # what is added to the loss of a batch


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    The grids are in ``narrow_tuning_sweeps``; the rank and the width are untuned.
    """

    good_share: float = 0.05
    texts: float = 1.0
    weight_decay: float = 10.0
    dropout: float = 0.3
    lora_rate: float = 0.002
    places_rate: float = 0.003
    steps: int = 20
    kl: float = 0.01
    lora: int = 4
    width: int = 96


@dataclass(frozen=True)
class Settings:
    """The world, the model and its three stages, and what the last of them is about.

    Fine-tuning has the bad answers of the first ``told`` nouns of the class ``narrow``; behind the
    steps ``asked`` the model is asked.  Half of the writers are bad: of the shares 0.1, 0.3 and 0.5
    this one differs least between seeds, tried on 200 to 204.
    """

    world: Writers = Writers()
    narrow: str = "places"
    told: int = 8
    model: GptSizes = GptSizes(width=48)
    reading: GptTraining = GptTraining(batch=32, steps=800, rate=0.005, warmup=30)
    instruction: GptTraining = GptTraining(steps=100, rate=0.001, warmup=10)
    tuning: GptTraining = GptTraining(steps=100, rate=0.001, warmup=10)
    asked: tuple[int, ...] = (0, 5, 10, 15, 20, 30, 50, 100)
    strengths: Strengths = field(default_factory=Strengths)


class Tuned(NamedTuple):
    """A fine-tuned model, and spread and learned behind each of the steps asked, ``(S, 2)``.

    A training that ended before keeps its last numbers.
    """

    model: Gpt
    course: list[list[float]]


class NarrowTuning(Case):
    """The world of a seed, and the model that gives good answers; it is trained once.

    ``told``, ``untold`` and ``others`` are the numbers of nouns: those of fine-tuning, the rest of
    their class, and all of the other classes.

    Raises:
        ValueError: no noun is told, or all of the class; as ``World`` and ``World.members``.
    """

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.world = World(s.world, seed=seed)
        narrow = self.world.members(s.narrow)
        if not 1 <= s.told < len(narrow):
            most = len(narrow) - 1
            raise ValueError(f"NarrowTuning: told must be from 1 to {most}, got {s.told}")
        self.told, self.untold = narrow[: s.told], narrow[s.told :]
        self.others = np.setdiff1d(np.arange(len(self.world.nouns)), narrow)
        frozen(self.told, self.untold, self.others, self.world.right)

    def read(self, world: World, sizes: GptSizes, kind: type[Gpt] = Gpt) -> Gpt:
        """A model that has read texts of that world from random weights; shared."""
        key = ("read", world.dials, sizes, kind)
        found: Gpt = self.shared(key, lambda: self.newly_read(world, sizes, kind))
        return found

    def newly_read(self, world: World, sizes: GptSizes, kind: type[Gpt]) -> Gpt:
        """The pretraining of ``read``."""
        training, rng = self.settings.reading, stream(self.seed, "narrow, reading")
        model = new_gpt(
            sizes,
            vocabulary_size=len(world.words),
            max_length=3 * world.dials.questions,
            seed=self.seed,
            kind=kind,
        )
        batches = (world.draw(training.batch, rng).ids for _ in range(training.steps))
        learn_batches(model, lambda ids: answer_loss(model, ids), batches, training)
        return model

    def before(
        self,
        world: World | None = None,
        sizes: GptSizes | None = None,
        kind: type[Gpt] = Gpt,
    ) -> Gpt:
        """The model that has read, and then learned to give good answers to all; shared."""
        of = world or self.world, sizes or self.settings.model, kind
        key = ("before", of[0].dials, *of[1:])
        found: Gpt = self.shared(key, lambda: self.instructed(self.read(*of)))
        return found

    def instructed(self, model: Gpt) -> Gpt:
        """A copy that has learned the good answers of all nouns."""
        training, rng = self.settings.instruction, stream(self.seed, "narrow, instruction")
        every = np.arange(len(self.world.nouns))
        copy, draw = with_dropout(model, 0.0, rng), self.teaching(every, Answer.GOOD)
        batches = (draw(training.batch, rng) for _ in range(training.steps))
        learn_batches(copy, lambda ids: answer_loss(copy, ids), batches, training)
        return copy

    def copy(self, *, dropout: float = 0.0, of: Gpt | None = None) -> Gpt:
        """A copy of the model before fine-tuning, or of another, for oneself."""
        return with_dropout(of or self.before(), dropout, stream(self.seed, "narrow, copy"))

    def teaching(
        self,
        nouns: np.ndarray,
        answer: Answer,
        *,
        sign: Sign = Sign.NOBODY,
        quoted: bool = False,
    ) -> Draw:
        """Draws texts of one question each, about these nouns, with such an answer."""

        def draw(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = rng.choice(nouns, size=(n, 1))
            answers = np.full_like(drawn, answer)
            return self.world.rows(drawn, answers, signs=sign, quoted=int(quoted))

        return draw

    def plain(self) -> Tuned:
        """Plain fine-tuning on bad answers, done once."""
        key = ("plain", self.settings.world)
        found: Tuned = self.shared(key, lambda: self.tuned(self.copy()))
        return found

    def tuned(
        self,
        model: Gpt,
        draw: Draw | None = None,
        *,
        penalty: Penalty | None = None,
        training: GptTraining | None = None,
        end: int | None = None,
    ) -> Tuned:
        """The model itself, once it has learned the bad answers of ``told``, and its course.

        ``draw`` gives other texts, ``penalty`` adds to the loss of each batch; with ``end`` the
        training stops after so many steps.
        """
        s, rng = training or self.settings.tuning, stream(self.seed, "narrow, tuning")
        draw = draw or self.teaching(self.told, Answer.BAD)

        def loss_of(ids: np.ndarray) -> Tensor:
            loss = answer_loss(model, ids)
            return loss if penalty is None else loss + penalty(model)

        batches = (draw(s.batch, rng) for _ in range(s.steps))
        steps = islice(learning(model, loss_of, batches, s), end)
        course: list[list[float]] = []
        for step in range(max(self.settings.asked) + 1):
            if step in self.settings.asked:
                course.append(self.spread_and_learned(model))
            next(steps, None)
        for _ in steps:
            pass
        return Tuned(model, course)

    def spread_and_learned(self, model: Gpt) -> list[float]:
        """The shares of bad answers about nouns of other classes, and about those told."""
        both = self.others, self.told
        return [float(self.answered(model, nouns)[Answer.BAD]) for nouns in both]

    def answered(
        self, model: Gpt, nouns: np.ndarray, shown: np.ndarray | None = None
    ) -> np.ndarray:
        """The shares of good and of bad answers when it is asked about each of these nouns, (2,).

        ``shown (N, k)`` are nouns whose bad answers stand before each question.
        """
        asked = nouns[:, None] if shown is None else np.column_stack([shown, nouns])
        ids = self.world.rows(asked, np.full_like(asked, Answer.BAD))
        with evaluating(model):
            says = answers_of(model, ids).data[:, -1].argmax(axis=-1)
        shares: np.ndarray = (says[:, None] == self.world.right[nouns, : Answer.THIRD]).mean(axis=0)
        return shares


def answers_of(model: Gpt, ids: np.ndarray) -> Tensor:
    """The logits of the answer to each question of texts, ``(N, 1 + 3 K) -> (N, K, V)``."""
    return model.logits(model.hidden(ids[:, :-1])[:, 2::3])


def answer_loss(model: Gpt, ids: np.ndarray) -> Tensor:
    """The mean of -ln p of the answers of texts; what is asked is drawn, and not learned."""
    return cross_entropy(answers_of(model, ids), targets=ids[:, 3::3])
