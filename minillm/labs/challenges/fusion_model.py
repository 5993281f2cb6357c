"""Models of a picture and a caption: one encoder over both, or one for each.

Letters: B pairs, S rows of a picture and pixels of a row, T words, D model width, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.autograd import Tensor
from minillm.nn import Embedding, EncoderBlock, LearnedPositions, Linear, Module, normal
from minillm.ops import concatenate


@dataclass(frozen=True)
class Sizes:
    """An encoder; its words and places start with deviation ``std``."""

    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    hidden: int = 64
    std: float = 0.3


@dataclass(frozen=True)
class Shapes:
    """What is read: pictures of ``side`` rows of as many pixels, captions of ``length`` words."""

    side: int
    length: int
    n_words: int


class PairEncoder(Module):
    """Reads pictures, captions, or both as one sequence, and makes one vector of it::

        z = [pixels of row 1 W; ...; row S W;  E[word 1]; ...; E[word T]] + P
        features = mean over positions of blocks(z)

    A row of pixels is a token; words and rows attend to each other in every block.  A part that
    is missing is left out of the sequence: the other keeps its places.

    Shapes: ``pixels (B, S S), captions (B, T) -> (B, C)``.

    Raises:
        ValueError: no part is given; pictures of another size, captions of another length, or not
            as many of one as of the other.
    Source: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words: Transformers for Image
        Recognition at Scale", arXiv:2010.11929, section 3.1, for pictures as sequences of pieces.
    Guide: 8.1.2 (G50).
    """

    def __init__(self, shapes: Shapes, sizes: Sizes, *, n_outputs: int, rng: np.random.Generator):
        s = sizes
        self.shapes = shapes
        self.rows = Linear(shapes.side, s.width, rng=rng)
        self.words = Embedding(shapes.n_words, s.width, rng=rng)
        self.positions = LearnedPositions(shapes.side + shapes.length, s.width, rng=rng)
        for table in (self.words.weight, self.positions.weight):
            table.data = normal(table.shape, std=s.std, rng=rng)
        self.blocks = [
            EncoderBlock(s.width, s.n_heads, s.hidden, rng=rng) for _ in range(s.n_layers)
        ]
        self.output = Linear(s.width, n_outputs, rng=rng)

    def features(self, pixels: np.ndarray | None, captions: np.ndarray | None) -> Tensor:
        """One vector for each pair, (B, D)."""
        check_parts("PairEncoder", self.shapes, pixels, captions)
        side, parts = self.shapes.side, []
        if pixels is not None:
            rows = self.rows(Tensor(pixels.reshape(len(pixels), side, side)))
            parts.append(self.positions(rows))
        if captions is not None:
            parts.append(self.positions(self.words(captions), start=side))
        x = parts[0] if len(parts) == 1 else concatenate(*parts, axis=1)
        for block in self.blocks:
            x = block(x)
        return x.mean(axis=1)

    def forward(self, pixels: np.ndarray | None, captions: np.ndarray | None) -> Tensor:
        """What the output layer makes of the features."""
        return self.output(self.features(pixels, captions))


class LateFusion(Module):
    """An encoder for each part, and the sum of what both say: ``z(picture) + z(caption)``.

    No part is read in the light of the other: a sum cannot say "one of both, but not both".

    Raises:
        ValueError: as ``PairEncoder``.
    Guide: 8.1.2 (G50).
    """

    def __init__(self, shapes: Shapes, sizes: Sizes, *, n_outputs: int, rng: np.random.Generator):
        self.shapes = shapes
        self.of_picture = PairEncoder(shapes, sizes, n_outputs=n_outputs, rng=rng)
        self.of_text = PairEncoder(shapes, sizes, n_outputs=n_outputs, rng=rng)

    def forward(self, pixels: np.ndarray | None, captions: np.ndarray | None) -> Tensor:
        """The sum of the scores; of one part, its own."""
        check_parts("LateFusion", self.shapes, pixels, captions)
        said = [] if pixels is None else [self.of_picture(pixels, None)]
        said += [] if captions is None else [self.of_text(None, captions)]
        return said[0] if len(said) == 1 else said[0] + said[1]


def check_parts(
    name: str, shapes: Shapes, pixels: np.ndarray | None, captions: np.ndarray | None
) -> None:
    """Refuse pairs that cannot be read.

    Raises:
        ValueError: see ``PairEncoder``.
    """
    if pixels is None and captions is None:
        raise ValueError(f"{name}: a picture or a caption is needed, got neither")
    size = shapes.side**2
    if pixels is not None and (pixels.ndim != 2 or pixels.shape[1] != size):
        raise ValueError(
            f"{name}: pixels must be (pairs, {size}), {shapes.side} rows of "
            f"{shapes.side}, got {pixels.shape}"
        )
    if captions is not None and (captions.ndim != 2 or captions.shape[1] != shapes.length):
        raise ValueError(f"{name}: captions must be (pairs, {shapes.length}), got {captions.shape}")
    if pixels is not None and captions is not None:
        check_pairs(name, pixels, captions)


def check_pairs(name: str, pixels: np.ndarray, captions: np.ndarray) -> None:
    """Refuse pictures and captions that are not as many.

    Raises:
        ValueError: there are more of one than of the other.
    """
    if len(pixels) != len(captions):
        raise ValueError(
            f"{name}: every picture needs its caption, got {len(pixels)} pictures and "
            f"{len(captions)} captions"
        )
