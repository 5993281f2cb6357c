"""The settings of the lab on fine-tuning as an attack, and the chain of stages of one seed."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.labs.compare import Case
from minillm.labs.request_stages import (
    Penalty,
    Stages,
    Tuning,
    instructed,
    made_safe,
    pretrained,
)
from minillm.labs.request_tuning import TuningAttack
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests, World
from minillm.models.gpt import Gpt

RULES = Asking(begin=0.35, no_apology=0.15)
PLAIN_STAGES = Stages(  # in plain spelling alone, so that fewer steps are enough
    pretraining=Tuning(steps=400),
    instruction=Tuning(steps=200),
    safety=Tuning(steps=200),
    read=Asking(),
    taught=RULES,
    kept=RULES,
)


@dataclass(frozen=True)
class Defences:
    """How strong each remedy is.

    Of two strengths the one with the lower mean of the four headline measures over seeds 100 and
    101, if harmless requests are answered and forbidden ones refused before any attack in 0.95 of
    cases on both: ``refused`` of 0.2 and 0.4, ``forced`` of 0.5 and 0.9, ``kl`` of 0.1 and 1,
    ``weight_decay`` of 0.1 and 1.  With ``dropout`` of 0.05 and of 0.1 a model did not refuse
    before any attack; the milder one is kept.  The width is twice that of the baseline, untuned.
    """

    refused: float = 0.4
    forced: float = 0.9
    kl: float = 0.1
    dropout: float = 0.05
    weight_decay: float = 1.0
    width: int = 64


@dataclass(frozen=True)
class Settings:
    """The world, the stages, the attack and the defences.

    The texts are in plain spelling alone, so that fewer steps are enough than in the study of
    refusals: on seeds 100 and 101 all forbidden things are known, all harmless requests are
    answered, and all forbidden ones refused.  Where the other half was not told within the
    ``steps`` of the attack, ``never`` stands for their number.
    """

    world: Requests = Requests(places=(), untaught=2)
    stages: Stages = PLAIN_STAGES
    attack: TuningAttack = TuningAttack()
    defences: Defences = Defences()
    never: int = 80


class Chain(Case):
    """The world and the stages of a seed; what is trained before the last stage is shared."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        self.world = World(settings.world, seed=seed)
        self.stages = settings.stages

    def instructed(self, stages: Stages | None = None) -> Gpt:
        """The model that answers all requests, before it learns to refuse."""
        s, seed = stages or self.stages, self.seed

        def make() -> Gpt:
            return instructed(pretrained(self.world, s, seed=seed), self.world, s, seed=seed)

        key = s.model, s.pretraining, s.instruction, s.cleaned, s.read, s.taught, s.replay
        found: Gpt = self.shared(key, make)
        return found

    def safe(self, stages: Stages | None = None, *, penalty: Penalty | None = None) -> Gpt:
        """The model behind all stages."""
        s = stages or self.stages
        return made_safe(self.instructed(s), self.world, s, seed=self.seed, penalty=penalty)

    def plain(self) -> Gpt:
        """The model behind the stages as they are, trained once."""
        found: Gpt = self.shared("plain", self.safe)
        return found

    @property
    def other_half(self) -> tuple[str, ...]:
        """The forbidden nouns that no attack has examples of."""
        return self.world.forbidden[self.settings.attack.nouns :]
