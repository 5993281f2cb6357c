"""The lab of forgetting: its settings, and what is trained before a remedy begins.

Letters: F facts, V words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.few_examples import with_dropout
from minillm.labs.small_gpt import GptSizes, GptTraining, learning, start_with
from minillm.labs.worlds.knowledge import Facts, Knowledge, TwoWorlds
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.ops import cross_entropy
from minillm.training import evaluating
from minillm.training.objectives import conflict, gradients_by_loss, gram_of

Draw = Callable[[int, np.random.Generator], Facts]  # a batch
Penalty = Callable[[Gpt, Facts], Tensor]  # what is added to the loss of a batch


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    The grids are in ``forgetting_sweeps``.  Of rates for LoRA of 0.003, 0.005, 0.01 and 0.03 the
    first was best; the temperature and the width are untuned.
    """

    replay: tuple[float, ...] = (0.02, 0.1, 0.25)
    kl_old: float = 1.0
    kl_new: float = 0.2
    l2_sp: float = 3.0
    ewc: float = 1e8
    ewc_soft: float = 1e4
    temperature: float = 3.0
    lora: int = 2
    lora_rate: float = 0.003
    weight_decay: float = 30.0
    dropout: float = 0.6
    rate: float = 0.0003
    steps: int = 12
    output_rate: float = 0.003
    width: int = 96


@dataclass(frozen=True)
class Settings:
    """Both worlds, the model, what it learns first and then, and the remedies."""

    world: Knowledge = Knowledge()
    model: GptSizes = GptSizes(width=48, n_layers=1)
    reading: GptTraining = GptTraining(batch=48, steps=240, warmup=20)
    tuning: GptTraining = GptTraining(batch=48, steps=100, warmup=10)
    strengths: Strengths = field(default_factory=Strengths)


class Answered(NamedTuple):
    """What a model says of each fact: the probability of the right answer, and whether it wins."""

    probability: np.ndarray  # (F,)
    right: np.ndarray  # (F,) bool


class Forgetting(Case):
    """The worlds of a seed, and the model that knows world A; it is trained once."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        self.world = TwoWorlds(settings.world, seed=seed)
        self.old, self.new = self.world.facts("A"), self.world.facts("B")
        frozen(*self.old, *self.new, self.world.changed)

    def untrained(self, sizes: GptSizes) -> Gpt:
        """A GPT that knows nothing; its output layer is its own, not the table of words."""
        config = GptConfig(
            len(self.world.words),
            width=sizes.width,
            n_layers=sizes.n_layers,
            n_heads=sizes.n_heads,
            max_length=self.old.ids.shape[1],
            tied=False,
        )
        model = Gpt(config, rng=stream(self.seed, "forgetting, weights"))
        start_with((p for p in model.parameters() if p.ndim == 2), sizes.std)
        return model

    def read(self, facts: Facts, sizes: GptSizes) -> Gpt:
        """A model that has learned these facts from random weights."""
        model, rng = self.untrained(sizes), stream(self.seed, "forgetting, reading")
        for _ in taught(model, facts.draw, self.settings.reading, rng):
            pass
        return model

    def known(self, sizes: GptSizes | None = None) -> Gpt:
        """The model that knows world A, shared by all remedies."""
        wanted = sizes or self.settings.model
        found: Gpt = self.shared(wanted, lambda: self.read(self.old, wanted))
        return found

    def plain(self) -> Gpt:
        """The model behind plain fine-tuning, trained once."""
        found: Gpt = self.shared(("plain", self.settings.world), lambda: self.tuned(self.copy()))
        return found

    def copy(self, *, dropout: float = 0.0) -> Gpt:
        """One of one's own."""
        return with_dropout(self.known(), dropout, stream(self.seed, "forgetting, copy"))

    def tuned(
        self,
        model: Gpt,
        *,
        draw: Draw | None = None,
        penalty: Penalty | None = None,
        training: GptTraining | None = None,
    ) -> Gpt:
        """The model itself, once it has learned world B; what is frozen stays as it is."""
        for _ in self.steps(model, draw=draw, penalty=penalty, training=training):
            pass
        return model

    def steps(
        self,
        model: Gpt,
        *,
        draw: Draw | None = None,
        penalty: Penalty | None = None,
        training: GptTraining | None = None,
    ) -> Iterator[object]:
        """The steps of ``tuned``, one by one."""
        rng = stream(self.seed, "forgetting, tuning")
        return taught(model, draw or self.new.draw, training or self.settings.tuning, rng, penalty)


def answers_of(model: Gpt, ids: np.ndarray) -> Tensor:
    """The logits of the word that answers each question, ``(F, T) -> (F, V)``."""
    return model.logits(model.hidden(ids)[:, -1])


def answer_loss(model: Gpt, facts: Facts) -> Tensor:
    """The mean of -ln p of the right answers; questions are drawn, and not learned."""
    return cross_entropy(answers_of(model, facts.ids), targets=facts.answers)


def taught(
    model: Gpt,
    draw: Draw,
    training: GptTraining,
    rng: np.random.Generator,
    penalty: Penalty | None = None,
) -> Iterator[object]:
    """The steps of a training on answers, one by one."""

    def loss_of(facts: Facts) -> Tensor:
        loss = answer_loss(model, facts)
        return loss if penalty is None else loss + penalty(model, facts)

    batches = (draw(training.batch, rng) for _ in range(training.steps))
    return learning(model, loss_of, batches, training)


def examined(model: Gpt, facts: Facts) -> Answered:
    """What the model says of each of these facts, among all words."""
    with evaluating(model):
        logits = answers_of(model, facts.ids).data.astype(np.float64)
    nats, _ = cross_entropy.rule(logits, targets=facts.answers, reduction="none")
    return Answered(np.exp(-nats), logits.argmax(axis=1) == facts.answers)


def gradient_cosine(model: Gpt, facts: Sequence[Facts]) -> float:
    """The cosine of the gradients of two sets of facts, over all parameters."""
    losses = [answer_loss(model, one) for one in facts]
    return conflict(gram_of(gradients_by_loss(losses, model.parameters()))).least
