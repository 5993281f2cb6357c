"""When does a model of a picture and its caption know more than a model of either?

The truth is planted in the picture, in the caption, in both (one alone tells nothing), or in each
(one is enough).  Five models answer: of the picture, of the text, of both in two encoders whose
scores are added, of both in one encoder, and this one again, trained with parts left out.  Each
stands beside the best that anybody could say who sees as much.

Letters: A arms, M models, P parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.challenges.fusion_model import LateFusion, PairEncoder, Shapes, Sizes
from minillm.labs.small_encoder import Learning
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.study import Study
from minillm.labs.worlds.captions import PARTS, WORDS, Captioned, Captions
from minillm.nn import Module
from minillm.ops import cross_entropy
from minillm.training import evaluating


@dataclass(frozen=True)
class Settings:
    """The world, its arms, the models, and their training.

    An arm is a rule, ``told``, ``shown`` and the ``noise`` of a pixel.  ``left_out`` is how often
    each part is missing in the batches of the model that is prepared for it; that learns longer, so
    that it sees as many whole pairs.  The steps were set by looks at seed 100, which the study does
    not use.
    """

    world: Captions = Captions()
    arms: tuple[tuple[str, float, float, float], ...] = (
        ("picture", 1.0, 1.0, 0.1),
        *(("both", 1.0, 1.0, 0.1), ("both", 0.5, 1.0, 0.1), ("both", 0.0, 1.0, 0.1)),
        ("either", 0.6, 0.6, 0.1),
    )
    learned: int = 3000
    tested: int = 500
    sizes: Sizes = Sizes()
    learning: Learning = Learning(steps=350, rate=4e-3)
    left_out: float = 0.15


class Way(NamedTuple):
    """How a model is made: which parts it is given, and whether these are sometimes left out."""

    parts: list[str]
    late: bool = False
    left_out: bool = False


MODELS = {
    "picture": Way(["picture"]),
    "text": Way(["text"]),
    "late": Way(PARTS, late=True),
    "joint": Way(PARTS),
    "joint, parts left out": Way(PARTS, left_out=True),
}


def given(pairs: Captioned, parts: list[str]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The pictures and the captions, as far as they are among the parts."""
    pixels = pairs.pixels if "picture" in parts else None
    return pixels, pairs.captions if "text" in parts else None


def learned(settings: Settings, way: Way, pairs: Captioned, seed: int) -> Module:
    """A model that has learned the pairs in its way."""
    s, order = settings, stream(seed, "batches")
    shapes = Shapes(s.world.digits.side, pairs.captions.shape[1], len(WORDS))
    kind = LateFusion if way.late else PairEncoder
    model = kind(shapes, s.sizes, n_outputs=2, rng=stream(seed, "weights"))

    missing = s.left_out if way.left_out else 0.0
    steps = round(s.learning.steps / (1.0 - 2.0 * missing))

    def batches() -> Iterator[tuple[Captioned, list[str]]]:
        for _ in range(steps):
            batch = pairs.only(order.integers(len(pairs.labels), size=s.learning.batch))
            lot = order.random()
            yield batch, way.parts if lot >= 2 * missing else [PARTS[int(lot < missing)]]

    def loss_of(batch: tuple[Captioned, list[str]]) -> Tensor:
        pairs, parts = batch
        return cross_entropy(model(*given(pairs, parts)), targets=pairs.labels)

    for _ in learning_steps(model, loss_of, batches(), s.learning):
        pass
    return model


def accuracy_of(model: Module, pairs: Captioned, parts: list[str]) -> float:
    """How often a model is right that is given these parts."""
    with evaluating(model):
        said = model(*given(pairs, parts)).data.argmax(axis=1)
    return float((said == pairs.labels).mean())


def of_arm(
    settings: Settings, seed: int, rule: str, told: float, shown: float, noise: float
) -> Any:
    """The numbers of one world."""
    s = settings
    digits = replace(s.world.digits, noise=noise)
    world = replace(s.world, rule=rule, told=told, shown=shown, digits=digits)
    pairs = world.draw(s.learned, stream(seed, "pairs that are learned"))
    asked = world.draw(s.tested, stream(seed, "pairs that are asked about"))
    models = {name: learned(s, way, pairs, seed) for name, way in MODELS.items()}
    two = [models[name] for name in MODELS if MODELS[name].parts == PARTS]
    return {
        "accuracy": [accuracy_of(models[name], asked, MODELS[name].parts) for name in MODELS],
        "best": [world.best(way.parts) for way in MODELS.values()],
        "one part": [[accuracy_of(model, asked, [part]) for part in PARTS] for model in two],
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """How often each model is right, and the best that could be; A is the first axis of all.

    ``accuracy (A, M)``, ``best (A, M)``: of the MODELS.  ``one part (A, 3, P)``: of the models of
    both parts, late, joint, and joint with parts left out, where they are given one alone.

    Guide: 8.1.2 (G50).
    """
    found = [of_arm(settings, seed, *arm) for arm in settings.arms]
    return {name: [one[name] for one in found] for name in found[0]}


STUDY = Study(
    name="fusion",
    question="When does a model of a picture and its caption know more than a model of either?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
