"""The lab of adversarial inputs: its reviews, its model, and how that learns.

Letters: N reviews, B reviews of a batch, T positions, D width, V words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.small_encoder import WAYS, Encoder, Learning, SmallEncoder, with_holes
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.worlds.alike import alike, with_alike
from minillm.labs.worlds.lexicons import Lexicons
from minillm.labs.worlds.majorities import Reviews
from minillm.models.attribution import Score
from minillm.ops import cross_entropy
from minillm.text.corpora.sentiment import LABELS
from minillm.training.adversarial import adversarial_loss


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``tuned`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all remedies train as long.  The grids are in
    ``adversarial_tuning``; sizes, from ``few`` on, are untuned.
    """

    steps: int = 400
    weight_decay: float = 3.0
    dropout: float = 0.6
    word_dropout: float = 0.1
    eps: float = 0.2  # of adversarial training, in root mean squares of the words' numbers
    swapped: float = 0.1  # how probably a word is swapped before it is learned
    tuning: int = 12
    few: int = 200
    times: int = 4
    width: int = 64
    n_layers: int = 2


@dataclass(frozen=True)
class Settings:
    """The reviews, how rare half of the words are, the model, its training, and the attacks.

    ``rare`` is the share of the opinions that are said in the words of tools; at 1/2 no word is
    rarer than another.  ``eps`` is in root mean squares of the numbers of the tested words'
    vectors: longer vectors are no protection.
    """

    world: Lexicons = Lexicons()
    rare: float = 0.1
    learned: int = 1000
    tested: int = 120
    eps: float = 0.1
    model: Encoder = Encoder(std=0.1)
    learning: Learning = Learning(steps=0)  # their number is the baseline's strength
    strengths: Strengths = field(default_factory=Strengths)


class AttackedEncoder(SmallEncoder):
    """A ``SmallEncoder`` that can be given word vectors in the place of words."""

    def of_vectors(self, vectors: Tensor) -> Tensor:
        """The scores of texts with these word vectors, (B, T, D) -> (B, 2)."""
        x = self.positions(vectors)
        for block in self.blocks:
            x = WAYS[self.sizes.way](block, x)
        return self.output(self.dropout(x.mean(axis=1)))

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        """The word vectors of texts, (B, T) -> (B, T, D)."""
        found: np.ndarray = self.tokens.weight.data[ids]
        return found


def behind(model: AttackedEncoder, labels: np.ndarray) -> Score:
    """By how much the true class of each text is behind the other one, in nats::

        F = z_other - z_true        loss = ln(1 + exp F)

    The loss rises with it, so that both have the same signs of gradients and the same best swap;
    but where a model is sure, the loss is flat and F is not.
    """
    signs = np.eye(2, dtype=np.float32)[1 - labels] - np.eye(2, dtype=np.float32)[labels]
    return lambda vectors: (model.of_vectors(vectors) * signs).sum(axis=1)


def unit(vectors: np.ndarray) -> float:
    """The root mean square of the numbers of word vectors, what eps counts in."""
    return float(np.sqrt((vectors.astype(np.float64) ** 2).mean()))


class Adversarial(Case):
    """The reviews of a seed: those that are learned, and those that are attacked."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.alike = alike(s.world)
        self.many = self.drawn(s.strengths.times * s.learned, "learned")
        self.reviews = self.many.only(slice(s.learned))
        self.tested = self.drawn(s.tested, "tested")

    def drawn(self, n: int, purpose: str) -> Reviews:
        """Reviews, all with their true labels."""
        found = self.settings.world.draw(n, self.settings.rare, self.stream(purpose))
        frozen(*found)
        return found

    @property
    def learning(self) -> Learning:
        """How the baseline learns."""
        return replace(self.settings.learning, steps=self.settings.strengths.steps)

    def plain(self) -> AttackedEncoder:
        """The model without any remedy, trained once."""
        found: AttackedEncoder = self.shared(("plain", self.learning.steps), self.taught)
        return found

    def taught(
        self,
        reviews: Reviews | None = None,
        *,
        model: Encoder | None = None,
        learning: Learning | None = None,
        swapped: float = 0.0,
        eps: float = 0.0,
        start: AttackedEncoder | None = None,
    ) -> AttackedEncoder:
        """A model that has learned the reviews, or others.

        Words are ``swapped`` for others of their kind with that probability; ``eps`` is the step
        of adversarial training, 0 for none; ``start`` has the weights to begin with.
        """
        fresh = self.untrained(model or self.settings.model)
        if start is not None:
            fresh.load_state_dict(start.state_dict())
        s, learned = learning or self.learning, self.reviews if reviews is None else reviews
        order, holes, swaps = (self.stream(name) for name in ("batches", "holes", "swaps"))

        def loss_of(places: np.ndarray) -> Tensor:
            batch = learned.only(places)
            ids = with_alike(batch.ids, self.alike, swapped, swaps)
            ids = with_holes(ids, fresh.left_out, s.word_dropout, holes)
            if not eps:
                return cross_entropy(fresh(ids), targets=batch.labels)
            vectors = fresh.tokens(ids)
            return adversarial_loss(
                lambda x: cross_entropy(
                    fresh.of_vectors(x), targets=batch.labels, reduction="none"
                ),
                vectors,
                eps=eps * unit(vectors.data),
            )

        drawn = (order.integers(len(learned.labels), size=s.batch) for _ in range(s.steps))
        for _ in learning_steps(fresh, loss_of, drawn, s):
            pass
        return fresh

    def untrained(self, sizes: Encoder) -> AttackedEncoder:
        """A model that knows nothing."""
        length, n_words = self.reviews.ids.shape[1], len(self.settings.world.words)
        rng = self.stream("weights")
        return AttackedEncoder(n_words, length, sizes, n_classes=len(LABELS), rng=rng)

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"adversarial, {purpose}")
