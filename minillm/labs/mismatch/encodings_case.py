"""The lab of encodings: its settings, and the models of a seed that several remedies share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from minillm.labs.conflict.jailbreak_settings import Settings as Jailbreaking
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_stages import Stages
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import PLAIN, Requests, World
from minillm.models.gpt import Gpt

SPELLINGS = (PLAIN, "c0", "c1", "c2")
ANSWERED = Asking(encodings=SPELLINGS, begin=0.35, no_apology=0.15)


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    ``rate`` is that of the safety stage, of the baseline and of all remedies that have no rate of
    their own.  The grids are in ``encodings_tuning``; the share ``many`` of refusals, the width
    and the number of ``examples`` are untuned.
    """

    rate: float = 0.02
    longer: int = 3  # times as many steps
    weight_decay: float = 0.1
    dropout: float = 0.05
    kl: float = 0.1
    short: int = 25  # steps on the examples
    wider_rate: float = 0.005
    no_attention_rate: float = 0.003
    no_residuals_rate: float = 0.003
    many: float = 0.5
    width: int = 64
    examples: int = 10


@dataclass(frozen=True)
class Settings:
    """The world with three encodings, the stages, and how strong remedies are.

    Requests are read, and harmless ones answered, in all spellings; refusals are learned in plain
    spelling alone.  That harmless requests are answered in all of them in the last stage, too, is a
    choice: the study ``encoding_cells`` varies it.  A fifth of that stage is refused: with a tenth
    over several spellings some models did not learn all that they were to refuse.
    """

    world: Requests = Requests()
    stages: Stages = replace(
        Jailbreaking.stages,
        read=Asking(encodings=SPELLINGS),
        taught=ANSWERED,
        kept=ANSWERED,
        refused=0.2,
    )
    strengths: Strengths = field(default_factory=Strengths)


class Answering(NamedTuple):
    """A GPT, and the world that has the words of its ids."""

    model: Gpt
    world: World


class Encodings(RequestChain):
    """The stages of a seed."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings.stages
        self.stages = replace(s, safety=replace(s.safety, rate=settings.strengths.rate))

    def answering(self, model: Gpt) -> Answering:
        """A model that is asked in the ids of this world."""
        return Answering(model, self.world)

    def covering(self, *encodings: str) -> Gpt:
        """The model whose refusals are learned in plain spelling and in these, made once.

        There are as many refusals as before, and equally many in each.
        """
        asking = replace(self.stages.refusals.asking, encodings=(PLAIN, *encodings))
        refusals = replace(self.stages.refusals, asking=asking)
        stages = replace(self.stages, refusals=refusals)
        found: Gpt = self.shared(("covering", stages), lambda: self.safe(stages))
        return found

    def with_one_id(self) -> Encodings:
        """The same seed in a world where all spellings of a word have one id, made once."""

        def make() -> Encodings:
            world = replace(self.settings.world, tied=True)
            return Encodings(replace(self.settings, world=world), self.seed)

        found: Encodings = self.shared(("one id", self.settings), make)
        return found
