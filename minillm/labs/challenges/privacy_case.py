"""The lab of canaries: its settings, its texts, and how a model learns them, with noise or without.

Letters: N texts, B of a batch, T positions, R candidates for a secret.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import stream
from minillm.labs.compare import Case
from minillm.labs.small_gpt import GptSizes, GptTraining, learning, start_with
from minillm.labs.worlds.canaries import OPENINGS, WORDS, Canaries, Canary, ids_of
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.ops import IGNORE
from minillm.tasks.generation.windows import Window, padded
from minillm.training.privacy import PrivateGradients, noise_for, sampled_rows

View = Callable[[str], str]  # how a text is shown to a model
noise_of = functools.cache(noise_for)


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    The grids are in ``privacy_sweeps``; from ``times`` on they are untuned.
    """

    weight_decay: float = 3.0
    dropout: float = 0.4
    early: int = 100
    clip: float = 1.0
    rate_8: float = 0.008
    rate_2: float = 0.03
    public_rate: float = 0.001
    times: int = 4
    width: int = 64
    alike: float = 0.5


@dataclass(frozen=True)
class Sizes(GptSizes):
    """A small GPT with rotary positions, and its dropout."""

    width: int = 32
    n_layers: int = 1
    dropout: float = 0.0


@dataclass(frozen=True)
class Settings:
    """The texts, how many are learned and how many are not, the model, its training.

    ``delta`` is what a promise of privacy may fail by, for each text.
    """

    world: Canaries = Canaries()
    learned: int = 800  # beside the canaries
    others: int = 1200  # never learned: they are compared with those that were
    model: Sizes = Sizes()
    training: GptTraining = GptTraining(
        batch=48, steps=400, rate=0.008, lowest_rate=0.0008, warmup=20, weight_decay=0.0
    )
    epsilons: tuple[float, float] = (8.0, 2.0)
    delta: float = 1e-4
    strengths: Strengths = field(default_factory=Strengths)


def as_it_stands(text: str) -> str:
    """A view that changes nothing."""
    return text


class Speaker:
    """A model, and how texts were shown to it: an attacker shows them the same way."""

    def __init__(self, gpt: Gpt, view: View = as_it_stands):
        self.gpt, self.view = gpt.eval(), view

    @no_grad()
    def losses(self, texts: Sequence[str]) -> np.ndarray:
        """-ln p of each text, mean over its tokens behind the first, (N,)."""
        window = padded([ids_of(self.view(text)) for text in texts])
        return np.asarray(losses_of(self.gpt, window).data, dtype=np.float64)

    @no_grad()
    def secret_losses(self, canary: Canary) -> np.ndarray:
        """-ln p of every candidate behind what is told before it, (R,), by its number.

        Digits before the last are asked for all together; of the last all ten are read off.
        """
        prompt = ids_of(self.view(canary.asked(OPENINGS[0])))
        digits = ids_of("0123456789")
        begun = np.array([*itertools.product(digits, repeat=canary.digits - 1)], dtype=np.int64)
        begun = begun.reshape(10 ** (canary.digits - 1), canary.digits - 1)
        ids = np.concatenate([np.tile(prompt, (len(begun), 1)), begun], axis=1)
        p = self.gpt(ids).data[:, len(prompt) - 1 :].astype(np.float64)
        logs = p - np.logaddexp.reduce(p, axis=-1, keepdims=True)
        before = np.take_along_axis(logs[:, :-1], begun[:, :, None], axis=2)[..., 0].sum(axis=1)
        return -(before[:, None] + logs[:, -1, digits]).ravel()


def losses_of(gpt: Gpt, window: Window) -> Tensor:
    """The loss of each text, mean over its tokens, (B,)."""
    each = gpt.loss(*window, reduction="none")
    counted = (window.targets != IGNORE).sum(axis=1)
    return each.sum(axis=1) * Tensor((1 / counted).astype(np.float32))


class Privacy(Case):
    """The texts of a seed: those that are learned, canaries among them, and others."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s, rng = settings, self.stream("texts")
        self.records = s.world.purchases(s.learned, rng)
        self.canaries = s.world.canaries(rng)
        self.told = [*self.records, *s.world.copies(self.canaries, rng)]
        self.others = s.world.purchases(s.others, rng)
        secrets = [canary.told(OPENINGS[0]) for canary in self.canaries]
        self.longest = max(len(ids_of(text)) for text in (*self.told, *self.others, *secrets))
        self.public = s.world.purchases(s.strengths.times * s.learned, self.stream("public"))

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"privacy, {purpose}")

    def plain(self) -> Speaker:
        """The model of the texts as they stand, trained once."""
        found: Speaker = self.shared("plain", lambda: self.learned(self.told))
        return found

    def reference(self) -> Speaker:
        """A model of public texts, which has seen none of the others, trained once."""
        key = ("reference", self.settings.strengths.times)
        found: Speaker = self.shared(key, lambda: self.learned(self.public))
        return found

    def learned(
        self,
        texts: Sequence[str],
        *,
        view: View = as_it_stands,
        redrawn: bool = False,
        start: Gpt | None = None,
        sizes: Sizes | None = None,
        epsilon: float | None = None,
        **changed: Any,
    ) -> Speaker:
        """A model of these texts; ``changed`` are fields of ``training``.

        Texts are shown by ``view``; with ``redrawn`` each digit is another one at every step;
        ``start`` has the weights to begin with; with ``epsilon`` the training promises (ε, δ).
        """
        s = self.settings
        training, gpt = replace(s.training, **changed), self.untrained(sizes or s.model)
        if start is not None:
            gpt.load_state_dict(start.state_dict())
        window = padded([ids_of(view(text)) for text in texts])
        rate = training.batch / len(texts)
        batches = self.batches(window, training, None if epsilon is None else rate, redrawn)
        if epsilon is None:
            steps = learning(gpt, lambda b: losses_of(gpt, b).mean(), batches, training)
        else:
            noise = noise_of(epsilon=epsilon, delta=s.delta, rate=rate, steps=training.steps)
            private = PrivateGradients(
                clip=s.strengths.clip,
                noise=noise,
                expected=training.batch,
                rng=self.stream("noise"),
            )
            training = replace(training, max_norm=math.inf)
            steps = learning(gpt, lambda b: losses_of(gpt, b), batches, training, private)
        for _ in steps:
            pass
        return Speaker(gpt, view)

    def batches(
        self, window: Window, s: GptTraining, rate: float | None, redrawn: bool
    ) -> Iterator[Window]:
        """Random texts: so many at each step, or each with a probability, as privacy needs it."""
        rng, digits = self.stream("batches"), self.stream("digits")
        n = len(window.ids)
        for _ in range(s.steps):
            rows = rng.integers(n, size=s.batch) if rate is None else sampled_rows(n, rate, rng)
            batch = Window(*(part[rows] for part in window if part is not None))
            yield with_other_digits(batch, digits) if redrawn else batch

    def untrained(self, sizes: Sizes) -> Gpt:
        """A model that knows nothing."""
        config = GptConfig(
            len(WORDS),
            width=sizes.width,
            n_layers=sizes.n_layers,
            n_heads=sizes.n_heads,
            max_length=self.longest,
            dropout=sizes.dropout,
            positions="rotary",
        )
        gpt = Gpt(config, rng=self.stream("weights"))
        start_with((p for p in gpt.parameters() if p.ndim == 2), sizes.std)
        return gpt


def with_other_digits(batch: Window, rng: np.random.Generator) -> Window:
    """The same texts, every digit drawn anew; what is read is what is to be said before it."""
    (zero,) = ids_of("0")
    whole = np.concatenate([batch.ids[:, :1], batch.targets], axis=1)
    is_digit = (whole >= zero) & (whole < zero + 10)
    drawn = np.where(is_digit, zero + rng.integers(10, size=whole.shape), whole)
    ids = np.where(drawn[:, :-1] == IGNORE, batch.ids, drawn[:, :-1])
    return Window(ids, drawn[:, 1:], batch.mask)
