"""All that shapes the vectors of Word2Vec, beside the text."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Integral, Real
from typing import Any

SKIP_GRAM, CBOW = "skip-gram", "cbow"


@dataclass(frozen=True)
class Word2VecSettings:
    """The model, its sizes, and how it learns; the values are those of the program word2vec.c.

    Word2Vec is two models, skip-gram and a continuous bag of words, and each can be trained in two
    ways: by negative sampling, which is the one here, or by hierarchical softmax.

    That program steps after every pair; ours after ``batch`` of them, and ``summed_rate`` bounds
    what they do to one word together (see ``add_rows``).  For ``cbow`` the program's rate is 0.05.

    Raises:
        ValueError, TypeError: a value that cannot be, with its name.
    Source: Mikolov, Sutskever, Chen, Corrado & Dean 2013, "Distributed Representations of Words
        and Phrases and their Compositionality", sections 2.2 and 2.3, arXiv:1310.4546.
    """

    model: str = SKIP_GRAM  # or "cbow"
    width: int = 100  # of a vector
    window: int = 5  # the most words on either side; of each place it is drawn from 1 to this
    negatives: int = 5  # drawn words for each true one
    noise_power: float = 0.75  # a word is drawn in proportion to its count to this power
    subsample: float | None = 1e-3  # words of a larger share are thinned out; None: none are
    rate: float = 0.025  # falls on a line from here
    least_rate: float = 1e-4  # to this share of it
    epochs: int = 5
    batch: int = 256  # pairs of a step; for cbow, places
    summed_rate: float = 1.6  # what the rates of one word's rows in a step add up to at most
    chunk: int = 10_000  # words of the text that are shuffled together
    seed: int = 0

    def __post_init__(self) -> None:
        if self.model not in (SKIP_GRAM, CBOW):
            raise ValueError(f"model must be {SKIP_GRAM} or {CBOW}, got {self.model!r}")
        for name in ("width", "window", "negatives", "epochs", "batch", "chunk"):
            whole(name, getattr(self, name), least=1)
        whole("seed", self.seed, least=0)
        for name in ("rate", "summed_rate"):
            between(name, getattr(self, name), 0.0, inf)
        if self.subsample is not None:
            between("subsample", self.subsample, 0.0, inf)
        between("noise_power", self.noise_power, -inf, inf)
        if not (isinstance(self.least_rate, Real) and 0.0 <= self.least_rate <= 1.0):
            raise ValueError(f"least_rate must be from 0 to 1, got {self.least_rate!r}")


def whole(name: str, value: Any, *, least: int) -> None:
    """Refuse what is not an integer of at least ``least``."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def between(name: str, value: Any, low: float, high: float) -> None:
    """Refuse what is not a number above ``low`` and below ``high``; NaN is neither."""
    if not isinstance(value, Real) or not low < float(value) < high:
        raise ValueError(f"{name} must be a number above {low} and below {high}, got {value!r}")
