"""Which word does a pronoun stand for, and what is said of it?  Where one head looks, and two.

One layer of attention answers two questions at each pronoun: a noun is found by what it is, the
word of feeling by where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.labs.learners import AdamSettings, floating, learn
from minillm.labs.study import Study
from minillm.labs.worlds.pronouns import LANGUAGES, Language, Sentences, draw
from minillm.nn import Linear, Module, MultiHeadAttention, SinusoidalPositions
from minillm.ops import cross_entropy, embedding


@dataclass(frozen=True)
class Settings:
    """The languages, the readers, their training, and how many sentences test them.

    Of ``every`` so many pairs of nouns one is never trained; the test has no other.
    """

    languages: tuple[str, ...] = ("en", "zh")
    heads: tuple[int, ...] = (1, 2)
    width: int = 32
    dtype: str = "float64"
    every: int = 4
    batch: int = 32
    adam: AdamSettings = AdamSettings(rate=1e-2, steps=400)
    tested: int = 500


class Reader(Module):
    """One layer of attention; at each pronoun two scores for every word, of who and of how::

        z = MHA(E[x] + P) Wᵀ + b

    Shapes: ``ids (B, T) -> (B, 2, 2, V)``: pronoun, question, word.
    """

    def __init__(
        self, settings: Settings, language: Language, heads: int, *, rng: np.random.Generator
    ):
        words, width = len(language.words), settings.width
        self.pronouns = language.places("PQ")
        self.words = Parameter(rng.standard_normal((words, width)))
        self.positions = SinusoidalPositions(language.length, width)
        self.attention = MultiHeadAttention(width, heads, rng=rng)
        self.output = Linear(width, 2 * words, rng=rng)
        self.to_dtype(floating(settings.dtype))

    def placed(self, ids: np.ndarray) -> Tensor:
        """Words with their places, (B, T, D)."""
        return self.positions(embedding(self.words, ids=ids))

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores at the pronouns."""
        at_pronouns = self.attention(self.placed(ids))[:, self.pronouns]  # (B, 2, D)
        return self.output(at_pronouns).reshape(len(ids), 2, 2, len(self.words.data))

    def weights(self, ids: np.ndarray) -> np.ndarray:
        """Where each head looks from each word, (B, H, T, T)."""
        with no_grad():
            return np.asarray(self.attention.weights(self.placed(ids)))


def trained(settings: Settings, name: str, heads: int, seed: int) -> Reader:
    """A reader of that language after its training, on the same sentences for any heads."""
    language = LANGUAGES[name]
    reader = Reader(settings, language, heads, rng=stream(seed, f"{name} reader", heads))
    rng = stream(seed, f"{name} training sentences")

    def loss_of(batch: Sentences) -> Tensor:
        return cross_entropy(reader(batch.ids), targets=batch.answers)

    learn(
        reader.parameters(),
        loss_of,
        lambda: draw(language, settings.batch, rng, every=settings.every, new=False),
        settings.adam,
    )
    return reader


def held_out(settings: Settings, name: str, seed: int) -> Sentences:
    """Sentences with pairs of nouns that no training has."""
    rng = stream(seed, f"{name} test sentences")
    return draw(LANGUAGES[name], settings.tested, rng, every=settings.every, new=True)


def shares_right(reader: Reader, test: Sentences) -> np.ndarray:
    """The share of right answers to each question, (2,): who and how."""
    with no_grad():
        right = reader(test.ids).data.argmax(axis=-1) == test.answers  # (N, 2, 2)
    return np.asarray(right.mean(axis=(0, 1)))


def looks(reader: Reader, language: Language, test: Sentences) -> np.ndarray:
    """Mean weight that each head gives the noun of a pronoun, and its feeling, by pronoun.

    Shapes: ``(K, H, 2)``, pronouns in the order of ``language.kinds``.
    """
    places = language.places("PQ")
    weights = reader.weights(test.ids)[:, :, places].swapaxes(1, 2)  # (N, 2, H, T)
    noun = test.ids[:, None, :] == test.answers[:, :, :1]  # (N, 2, T)
    feeling = np.zeros_like(noun)
    feeling[:, [0, 1], language.places("FG")] = True
    given = np.stack([(weights * x[:, :, None]).sum(axis=-1) for x in (noun, feeling)], axis=-1)
    pronouns = test.ids[:, places] - len(language.nouns)  # (N, 2), which of the kinds
    return np.array([given[pronouns == k].mean(axis=0) for k in range(len(language.kinds))])


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """For each language and number of heads the right answers and where the heads look."""
    found: dict[str, Any] = {}
    for name in settings.languages:
        test = held_out(settings, name, seed)
        for heads in settings.heads:
            reader = trained(settings, name, heads, seed)
            found[f"right_{name}_{heads}"] = shares_right(reader, test)
            found[f"looks_{name}_{heads}"] = looks(reader, LANGUAGES[name], test)
    return found


STUDY = Study(
    name="reference",
    question="Where do one head and two look, to tell whom a pronoun stands for and how that is?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
)
