"""The lab of the two lexicons: its settings, its data, and how a model learns from them.

Letters: N texts, T positions, V words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.backend.ids import IGNORE
from minillm.labs.compare import frozen
from minillm.labs.encoder_case import EncoderCase
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, with_holes
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.worlds.lexicons import Lexicons
from minillm.labs.worlds.majorities import Reviews, with_flipped
from minillm.ops import cross_entropy, smoothed_cross_entropy
from minillm.text.corpora.sentiment import LABELS


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all remedies train as long.  The grids are in
    ``lexicon_sweeps``; sizes, from ``few`` on, are untuned.
    """

    steps: int = 200
    weight_decay: float = 1.0
    dropout: float = 0.1
    smoothing: float = 0.02
    word_dropout: float = 0.7
    synonyms: float = 0.75
    few_share: float = 0.1
    many_share: float = 0.1
    pretraining: int = 1600
    asked_dropout: float = 0.7
    few: int = 32
    many: int = 128
    times: int = 4
    width: int = 64
    n_layers: int = 2
    members: int = 5
    draws: int = 10


@dataclass(frozen=True)
class Settings:
    """The reviews, how many there are and how many labels are flipped, the model, its training."""

    world: Lexicons = Lexicons()
    learned: int = 1000  # all in the words of books
    held: int = 400  # of books, for a temperature
    texts: int = 4000  # of both, without labels
    tested: int = 1000  # of each shift
    shifts: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    flipped: float = 0.1
    model: Encoder = Encoder(std=0.02)
    learning: Learning = Learning(steps=0)  # their number is the strength of the baseline
    strengths: Strengths = field(default_factory=Strengths)
    bins: int = 10  # of confidence


class Asked(NamedTuple):
    """Reviews of a shift with clean labels, and the labels with as many wrong as in training."""

    reviews: Reviews
    told: np.ndarray  # (N,)


class Lexicon(EncoderCase):
    """The reviews of a seed: those of books are learned, those of tools are asked about."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.many = self.told(s.strengths.times * s.learned, 0.0, "learned")
        self.books = self.many.only(slice(s.learned))
        self.held = self.told(s.held, 0.0, "held out")
        self.tools = self.told(s.strengths.many, 1.0, "of tools")
        self.both = self.told(s.learned, 1 / 2, "of both")
        self.tested = [self.tested_at(shift, str(shift)) for shift in s.shifts]

    def told(self, n: int, shift: float, purpose: str) -> Reviews:
        """Reviews as they come: a share of their labels is flipped."""
        rng = stream(self.seed, f"lexicon, {purpose}")
        found = with_flipped(self.settings.world.draw(n, shift, rng), self.settings.flipped, rng)
        frozen(*found)
        return found

    def tested_at(self, shift: float, purpose: str) -> Asked:
        """Reviews to be asked about."""
        rng = stream(self.seed, f"lexicon, tested, {purpose}")
        clean = self.settings.world.draw(self.settings.tested, shift, rng)
        told = with_flipped(clean, self.settings.flipped, rng).labels
        frozen(*clean, told)
        return Asked(clean, told)

    def learned(
        self,
        reviews: Reviews | None = None,
        *,
        model: Encoder | None = None,
        learning: Learning | None = None,
        synonyms: float = 0.0,
        tools: tuple[Reviews, float] | None = None,
        start: SmallEncoder | None = None,
        member: int = 0,
    ) -> SmallEncoder:
        """A model that has learned the books, or other reviews.

        Words are replaced by ``synonyms`` with that probability; ``tools`` are reviews of which a
        share of each batch is; ``start`` has the weights to begin with; every ``member`` has
        random numbers of its own.
        """
        fresh = self.untrained(model or self.settings.model, member)
        if start is not None:
            fresh.load_state_dict(start.state_dict())
        s, holes = learning or self.learning, self.stream("words left out", member)
        replacing = self.stream("synonyms", member)

        def loss_of(batch: Reviews) -> Tensor:
            ids = self.settings.world.with_synonyms(batch.ids, synonyms, replacing)
            ids = with_holes(ids, fresh.left_out, s.word_dropout, holes)
            return smoothed_cross_entropy(fresh(ids), targets=batch.labels, smoothing=s.smoothing)

        drawn = self.batches(reviews or self.books, tools, s, member)
        for _ in learning_steps(fresh, loss_of, drawn, s):
            pass
        return fresh

    def batches(
        self, books: Reviews, tools: tuple[Reviews, float] | None, s: Learning, member: int
    ) -> Iterator[Reviews]:
        """Random reviews of books, and in the place of a share of them reviews of tools."""
        rng, other = self.stream("batches", member), self.stream("batches of tools", member)
        for _ in range(s.steps):
            batch = books.only(rng.integers(len(books.labels), size=s.batch))
            if tools is not None:
                reviews, share = tools
                chosen = other.random(s.batch) < share
                there = reviews.only(other.integers(len(reviews.labels), size=s.batch))
                ids = np.where(chosen[:, None], there.ids, batch.ids)
                batch = Reviews(ids, np.where(chosen, there.labels, batch.labels))
            yield batch

    def untrained(self, sizes: Encoder, member: int = 0) -> SmallEncoder:
        """A model that knows nothing."""
        length, n_words = self.books.ids.shape[1], len(self.settings.world.words)
        rng = self.stream("weights", member)
        return SmallEncoder(n_words, length, sizes, n_classes=len(LABELS), rng=rng)

    def stream(self, purpose: str, member: int = 0) -> np.random.Generator:
        """Random numbers for a purpose, others for each member of an ensemble."""
        return stream(self.seed, f"lexicon, {purpose}", member)

    def pretrained(self, *, silent: bool = False) -> SmallEncoder:
        """A model that has filled gaps in texts of both lexicons, made once.

        What follows an opinion there tells its side, but not in ``silent`` texts.
        """
        key = ("pretrained", silent, self.settings.strengths.pretraining)
        found: SmallEncoder = self.shared(key, lambda: self.filled(silent))
        return found

    def filled(self, silent: bool) -> SmallEncoder:
        """One word of each text is hidden, and the model says which it was."""
        s = replace(self.settings.learning, steps=self.settings.strengths.pretraining)
        model, rng = self.untrained(self.settings.model), self.stream("texts")
        texts = self.settings.world.unlabelled(self.settings.texts, rng, silent=silent)

        def loss_of(ids: np.ndarray) -> Tensor:
            hidden = np.arange(ids.shape[1]) == rng.integers(ids.shape[1], size=(len(ids), 1))
            asked = model.word_scores(np.where(hidden, model.left_out, ids))
            return cross_entropy(asked, targets=np.where(hidden, ids, IGNORE))

        drawn = (texts[rng.integers(len(texts), size=s.batch)] for _ in range(s.steps))
        for _ in learning_steps(model, loss_of, drawn, s):
            pass
        return model
