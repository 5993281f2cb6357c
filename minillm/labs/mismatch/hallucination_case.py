"""The lab of answers that nobody can know: its settings, its text, and how a model learns it.

Letters: F facts, T words of a question, C candidates, V words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.conflict.forgetting_case import answers_of
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_batches, start_with
from minillm.labs.worlds.entities import Atlas, Entities
from minillm.labs.worlds.knowledge import Facts
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.nn import Module
from minillm.ops import smoothed_cross_entropy

PARTS: Mapping[str, type[Gpt]] = {
    "whole": Gpt,
    "without attention": WithoutAttention,
    "without residuals": WithoutResiduals,
}
Draw = Callable[[int, np.random.Generator], Facts]  # a batch


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all but "longer" train as long.  The grids are
    in ``hallucination_sweeps``; sizes, from ``times`` on, are untuned.
    """

    steps: int = 300
    weight_decay: float = 1.0
    dropout: float = 0.05
    smoothing: float = 0.6
    asked_dropout: float = 0.05
    kept: float = 0.99
    unknown_share: float = 0.25
    new_steps: int = 6
    times: int = 4
    width: int = 96
    n_layers: int = 2
    members: int = 5
    draws: int = 10


@dataclass(frozen=True)
class Sizes(GptSizes):
    """A small GPT, its dropout, and which of its parts are there."""

    width: int = 48
    n_layers: int = 1
    dropout: float = 0.0
    parts: str = "whole"


@dataclass(frozen=True)
class Training(GptTraining):
    """Batches of sentences; each answer leaves ``smoothing`` to all words."""

    smoothing: float = 0.0


@dataclass(frozen=True)
class Settings:
    """The lands, the model, what it learns first and in fine-tuning, and what is measured."""

    world: Entities = Entities()
    model: Sizes = Sizes()
    # the number of steps is the strength of the baseline
    reading: Training = Training(batch=48, steps=0, warmup=20, weight_decay=0.0)
    tuning: Training = Training(
        batch=48, steps=100, warmup=10, rate=0.001, lowest_rate=0.0001, weight_decay=0.0
    )
    strengths: Strengths = field(default_factory=Strengths)
    sure: float = 0.5  # from which probability on an answer is confident
    bins: int = 10  # of the calibration error
    coverages: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Recall(Module):
    """A GPT that is asked for one of the candidates: their scores, (F, T) -> (F, C)."""

    def __init__(self, gpt: Gpt, candidates: np.ndarray, sizes: Sizes):
        self.gpt, self.candidates, self.sizes = gpt, candidates, sizes

    def forward(self, ids: np.ndarray) -> Tensor:
        """What stands behind the question, if it is one of them."""
        return answers_of(self.gpt, ids)[:, self.candidates]


class Hallucination(Case):
    """The lands of a seed, what is told of them, and what is asked.

    ``told`` is the text of the baseline: capital and river of known and held lands, and the colour
    of all lands but those that are ``unseen``.
    """

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        self.atlas = Atlas(settings.world, seed=seed)
        lands = self.atlas.lands
        self.coloured = self.atlas.coloured(
            np.concatenate([lands[group] for group in lands if group != "unseen"])
        )
        self.told = self.text("known", "held")
        self.known, self.held, self.unknown, self.unseen = (
            self.atlas.asked(lands[group]) for group in ("known", "held", "unknown", "unseen")
        )
        for facts in (self.told, self.known, self.held, self.unknown, self.unseen):
            frozen(*facts)

    def text(self, *groups: str) -> Facts:
        """Capital and river of the lands of these groups, and the colour of all."""
        taught = self.atlas.told(np.concatenate([self.atlas.lands[group] for group in groups]))
        pairs = zip(taught, self.coloured, strict=True)
        return Facts(*(np.concatenate(pair) for pair in pairs))

    @property
    def reading(self) -> Training:
        """How the baseline learns."""
        return replace(self.settings.reading, steps=self.settings.strengths.steps)

    def plain(self) -> Recall:
        """The model of the text without any remedy, trained once."""
        found: Recall = self.shared(("plain", self.reading.steps), self.learned)
        return found

    def learned(
        self,
        told: Facts | None = None,
        *,
        sizes: Sizes | None = None,
        training: Training | None = None,
        member: int = 0,
    ) -> Recall:
        """A model that has learned the text, or another one, from random weights.

        Every ``member`` has random numbers of its own.
        """
        model = self.untrained(sizes or self.settings.model, member)
        rng = stream(self.seed, "hallucination, batches", member)
        self.taught(model, (told or self.told).draw, training or self.reading, rng)
        return model

    def tuned(self, draw: Draw, training: Training | None = None) -> Recall:
        """A copy of the baseline that has learned other batches, too."""
        model = self.untrained(self.settings.model)
        model.load_state_dict(self.plain().state_dict())
        rng = stream(self.seed, "hallucination, tuning")
        self.taught(model, draw, training or self.settings.tuning, rng)
        return model

    def taught(self, model: Recall, draw: Draw, s: Training, rng: np.random.Generator) -> None:
        """A step for each batch, on the answers; questions are drawn, and not learned."""

        def loss_of(facts: Facts) -> Tensor:
            scores = answers_of(model.gpt, facts.ids)
            return smoothed_cross_entropy(scores, targets=facts.answers, smoothing=s.smoothing)

        batches = (draw(s.batch, rng) for _ in range(s.steps))
        learn_batches(model.gpt, loss_of, batches, s)

    def untrained(self, sizes: Sizes, member: int = 0) -> Recall:
        """A model that knows nothing; its output layer is its own, not the table of words.

        Raises:
            ValueError: parts that there are not.
        """
        if sizes.parts not in PARTS:
            raise ValueError(f"Sizes: parts must be one of {[*PARTS]}, got {sizes.parts!r}")
        config = GptConfig(
            len(self.atlas.words),
            width=sizes.width,
            n_layers=sizes.n_layers,
            n_heads=sizes.n_heads,
            max_length=self.told.ids.shape[1],
            tied=False,
            dropout=sizes.dropout,
        )
        gpt = PARTS[sizes.parts](config, rng=stream(self.seed, "hallucination, weights", member))
        start_with((p for p in gpt.parameters() if p.ndim == 2), sizes.std)
        return Recall(gpt, self.atlas.candidates, sizes)
