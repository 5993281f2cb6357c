"""What a remedy of the length lab gives: for each task something that reads texts.

Letters: N texts, T positions, C classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.mismatch.length_model import Decoder
from minillm.labs.small_encoder import scores
from minillm.training import evaluating


class Reader:
    """Gives the score of each class of texts."""

    def scores(self, ids: np.ndarray) -> np.ndarray:
        """(N, T) -> (N, C)."""
        raise NotImplementedError


class Pair(NamedTuple):
    """A reader for each task: who is asked for the last opinion, and who for the first."""

    last: Reader
    first: Reader


class Trained(Reader):
    """A decoder as it is."""

    def __init__(self, decoder: Decoder):
        self.decoder = decoder

    def scores(self, ids: np.ndarray) -> np.ndarray:
        """What the decoder says."""
        return scores(self.decoder, ids)


class Cut(Trained):
    """A decoder that is shown the last ``longest`` words of a text and the question."""

    def __init__(self, decoder: Decoder, longest: int):
        super().__init__(decoder)
        self.longest = longest

    def scores(self, ids: np.ndarray) -> np.ndarray:
        """What it says of the end of each text."""
        return super().scores(ids[:, -self.longest - 1 :])


class Scattered(Trained):
    """A decoder whose words stand at random places in order; each call draws the same ones.

    Source: as ``scattered``.
    """

    def __init__(self, decoder: Decoder, seed: int):
        super().__init__(decoder)
        self.seed = seed

    def scores(self, ids: np.ndarray) -> np.ndarray:
        """What it says at such places."""
        drawn = scattered(ids, self.decoder.sizes.longest, stream(self.seed, "length, places"))
        with evaluating(self.decoder):
            found: np.ndarray = self.decoder(ids, drawn).data.astype(np.float64)
        return found


def shifted(ids: np.ndarray, longest: int, rng: np.random.Generator) -> np.ndarray:
    """The places of words if each text starts at a random one of ``longest``, (N, T).

    Raises:
        ValueError: a text that is longer.
    """
    counted, free = places_and_room("shifted", ids, longest)
    start = (rng.random(len(ids)) * (free + 1)).astype(int)
    return np.where(ids != 0, counted + start[:, None], 0)


def scattered(ids: np.ndarray, longest: int, rng: np.random.Generator) -> np.ndarray:
    """Random places of ``longest`` for the words of each text, all different and in order, (N, T).

    Raises:
        ValueError: a text that is longer.
    Source: Ruoss et al. 2023, "Randomized Positional Encodings Boost Length Generalization of
        Transformers", arXiv:2305.16843.
    """
    counted, _ = places_and_room("scattered", ids, longest)
    order = rng.random((len(ids), longest)).argsort(axis=1)  # the first n are n random places
    taken = np.where(np.arange(longest) <= counted[:, -1:], order, longest)
    return np.where(ids != 0, np.take_along_axis(np.sort(taken, axis=1), counted, axis=1), 0)


def places_and_room(name: str, ids: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """The place of each word, 0 at padding, and how many of ``longest`` remain behind the last."""
    counted = np.maximum(np.cumsum(ids != 0, axis=1) - 1, 0)
    free = longest - 1 - counted[:, -1]
    if (free < 0).any():
        raise ValueError(
            f"{name}: longest must be at least the {int(counted[:, -1].max()) + 1} positions "
            f"of a text, got {longest}"
        )
    return counted, free
