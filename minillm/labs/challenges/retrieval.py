"""How often does a picture find its caption, and a caption its picture?

Two encoders, one of pictures and one of captions, learn vectors by the contrastive loss: a pair is
to be closer than all other pairs of the batch.  Then each of many pictures looks for its own among
as many captions.  Captions say only a part of what is shown, so that the best that anybody can do
is known; and where they say nothing, or all of them belong to other pictures, it is chance.

Letters: A arms, N pairs, B pairs of a batch, D width of a vector, K ranks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import stream
from minillm.labs.challenges.fusion_model import PairEncoder, Shapes, Sizes, check_pairs
from minillm.labs.small_encoder import Learning
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.study import Study
from minillm.labs.worlds.described import WORDS, Described, Pairs, fit
from minillm.nn import Module
from minillm.ops import contrastive_loss, cosine_similarity, exp
from minillm.tasks.metrics import recall_at
from minillm.training import evaluating


@dataclass(frozen=True)
class Settings:
    """The world, its arms, the two encoders, their training, and among how many one looks.

    An arm is ``told``, the ``noise`` of a pixel, and the share of the learned pairs that are
    mispaired.  ``vector`` is the width in which both meet, ``temperature`` what cosines are divided
    by at the start.  The steps were set by looks at seed 100, which the study does not use.
    """

    world: Described = Described()
    arms: tuple[tuple[float, float, float], ...] = (
        *((1.0, 0.1, 0.0), (0.5, 0.1, 0.0), (0.0, 0.1, 0.0)),
        *((1.0, 0.6, 0.0), (1.0, 0.1, 1.0)),
    )
    learned: int = 3000
    tested: int = 100
    vector: int = 16
    temperature: float = 0.07
    sizes: Sizes = Sizes()
    learning: Learning = Learning(steps=300, batch=64, rate=4e-3)
    ranks: tuple[int, ...] = (1, 5)


class TwoEncoders(Module):
    """Vectors of pictures and of captions, and how near they are::

        s_ij = cos(u_i, v_j) / τ,    u of picture i, v of caption j,   τ is learned

    Raises:
        ValueError: ``temperature``, the first τ, is not above 0 and finite.
    Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
        Supervision", arXiv:2103.00020, section 2.3 and figure 3.
    Guide: 8.1.2 (G50).
    """

    def __init__(
        self,
        shapes: Shapes,
        sizes: Sizes,
        *,
        vector: int,
        temperature: float,
        rng: np.random.Generator,
    ):
        if not 0.0 < temperature < math.inf:
            raise ValueError(
                f"TwoEncoders: temperature must be above 0 and finite, got {temperature}"
            )
        self.of_picture = PairEncoder(shapes, sizes, n_outputs=vector, rng=rng)
        self.of_text = PairEncoder(shapes, sizes, n_outputs=vector, rng=rng)
        self.log_scale = Parameter(np.array([-math.log(temperature)], dtype=np.float32))

    def forward(self, pixels: np.ndarray, captions: np.ndarray) -> Tensor:
        """The scores of all pictures with all captions, (N, P), (M, T) -> (N, M)."""
        u, v = self.of_picture(pixels, None), self.of_text(None, captions)
        width = u.shape[1]
        cosines = cosine_similarity(u.reshape(-1, 1, width), v.reshape(1, -1, width))
        return cosines * exp(self.log_scale)

    def loss(self, pixels: np.ndarray, captions: np.ndarray) -> Tensor:
        """``contrastive_loss`` of pairs, (B, P), (B, T) -> ().

        Raises:
            ValueError: there are not as many pictures as captions.
        """
        check_pairs("TwoEncoders", pixels, captions)
        return contrastive_loss(self(pixels, captions))


def mispaired(pairs: Pairs, rate: float, rng: np.random.Generator) -> Pairs:
    """The pairs with a share of the captions dealt out anew among their pictures."""
    n = round(rate * len(pairs.captions))
    chosen = rng.permutation(len(pairs.captions))[:n]
    captions = pairs.captions.copy()
    captions[chosen] = captions[np.roll(chosen, 1)]
    return pairs._replace(captions=captions)


def learned(settings: Settings, pairs: Pairs, seed: int) -> TwoEncoders:
    """Two encoders that have learned the pairs."""
    s, order = settings, stream(seed, "batches")
    shapes = Shapes(s.world.digits.side, pairs.captions.shape[1], len(WORDS))
    rng = stream(seed, "weights")
    model = TwoEncoders(shapes, s.sizes, vector=s.vector, temperature=s.temperature, rng=rng)

    def batches() -> Iterator[Pairs]:
        for _ in range(s.learning.steps):
            yield pairs.only(order.choice(len(pairs.pixels), s.learning.batch, replace=False))

    def loss_of(batch: Pairs) -> Tensor:
        return model.loss(batch.pixels, batch.captions)

    for _ in learning_steps(model, loss_of, batches(), s.learning):
        pass
    return model


def both_ways(scores: np.ndarray, ranks: tuple[int, ...]) -> list[list[float]]:
    """Recall of pictures that look for captions, and of captions that look for pictures, (2, K)."""
    own = np.arange(len(scores))
    return [[recall_at(one, own, k) for k in ranks] for one in (scores, scores.T)]


def of_arm(settings: Settings, seed: int, told: float, noise: float, wrong: float) -> Any:
    """The numbers of one world."""
    s = settings
    world = replace(s.world, told=told, digits=replace(s.world.digits, noise=noise))
    pairs = world.draw(s.learned, stream(seed, "pairs that are learned"))
    asked = world.draw(s.tested, stream(seed, "pairs that are asked about"))
    model = learned(s, mispaired(pairs, wrong, stream(seed, "mispaired")), seed)
    with evaluating(model):
        scores = model(asked.pixels, asked.captions).data
    return {
        "recall": both_ways(scores, s.ranks),
        "best": both_ways(fit(asked.shown, asked.captions), s.ranks),
        "temperature": float(np.exp(-model.log_scale.data[0])),
    }


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """How often the own one is among the first; A is the first axis of all.

    ``recall (A, 2, K)``, ``best (A, 2, K)``: of pictures that look for captions and of captions
    that look for pictures, by the learned vectors and by what fits; chance is K of ``tested``.
    ``temperature (A,)``: the learned τ.

    Guide: 8.1.2 (G50).
    """
    found = [of_arm(settings, seed, *arm) for arm in settings.arms]
    return {name: [one[name] for one in found] for name in found[0]}


STUDY = Study(
    name="retrieval",
    question="How often does a picture find its caption, and a caption its picture?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
