"""The stages of one seed, as the remedies of a lab share them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs.compare import Case
from minillm.labs.request_stages import Penalty, Stages, instructed, made_safe, pretrained
from minillm.labs.worlds.requests import World
from minillm.models.gpt import Gpt


class RequestChain(Case):
    """The world and the stages of a seed; what is trained before the last stage is shared.

    The settings have ``world``, ``stages`` and whatever else a lab needs.
    """

    def __init__(self, settings: Any, seed: int):
        super().__init__(settings, seed)
        self.world = World(settings.world, seed=seed)
        self.stages: Stages = settings.stages

    def instructed(self, stages: Stages | None = None, *, kind: type[Gpt] = Gpt) -> Gpt:
        """The model that answers all requests, before it learns to refuse."""
        s, seed = stages or self.stages, self.seed

        def make() -> Gpt:
            read = pretrained(self.world, s, seed=seed, kind=kind)
            return instructed(read, self.world, s, seed=seed)

        made_by = s.model, s.pretraining, s.instruction, s.cleaned, s.read, s.taught, s.replay
        found: Gpt = self.shared((*made_by, kind), make)
        return found

    def safe(
        self,
        stages: Stages | None = None,
        *,
        penalty: Penalty | None = None,
        kind: type[Gpt] = Gpt,
    ) -> Gpt:
        """The model behind all stages."""
        s = stages or self.stages
        told = self.instructed(s, kind=kind)
        return made_safe(told, self.world, s, seed=self.seed, penalty=penalty)

    def from_the_beginning(self, rate: float, kind: type[Gpt] = Gpt, **sizes: int) -> Gpt:
        """The model behind all stages, with other parts or sizes, and another rate in each."""
        s = self.stages
        stages = replace(
            s,
            model=replace(s.model, **sizes),
            pretraining=replace(s.pretraining, rate=rate),
            instruction=replace(s.instruction, rate=rate),
            safety=replace(s.safety, rate=rate),
        )
        return self.safe(stages, kind=kind)

    def plain(self) -> Gpt:
        """The model behind the stages as they are, trained once."""
        found: Gpt = self.shared(("plain", self.stages), self.safe)
        return found
