"""Is there a head that copies what followed an earlier same token, and what is lost with it?

Two-layer and one-layer GPTs read texts whose random blocks come again.  In two layers a head can
look at the token before, and one behind it can look where that was the present token; one layer
cannot do so.  Heads are ranked by where they look, and then taken out one after the other.

Letters: L layers, H heads, R numbers of heads taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.small_gpt import SmallGpt, learn_texts, new_gpt
from minillm.labs.study import Study
from minillm.labs.worlds.repeats import RepeatedBlocks, Repeats
from minillm.models import Gpt
from minillm.models.attribution import (
    gpt_attention_weights,
    induction_scores,
    previous_token_scores,
    without_heads,
)
from minillm.training import evaluating


@dataclass(frozen=True)
class Settings:
    """The world, the model, and how many texts are asked about."""

    world: RepeatedBlocks = RepeatedBlocks()
    model: SmallGpt = SmallGpt(width=32, n_heads=4, batch=32, steps=1500, std=0.08)
    tested: int = 200


def learned(settings: Settings, seed: int, n_layers: int) -> Gpt:
    """A GPT that has read fresh texts."""
    world, sizes = settings.world, replace(settings.model, n_layers=n_layers)
    model = new_gpt(sizes, vocabulary_size=world.tokens, max_length=world.length, seed=seed)
    rng = stream(seed, "texts that are read")
    learn_texts(model, lambda n: [*world.draw(n, rng).ids], sizes)
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


def taken_out(model: Gpt, order: list[tuple[int, int]], texts: Repeats) -> list[list[float]]:
    """``nats`` with no head taken out, with the first of the order, the first two, and so on."""
    return [[*nats(without_heads(model, order[:k]), texts)] for k in range(len(order) + 1)]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """What the heads look at, and -ln p without them, in nats.

    ``nats (2, 2)``: two layers and one; what could be copied, and the rest.  ``induction`` and
    ``previous (2, H)``: scores of the two-layer model.  ``without one (2, H)``: what could be
    copied without each head.  ``best first``, ``worst first (H + 1, 2)``: heads of the last layer
    taken out from the highest score of induction on, or the lowest.  ``fresh (2,)``: blocks that
    are not repeated, with all heads and without the best one.

    Guide: 8.1.4, 8.2.4 (G52).
    """
    two, one = (learned(settings, seed, n) for n in (2, 1))
    rng = stream(seed, "texts that are asked about")
    texts = settings.world.draw(settings.tested, rng)
    fresh = settings.world.draw(settings.tested, rng, repeated=False)
    maps = gpt_attention_weights(two, texts.ids)
    scores, n_heads = induction_scores(maps, texts.ids), settings.model.n_heads
    ranked = [(1, int(head)) for head in np.argsort(-scores[1])]
    single = [
        [nats(without_heads(two, [(layer, head)]), texts)[0] for head in range(n_heads)]
        for layer in range(2)
    ]
    return {
        "nats": [[*nats(model, texts)] for model in (two, one)],
        "induction": scores.tolist(),
        "previous": previous_token_scores(maps, texts.ids).tolist(),
        "without one": single,
        "best first": taken_out(two, ranked, texts),
        "worst first": taken_out(two, ranked[::-1], texts),
        "fresh": [plain_nats(m, fresh) for m in (two, without_heads(two, ranked[:1]))],
    }


STUDY = Study(
    name="induction_head",
    question="Is there a head that copies what followed an earlier same token, and what is lost "
    "with it?",
    settings=Settings(),
    measure=measure,
    seeds=range(6),
    tolerance=0.1,
)
