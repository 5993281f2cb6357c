"""The tokens of two languages: one set for both, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from minillm.text import (
    BytePairTokenizer,
    LearnedTokenizer,
    Tokenizer,
    Vocabulary,
    decode_ids,
    encode_text,
    own_vocabulary,
    tokenizer_for,
    tokenizer_from_json,
    tokenizer_to_json,
)
from minillm.text.parallel_files import Pair

FRAME = {"bos": "[BOS]", "eos": "[EOS]"}
UNKNOWN = {"unknown": "[UNK]"}


class Language(NamedTuple):
    """How the texts of one language become ids."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary

    def spelled(self, ids: Any) -> list[str]:
        """The text of each id by itself; a special token is what it is called."""
        special = self.vocabulary.is_special(ids)
        return [
            self.vocabulary.tokens[i] if apart else decode_ids([i], *self)
            for i, apart in zip(ids, special, strict=True)
        ]


class TranslationTokens(NamedTuple):
    """The tokens of source and target; where they are shared, the two are the same object."""

    source: Language
    target: Language

    @property
    def shared(self) -> bool:
        """Whether both languages have the same tokens with the same ids."""
        return self.source is self.target

    def encode_source(self, text: str) -> np.ndarray:
        """The ids of a sentence and the token of its end, (S,): never empty."""
        return np.append(encode_text(text, *self.source), self.source.vocabulary.id_of("eos"))

    def encode_target(self, text: str) -> np.ndarray:
        """``[BOS] ids [EOS]``, (T,): what is learned to be written."""
        vocabulary = self.target.vocabulary
        ids = encode_text(text, *self.target)
        return np.array([vocabulary.id_of("bos"), *ids, vocabulary.id_of("eos")])

    def decode(self, ids: Any) -> str:
        """The text of some ids of the target, without special tokens."""
        return decode_ids(ids, *self.target, skip_special=True)

    def to_json(self) -> list[dict[str, Any]]:
        """What ``from_json`` takes: one language, or two."""
        languages = [self.source] if self.shared else [self.source, self.target]
        return [
            {"tokenizer": tokenizer_to_json(one), "vocabulary": vocabulary.to_json()}
            for one, vocabulary in languages
        ]

    @classmethod
    def from_json(cls, saved: Sequence[Mapping[str, Any]]) -> Self:
        """The tokens that ``to_json`` described.

        Raises:
            KeyError, ValueError: they are those of something else.
        """
        made = [
            Language(tokenizer_from_json(one["tokenizer"]), Vocabulary.from_json(one["vocabulary"]))
            for one in saved
        ]
        if not 1 <= len(made) <= 2:
            raise ValueError(f"tokens of one or two languages are needed, got {len(made)}")
        return cls(made[0], made[-1])


def learned_tokens(
    pairs: Sequence[Pair], words: str, *, separate: bool = False, min_count: int = 2
) -> TranslationTokens:
    """The tokens that ``words`` name, such as "byte_pairs:6000", learned from both sides.

    Together, names and numbers that both languages write alike are the same tokens, and the two
    tables of vectors can be one.  ``separate``: each language has that many of its own.

    Raises:
        ValueError: as ``tokenizer_for``; no token is frequent enough.
    Source: Sennrich, Haddow & Birch 2016, "Neural Machine Translation of Rare Words with Subword
        Units", arXiv:1508.07909, section 3.2, for byte pairs of both languages together.
    Guide: 6.2 (G38).
    """
    sources, targets = [one.source for one in pairs], [one.target for one in pairs]
    if separate:
        return TranslationTokens(
            language_of(sources, words, min_count), language_of(targets, words, min_count)
        )
    both = language_of([*sources, *targets], words, min_count)
    return TranslationTokens(both, both)


def language_of(texts: Sequence[str], words: str, min_count: int) -> Language:
    """The tokens of some texts, with those of a beginning and an end.

    Raises:
        ValueError: as ``learned_tokens``.
    """
    tokenizer = tokenizer_for(words, texts, min_count=min_count)
    special = {**({} if isinstance(tokenizer, BytePairTokenizer) else UNKNOWN), **FRAME}
    if isinstance(tokenizer, LearnedTokenizer):
        return Language(tokenizer, own_vocabulary(tokenizer, special=special))
    vocabulary = Vocabulary.build(
        map(tokenizer.tokenize, texts), min_count=min_count, special=special
    )
    if not vocabulary.ordinary_ids.size:
        raise ValueError(f"no token of the texts occurs min_count = {min_count} times")
    return Language(tokenizer, vocabulary)
