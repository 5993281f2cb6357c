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

    ``ruled``, ``forced`` and ``encoded`` are shares of the refusals, ``all_ruled`` and
    ``all_forced`` those where all kinds are learned together, ``starts`` the number of first words
    in their rules, ``refused`` and ``many`` shares of the texts, and ``longer`` says how many times
    as many steps are taken.  The width is twice that of the baseline.

    Of two strengths the one with the lower mean of the three headline measures over seeds 100 and
    101, if harmless requests are answered and forbidden ones refused before any attack in 0.95 of
    cases on both; where neither does so, the lower mean: ``ruled`` and ``forced`` of 0.5 and 0.9,
    ``encoded`` of 0.5 and 0.8, ``longer`` of 2 and 3, ``kl`` and ``weight_decay`` of 0.1 and 1,
    ``dropout`` of 0.05 and 0.1, the rate of preferences of 0.0001 and 0.0003, that of PCGrad and
    MGDA of 0.01 and 0.005; of all stages of the wider model of 0.01 and 0.005, of one without a
    part of 0.01 and 0.003.  For all kinds together both shares were 0.5 or 0.9, chosen with 20 %
    of refusals: with 10 % no model refused in 0.95 of cases.
    """

    refused: float = 0.2
    many: float = 0.5
    ruled: float = 0.5
    forced: float = 0.5
    all_ruled: float = 0.9
    all_forced: float = 0.9
    starts: int = 8
    encoded: float = 0.5
    longer: int = 3
    kl: float = 1.0
    dropout: float = 0.1
    weight_decay: float = 1.0
    preferring: Preferring = Preferring()
    pcgrad_rate: float = 0.01
    mgda_rate: float = 0.005
    wider_rate: float = 0.005
    no_attention_rate: float = 0.01
    no_residuals_rate: float = 0.003


@dataclass(frozen=True)
class Settings:
    """The world with two encodings, the stages, the attacks and the remedies.

    In the last stage harmless requests are answered in all spellings.  That is a choice: it teaches
    that what is encoded is answered, and the bypass by encodings hangs on it.
    """

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
