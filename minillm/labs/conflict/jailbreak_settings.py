"""The settings of the lab on jailbreaks: world, stages, attacks, and how strong remedies are."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.labs.conflict.attacked_chain import Defences
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_examination import Examination
from minillm.labs.request_preferences import Preferring
from minillm.labs.request_stages import Stages, Tuning
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests

SPELLINGS = ("plain", "c0", "c1")
ANSWERED = Asking(encodings=SPELLINGS, begin=0.35, no_apology=0.15)


@dataclass(frozen=True)
class Strengths(Defences):
    """How strong each remedy is.

    ``ruled``, ``forced`` and ``encoded`` are shares of the refusals, ``starts`` the number of first
    words in their rules, ``refused`` and ``many`` shares of the texts.  ``longer`` is how many
    times as many steps are taken.  Sizes are twice those of the baseline; of models with other
    parts the rate of all stages is a strength.
    """

    refused: float = 0.2
    many: float = 0.5
    ruled: float = 0.5
    starts: int = 8
    encoded: float = 0.5
    longer: int = 2
    preferring: Preferring = Preferring()
    pcgrad_rate: float = 0.01
    mgda_rate: float = 0.01
    layers: int = 4
    wider_rate: float = 0.01
    deeper_rate: float = 0.01
    no_attention_rate: float = 0.01
    no_residuals_rate: float = 0.01


@dataclass(frozen=True)
class Settings:
    """The world with two encodings, the stages, the attacks and the remedies."""

    world: Requests = Requests(places=(7, 13), untaught=2)
    stages: Stages = Stages(
        pretraining=Tuning(steps=500, together=2),
        instruction=Tuning(steps=250, together=2),
        safety=Tuning(steps=200, together=2),
        read=Asking(encodings=SPELLINGS),
        taught=ANSWERED,
        kept=ANSWERED,
        max_length=64,
    )
    exam: Examination = Examination()
    defences: Strengths = Strengths()


class Jailbreaks(RequestChain):
    """The stages of a seed."""

    settings: Settings
