"""The lab of lengths: its settings, its texts, and how a model learns from them.

Letters: N texts, T positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.mismatch.length_model import Decoder, Sizes
from minillm.labs.worlds.lengths import TASKS, Asked, Lengths
from minillm.ops import cross_entropy
from minillm.optim import AdamW, decay_groups
from minillm.text.corpora.sentiment import LABELS
from minillm.training import fit

Places = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    ``steps`` are those of the baseline, and all remedies train as long.  What has ``rate`` in its
    name is the rate of training of a model with those positions; ``rate`` alone is that of the
    baseline and of all other remedies.  The grids are in ``length_tuning``; sizes, from ``few`` on,
    are untuned.
    """

    steps: int = 800
    rate: float = 1e-2
    sinusoidal_rate: float = 3e-3
    rotary_rate: float = 1e-2
    alibi_rate: float = 3e-3
    none_rate: float = 1e-3
    wider_rate: float = 3e-3
    shifted_rate: float = 3e-3
    scattered_rate: float = 1e-2
    weight_decay: float = 0.1
    dropout: float = 0.05
    long_share: float = 0.1
    tuning_steps: int = 10
    few: int = 50
    many: int = 200
    times: int = 4
    width: int = 64


@dataclass(frozen=True)
class Settings:
    """The texts, how many there are and how long, the model, its training."""

    world: Lengths = Lengths()
    learned: int = 4000
    shortest: int = 4
    longest: int = 12
    long: tuple[int, int] = (24, 48)  # words of the long texts that some remedies learn
    tested: int = 1000  # of each length
    lengths: tuple[int, int, int] = (12, 24, 48)
    model: Sizes = Sizes()
    batch: int = 64
    max_norm: float = 1.0
    strengths: Strengths = field(default_factory=Strengths)


class Length(Case):
    """The texts of a seed: short ones are learned, longer ones are asked about."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.many = self.drawn(s.strengths.times * s.learned, s.shortest, s.longest, "learned")
        self.short = self.many.only(slice(s.learned))
        self.long = self.drawn(max(s.strengths.many, s.strengths.few), *s.long, "long")
        self.all = self.drawn(s.learned, s.shortest, max(s.lengths), "of all lengths")
        self.tested = [self.drawn(s.tested, n, n, f"tested, {n}") for n in s.lengths]

    def drawn(self, n: int, shortest: int, longest: int, purpose: str) -> Asked:
        """Texts for a purpose; nobody can change them."""
        found = self.settings.world.draw(n, shortest, longest, self.stream(purpose))
        frozen(*found)
        return found

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"length, {purpose}")

    def plain(self, task: str) -> Decoder:
        """The model of the short texts without any remedy, trained once for each task."""
        s = self.settings.strengths
        found: Decoder = self.shared(("plain", task, s.steps, s.rate), lambda: self.learned(task))
        return found

    def learned(
        self,
        task: str,
        texts: Asked | None = None,
        *,
        model: Sizes | None = None,
        steps: int | None = None,
        rate: float | None = None,
        weight_decay: float = 0.0,
        long_share: float = 0.0,
        places: Places | None = None,
        start: Decoder | None = None,
    ) -> Decoder:
        """A model that has learned one of ``TASKS`` on the short texts, or on other ones.

        A share of the batches is of long texts; ``places`` says where the words of a batch stand;
        ``start`` has the weights to begin with.
        """
        s, sizes = self.settings, model or self.settings.model
        fresh = self.untrained(task, sizes)
        if start is not None:
            fresh.load_state_dict(start.state_dict())
        column, rng = TASKS.index(task), self.stream(f"places, {task}")

        def loss_of(batch: Asked) -> Tensor:
            stands = None if places is None else places(batch.ids, sizes.longest, rng)
            return cross_entropy(fresh(batch.ids, stands), targets=batch.labels[:, column])

        optimizer = AdamW(
            decay_groups(fresh), lr=rate or s.strengths.rate, weight_decay=weight_decay
        )
        n = s.strengths.steps if steps is None else steps
        drawn = self.batches(task, texts or self.short, long_share, n)
        for _ in fit(loss_of, drawn, optimizer, max_norm=s.max_norm, allow_unused=True):
            pass
        return fresh

    def untrained(self, task: str, sizes: Sizes) -> Decoder:
        """A model that knows nothing; one task begins with other weights than the other."""
        n_words, rng = len(self.settings.world.words), self.stream(f"weights, {task}")
        return Decoder(n_words, sizes, n_classes=len(LABELS), rng=rng)

    def batches(self, task: str, texts: Asked, long_share: float, n: int) -> Iterator[Asked]:
        """Batches of random texts; with the probability ``long_share`` one is of long texts."""
        rng, other = self.stream(f"batches, {task}"), self.stream(f"long batches, {task}")
        long = self.long.only(slice(self.settings.strengths.many))
        for _ in range(n):
            batch = texts.only(rng.integers(len(texts.labels), size=self.settings.batch))
            if other.random() < long_share:
                batch = long.only(other.integers(len(long.labels), size=self.settings.batch))
            yield batch
