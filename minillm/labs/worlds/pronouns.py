"""Sentences with two nouns and two pronouns; a pronoun's kind tells which noun it stands for.

"the dog bit the man because it was afraid and he was angry": who was afraid?  The two nouns are of
two kinds, so that exactly one agrees with each pronoun, wherever it stands.  The nouns are told by
*what they are*, the feeling by *where it stands*, two words behind its pronoun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Language:
    """The words of a language and the frame of its sentences, ``A B P F Q G V`` filled in.

    ``A`` and ``B`` are nouns, ``V`` is a verb, ``P`` and ``Q`` are their pronouns in either order,
    ``F`` and ``G`` what is said of them.
    """

    kinds: dict[str, tuple[str, ...]]  # the nouns of each pronoun, equally many
    verbs: tuple[str, ...]
    feelings: tuple[str, ...]
    frame: str
    example: str  # one of its sentences, spaces between the words

    @property
    def nouns(self) -> list[str]:
        """All nouns, kind by kind."""
        return [noun for nouns in self.kinds.values() for noun in nouns]

    @property
    def words(self) -> list[str]:
        """All words; a word's number is its place here."""
        fixed = dict.fromkeys(word for word in self.frame.split() if word not in set("ABPFQGV"))
        return [*self.nouns, *self.kinds, *self.feelings, *self.verbs, *fixed]

    def places(self, letters: str) -> list[int]:
        """Where in a sentence the words stand that ``letters`` stand for."""
        return [self.frame.split().index(letter) for letter in letters]

    @property
    def length(self) -> int:
        """How many words a sentence has."""
        return len(self.frame.split())


LANGUAGES = {
    "en": Language(
        kinds={
            "it": ("dog", "cat", "horse", "fox"),
            "he": ("man", "boy", "uncle", "king"),
            "she": ("woman", "girl", "aunt", "queen"),
        },
        verbs=("bit", "met", "followed", "avoided"),
        feelings=("afraid", "angry", "tired", "hungry", "calm", "glad"),
        frame="the A V the B because P was F and Q was G",
        example="the dog bit the man because it was afraid and he was angry",
    ),
    "zh": Language(
        kinds={
            "它": ("狗", "猫", "马", "狐狸"),
            "他": ("叔叔", "男孩", "爷爷", "国王"),
            "她": ("阿姨", "女孩", "奶奶", "王后"),
        },
        verbs=("咬了", "遇见了", "跟着", "躲开了"),
        feelings=("害怕", "生气", "疲倦", "饿", "平静", "高兴"),
        frame="A V B ， 因为 P 很 F ， Q 很 G",
        example="狗 咬了 叔叔 ， 因为 它 很 害怕 ， 他 很 生气",
    ),
}


@dataclass(frozen=True)
class Sentences:
    """Words by number, and the answers: for both pronouns who it is, and how that one feels.

    Shapes: ``ids (N, T), answers (N, 2, 2)``, pronoun by question.
    """

    ids: np.ndarray
    answers: np.ndarray


def draw(
    language: Language, number: int, rng: np.random.Generator, *, every: int, new: bool
) -> Sentences:
    """Random sentences: of every so many pairs of nouns one is kept for the ``new`` ones."""
    pairs = np.array(noun_pairs(language))
    kept = pairs.sum(axis=1) % every == 0
    nouns = rng.choice(pairs[kept == new], number)  # (N, 2)
    order = rng.permuted(np.tile([0, 1], (number, 1)), axis=1)  # which noun is spoken of first
    who = np.take_along_axis(nouns, order, axis=1)
    words = {word: i for i, word in enumerate(language.words)}
    of_kind = len(language.nouns) // len(language.kinds)
    first_pronoun, first_feeling = len(language.nouns), words[language.feelings[0]]
    how = first_feeling + rng.integers(len(language.feelings), size=(number, 2))
    ids = np.tile([words.get(word, 0) for word in language.frame.split()], (number, 1))
    ids[:, language.places("AB")] = nouns
    ids[:, language.places("PQ")] = first_pronoun + who // of_kind
    ids[:, language.places("FG")] = how
    ids[:, language.places("V")[0]] = words[language.verbs[0]] + rng.integers(
        len(language.verbs), size=number
    )
    return Sentences(ids, np.stack([who, how], axis=-1))


def noun_pairs(language: Language) -> list[tuple[int, int]]:
    """All pairs of nouns, by number, that two different pronouns stand for."""
    of_kind = len(language.nouns) // len(language.kinds)
    numbers = range(len(language.nouns))
    return [(a, b) for a in numbers for b in numbers if a // of_kind != b // of_kind]


def encode(language: Language, sentence: str) -> np.ndarray:
    """The numbers (1, T) of a sentence whose words have spaces between them.

    Raises:
        ValueError: a word that the language does not have.
    """
    words = language.words
    return np.array([[words.index(word) for word in sentence.split()]])
