"""Is there a head that copies what followed an earlier same token, and what is lost with it?

Small GPTs read texts whose random blocks come again.  In two layers a head can look at the token
before, and one behind it can look where that was the present token; one layer cannot do so.  Heads
are ranked by where they look, and then taken out one after the other.

Letters: A arms, H heads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_texts, start_with
from minillm.labs.study import Study
from minillm.labs.worlds.repeats import RepeatedBlocks, Repeats
from minillm.models import Gpt, gpt2_style
from minillm.models.attribution import (
    gpt_attention_weights,
    induction_scores,
    previous_token_scores,
    without_heads,
)
from minillm.training import evaluating


@dataclass(frozen=True)
class Settings:
    """The world, the model, which kinds of it, and how many texts are asked about.

    An arm is a number of layers and a kind of positions.
    """

    world: RepeatedBlocks = RepeatedBlocks()
    model: GptSizes = GptSizes(width=32, n_heads=4, std=0.2)
    training: GptTraining = GptTraining(batch=32, steps=1000, rate=4e-3, lowest_rate=4e-4)
    arms: tuple[tuple[int, str], ...] = ((2, "rotary"), (1, "rotary"), (2, "learned"))
    tested: int = 200


def learned(settings: Settings, seed: int, n_layers: int, positions: str) -> Gpt:
    """A GPT that has read fresh texts."""
    world, s = settings.world, settings.model
    sizes = {"width": s.width, "n_layers": n_layers, "n_heads": s.n_heads}
    config = gpt2_style(world.tokens, **sizes, max_length=world.length)
    model = Gpt(replace(config, positions=positions), rng=stream(seed, "gpt"))
    start_with((p for p in model.parameters() if p.ndim == 2), s.std)
    rng = stream(seed, "texts that are read")
    learn_texts(model, lambda n: [*world.draw(n, rng).ids], settings.training)
    return model


def nats(model: Gpt, texts: Repeats) -> tuple[float, float]:
    """Mean -ln p of the tokens that could be copied, and of all others behind the first."""
    with evaluating(model):
        losses = -model.log_probabilities(texts.ids)
    copied = texts.copied[:, 1:]
    return float(losses[copied].mean()), float(losses[~copied].mean())


def plain_nats(model: Gpt, texts: Repeats) -> float:
    """Mean -ln p of all tokens behind the first."""
    with evaluating(model):
        return float(-model.log_probabilities(texts.ids).mean())


def without(model: Gpt, heads: list[tuple[int, int]], texts: Repeats) -> float:
    """``nats`` of what could be copied, without these heads."""
    return nats(without_heads(model, heads), texts)[0]


def of_model(model: Gpt, texts: Repeats, fresh: Repeats) -> dict[str, Any]:
    """Where the heads of one model look, and what is lost with them: see ``measure``."""
    maps, n_heads = gpt_attention_weights(model, texts.ids), model.config.n_heads
    scores, last = induction_scores(maps, texts.ids), model.config.n_layers - 1
    order = [(last, int(head)) for head in np.argsort(-scores[last])]
    before = [(0, head) for head in range(n_heads)]
    return {
        "nats": [*nats(model, texts)],
        "induction": scores[last].tolist(),
        "previous": previous_token_scores(maps, texts.ids)[0].tolist(),
        "best first": [without(model, order[:k], texts) for k in range(n_heads + 1)],
        "worst first": [without(model, order[::-1][:k], texts) for k in range(n_heads + 1)],
        "without the first layer's": without(model, before, texts),
        "fresh": [plain_nats(m, fresh) for m in (model, without_heads(model, order))],
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Where the heads look, and -ln p without them, in nats; A is the first axis of all.

    ``nats (A, 2)``: of what could be copied, and of the rest.  ``induction (A, H)``: scores of the
    last layer's heads, ``previous (A, H)``: how much the first layer's look at the token before.
    ``best first``, ``worst first (A, H + 1)``: what could be copied, with heads of the last layer
    taken out from the highest score of induction on, or from the lowest.  ``without the first
    layer's (A,)``.  ``fresh (A, 2)``: blocks that are not repeated, with all heads and without
    those of the last layer: there is nothing to be copied, and nothing to be lost.

    Guide: 8.1.4, 8.2.4 (G52).
    """
    rng = stream(seed, "texts that are asked about")
    texts = settings.world.draw(settings.tested, rng)
    fresh = settings.world.draw(settings.tested, rng, repeated=False)
    found = [of_model(learned(settings, seed, *arm), texts, fresh) for arm in settings.arms]
    return {name: [one[name] for one in found] for name in found[0]}


STUDY = Study(
    name="induction_head",
    question="Is there a head that copies what followed an earlier same token, and what is lost "
    "with it?",
    settings=Settings(),
    measure=measure,
    seeds=range(6),
    tolerance=0.1,
)
