"""A small world of requests and a model behind each stage, trained once for all tests."""

from functools import cache

from minillm.labs.request_stages import Stages, Tuning, instructed, made_safe, pretrained
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests, World

DIALS = Requests(verbs=3, harmless=6, forbidden=2, untaught=1, starts=2, places=())
WORLD = World(DIALS, seed=0)
PLAIN = Asking(begin=0.35, no_apology=0.15)
SMALL = Stages(
    model=GptSizes(width=32, n_heads=2),
    pretraining=Tuning(steps=200, batch=8),
    instruction=Tuning(steps=150, batch=8),
    safety=Tuning(steps=120, batch=8),
    read=Asking(),
    taught=PLAIN,
    kept=PLAIN,
    refused=0.3,
)


@cache
def small_chain():
    """The model that has read, the one that answers, and the one that refuses."""
    read = pretrained(WORLD, SMALL, seed=0)
    told = instructed(read, WORLD, SMALL, seed=0)
    return read, told, made_safe(told, WORLD, SMALL, seed=0)
