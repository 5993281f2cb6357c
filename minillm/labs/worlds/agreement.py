"""Sentences in which a word needs both sides, and the best that any model can do, exactly.

"the dogs near the horse drink from thirst": the verb takes its number from the first noun, four
words before it, and what it says from the reason, two words behind it; the noun between is of
either number and means nothing.  All sentences can be listed, so that every conditional
probability is a sum.  Letters: N sentences, T places, V words, C contexts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

FRAME = ["the", "noun", "place", "the", "noun", "verb", "from", "reason"]


@dataclass(frozen=True)
class Agreement:
    """The words, and how often a reason has the verb that it is listed with, else the next one.

    Everything else is drawn uniformly; "dog/dogs" is one noun or verb in both numbers.
    """

    nouns: str = "dog/dogs cat/cats horse/horses cow/cows"
    places: str = "near behind"
    verbs: str = "drinks/drink eats/eat hides/hide jumps/jump"
    reasons: str = "thirst hunger fear joy"
    usual: float = 0.8

    @cached_property
    def words(self) -> list[str]:
        """All words; a word's number is its place here."""
        forms = f"the from {self.nouns} {self.places} {self.verbs} {self.reasons}"
        return forms.replace("/", " ").split()

    @property
    def length(self) -> int:
        """How many words a sentence has."""
        return len(FRAME)

    @cached_property
    def every(self) -> tuple[np.ndarray, np.ndarray]:
        """All sentences, ids (N, T), and their probabilities (N,)."""
        nouns, verbs = ([forms.split("/") for forms in x.split()] for x in (self.nouns, self.verbs))
        texts, chances = [], []
        for first, place, second in product(nouns, self.places.split(), nouns):
            for r, reason in enumerate(self.reasons.split()):
                for number, other, step in product((0, 1), repeat=3):
                    verb = verbs[(r + step) % len(verbs)][number]
                    words = first[number], place, "the", second[other], verb, "from", reason
                    texts.append(" ".join(("the", *words)))
                    chances.append(1 - self.usual if step else self.usual)
        ids = np.concatenate([self.encode(text) for text in texts])
        return ids, np.array(chances) / sum(chances)

    def encode(self, text: str) -> np.ndarray:
        """The numbers (1, T) of a sentence whose words have spaces between them.

        Raises:
            ValueError: a word that the language does not have.
        """
        return np.array([[self.words.index(word) for word in text.split()]])

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` random sentences, (n, T)."""
        sentences, chances = self.every
        return sentences[rng.choice(len(chances), n, p=chances)]


def best_guess(
    language: Agreement, place: int, known: Sequence[int], ids: np.ndarray
) -> np.ndarray:
    """What is to be thought of the word at ``place`` by who sees the ``known`` places alone.

    Shapes: ``ids (n, T) -> (n, V)``, rows that sum to 1; no model that sees as much can have a
    lower mean cross-entropy.
    """
    sentences, chances = language.every
    base = len(language.words) ** np.arange(len(known))
    contexts, group = np.unique(sentences[:, known] @ base, return_inverse=True)
    table = np.zeros((len(contexts), len(language.words)))  # (C, V)
    np.add.at(table, (group, sentences[:, place]), chances)
    table /= table.sum(axis=1, keepdims=True)
    return table[np.searchsorted(contexts, ids[:, known] @ base)]
