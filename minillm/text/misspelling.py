"""Misspelled words that people still read: how the sender of unwanted messages hides them.

A filter of words knows "free" and not "fr3e".  Each kind of misspelling takes a word and gives
it back changed, or as it was where the kind has nothing to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from minillm.backend import check_rng
from minillm.text.cleaning import require_text
from minillm.text.tokenizers import KINDS, is_ideograph

Misspelling = Callable[[str, np.random.Generator], str]

DIGITS_AND_SIGNS = {"a": "@", "e": "3", "i": "1", "l": "1", "o": "0", "s": "$", "t": "7"}
CYRILLIC = {"a": "а", "c": "с", "e": "е", "i": "і", "o": "о", "p": "р", "x": "х", "y": "у"}
SIMPLIFIED = (
    "万个买优会传余关减动单发号银图处头奖实对岁币帐库应开录户报护换损数时机汇点热"
    "现电码种税签线经给网罚联节药获订认证详请谢账货贷费赔赚赢转达过还这进连选链错"
    "门问间险领额验钥钱车觉见说词读课"
)
TRADITIONAL = (
    "萬個買優會傳餘關減動單發號銀圖處頭獎實對歲幣帳庫應開錄戶報護換損數時機匯點熱"
    "現電碼種稅簽線經給網罰聯節藥獲訂認證詳請謝賬貨貸費賠賺贏轉達過還這進連選鏈錯"
    "門問間險領額驗鑰錢車覺見說詞讀課"
)
TWINS = CYRILLIC | dict(zip(SIMPLIFIED, TRADITIONAL, strict=True))
UNREADABLE = 3  # letters; a shorter word is not misspelled: nobody would read "ot" as "to"
# A pattern over the kinds of characters, as a tokeniser's: a word with its accents and
# apostrophes, or two Chinese characters.  Most Chinese words have two, but where one begins
# only a dictionary knows: a run of characters is cut into twos from its start.
WORD = re.compile(r"L[LM]*(?:'L[LM]*)*|II?")


def swap(word: str, rng: np.random.Generator) -> str:
    """Two neighbouring letters change places, the first letter stays: "prize" -> "pirze"."""
    places = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1]]
    i = one_of([] if in_chinese(word) else places, rng)
    return word if i is None else word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def drop(word: str, rng: np.random.Generator) -> str:
    """A letter inside the word is missing: "prize" -> "prze"."""
    i = one_of([] if in_chinese(word) else range(1, len(word) - 1), rng)
    return word if i is None else word[:i] + word[i + 1 :]


def double(word: str, rng: np.random.Generator) -> str:
    """A letter is written twice: "prize" -> "prizze"."""
    i = one_of([] if in_chinese(word) else range(len(word)), rng)
    return word if i is None else word[: i + 1] + word[i:]


def look_alike(word: str, rng: np.random.Generator) -> str:
    """A digit or a sign stands for a letter that it looks like: "prize" -> "pr1ze"."""
    return replaced(word, DIGITS_AND_SIGNS, rng)


def twin(word: str, rng: np.random.Generator) -> str:
    """A Cyrillic letter stands for the Latin one of the same shape: "рrize".

    In Chinese a character stands in its traditional form: "免费" -> "免費".
    """
    return replaced(word, TWINS, rng)


def blanks(word: str, rng: np.random.Generator) -> str:
    """Blanks between all letters: "prize" -> "p r i z e"."""
    return " ".join(word)


def dot(word: str, rng: np.random.Generator) -> str:
    """A full stop between two letters: "prize" -> "pri.ze"."""
    i = one_of(range(1, len(word)), rng)
    return word if i is None else f"{word[:i]}.{word[i:]}"


MISSPELLINGS: dict[str, Misspelling] = {
    "swap": swap,
    "drop": drop,
    "double": double,
    "look-alike": look_alike,
    "twin": twin,
    "blanks": blanks,
    "dot": dot,
}


def misspelled(text: str, rng: np.random.Generator, *, kinds: Sequence[str], words: int) -> str:
    """The text with ``words`` of its words misspelled, drawn at random, each in one of the kinds::

        misspelled("You won a free phone.", rng, kinds=("swap",), words=1)
        ->  "You won a fere phone."

    It is the attack of one who knows nothing of the filter.  Words of fewer than three letters,
    numbers and signs stay; a text with fewer words that can change has fewer changed.

    In Chinese "twin", "blanks" and "dot" change something.  The other kinds leave it as it is:
    of a word of two characters none can be missing, and none looks like a digit.

    Raises:
        ValueError: a kind is unknown or none is named; ``words`` is negative.
        TypeError: ``text`` is not a string.
    Source: Gao, Lanchantin, Soffa & Qi 2018, "Black-box Generation of Adversarial Text Sequences
        to Evade Deep Learning Classifiers" (swap, substitution, deletion, insertion of letters).
    Guide: 6.1 (G36).
    """
    require_attack(kinds, words)
    check_rng(rng)
    pieces = pieces_of(text)
    changed = 0
    for place in rng.permutation(word_places(pieces)).tolist():
        if changed == words:
            break
        variant = misspelled_word(pieces[place], rng, kinds=kinds)
        changed += variant != pieces[place]
        pieces[place] = variant
    return "".join(pieces)


def misspelled_word(word: str, rng: np.random.Generator, *, kinds: Sequence[str]) -> str:
    """The word in one of the kinds that change it, drawn at random; as it is if none does."""
    for number in rng.permutation(len(kinds)).tolist():
        variant = MISSPELLINGS[kinds[number]](word, rng)
        if variant != word:
            return variant
    return word


def pieces_of(text: str) -> list[str]:
    """The text in pieces: at odd places its words, at even ones what stands between them."""
    require_text(text)
    pieces, end = [], 0
    for found in WORD.finditer(text.translate(KINDS)):
        word = text[slice(*found.span())]
        if in_chinese(word) or len(word) >= UNREADABLE:
            pieces += [text[end : found.start()], word]
            end = found.end()
    return [*pieces, text[end:]]


def word_places(pieces: Sequence[str]) -> range:
    """Where the words stand in what ``pieces_of`` gives."""
    return range(1, len(pieces), 2)


def replaced(word: str, others: dict[str, str], rng: np.random.Generator) -> str:
    """The word with one character replaced, if there is one with another in its place."""
    i = one_of(
        [i for i, c in enumerate(word) if others.get(c.lower(), c) not in (c, c.lower())], rng
    )
    return word if i is None else word[:i] + others[word[i].lower()] + word[i + 1 :]


def one_of(places: Sequence[int], rng: np.random.Generator) -> int | None:
    """One of the places at random, if there is any."""
    return int(places[int(rng.integers(len(places)))]) if len(places) else None


def in_chinese(word: str) -> bool:
    """Whether a word begins with a Chinese character."""
    return is_ideograph(word[0])


def require_attack(kinds: Sequence[str], words: int) -> None:
    """Refuse kinds that there are not, and a number of words that makes no sense.

    Raises:
        ValueError: a kind is unknown or none is named; ``words`` is negative.
    """
    unknown = [kind for kind in kinds if kind not in MISSPELLINGS]
    if unknown or not kinds or isinstance(kinds, str):
        raise ValueError(f"kinds must be some of {', '.join(MISSPELLINGS)}, got {kinds!r}")
    if words < 0:
        raise ValueError(f"words must not be negative, got {words}")
