"""From a text to its tokens and back: words or characters.

The words of English are parted by blanks, those of Chinese by nothing, so a split at blanks
turns a Chinese sentence into one token.  Both tokenisers here are learned from no data.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self

from minillm.text.cleaning import normalize


class Tokenizer(Protocol):
    """What every tokeniser offers: text to tokens and back, and its own state.

    What a tokeniser has learned (merges, pieces) belongs to the object, is saved with the model
    and comes back with it; ``name`` is the kind under which ``TOKENIZERS`` knows the class.
    """

    name: str

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, in order."""
        ...

    def join(self, tokens: Iterable[str]) -> str:
        """A readable text from tokens."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The state, in what JSON can hold: all that ``from_json`` needs."""
        ...

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """The tokeniser whose state this is."""
        ...


class WithoutState:
    """Of a tokeniser that has learned nothing its kind says everything."""

    def to_json(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """Such a tokeniser.

        Raises:
            ValueError: there is a state: another kind of tokeniser wrote it.
        """
        if state:
            raise ValueError(f"{cls.__name__} has no state, got {', '.join(state)}")
        return cls()


def is_ideograph(character: str) -> bool:
    """Whether a character is a Chinese one, the rare ones of the extension blocks included.

    Source: The Unicode Standard, blocks "CJK Unified Ideographs" and extensions.
    """
    return (
        "\u4e00" <= character <= "\u9fff"
        or "\u3400" <= character <= "\u4dbf"  # extension A
        or "\U00020000" <= character <= "\U0003ffff"  # extension B and all later ones
        or "\uf900" <= character <= "\ufaff"  # compatibility forms; NFC keeps twelve
        or "\u3005" <= character <= "\u3007"  # 々 repeats the character before it; 〇 is zero
    )


class Kinds(dict[int, str]):
    """``str.translate`` table from a character to the one letter of its kind, filled as needed.

    L letter, N digit, M mark on the character before, J zero-width joiner, I ideograph,
    R letter of a flag, S any other sign; blank, apostrophe, hyphen and full stop (or comma)
    stand for themselves.
    L, N and M are the first letters of Unicode's own categories.
    """

    def __missing__(self, code: int) -> str:
        self[code] = self.kind_of(chr(code))
        return self[code]

    @staticmethod
    def kind_of(character: str) -> str:
        if is_ideograph(character):
            return "I"
        if "🏻" <= character <= "🏿":  # the skin tones of emoji
            return "M"
        if "\U0001f1e6" <= character <= "\U0001f1ff":  # two of these letters are a flag
            return "R"
        if "\U000e0020" <= character <= "\U000e007f":  # unseen, they tell black flags apart
            return "M"
        category = unicodedata.category(character)[0]
        return category if category in "LMN" else "S"


BY_HAND = {" ": " ", "'": "'", "’": "'", "-": "-", ".": ".", ",": ".", "\u200d": "J", "\u200c": "M"}
KINDS = Kinds({ord(character): kind for character, kind in BY_HAND.items()})

# A pattern over kinds, not characters: every token of a text is a match in its string of kinds.
TOKEN = re.compile(
    r"""L[LMNJ]*(?:['-][LN][LMNJ]*)*   # a word; an apostrophe or hyphen inside belongs to it
      | N[NM]*(?:\.N[NM]*)*            # a number, with its decimal point or thousands commas
      | RR                           # a flag
      | [^ ]M*(?:J[^ ]M*)*             # an ideograph or a sign; a joined emoji is one sign
    """,
    re.VERBOSE,
)


class WordTokenizer(WithoutState):
    """Lower-cased words, numbers, single signs and single Chinese characters::

        "Don't go: it's 3.5 km."  ->  don't  go  :  it's  3.5  km  .
        "我爱NLP，你呢？"          ->  我  爱  nlp  ，  你  呢  ？

    A word begins with a letter and may go on with digits (``mp3``), with an apostrophe or a
    hyphen before the next letter or digit (``covid-19``), and with accents and vowel signs, so
    that Arabic and Hindi words stay whole.  Both apostrophes give the same word.  Kana and Thai,
    which are written without blanks too, stay in runs: a dictionary would be needed.
    Joined, the tokens are the normalised, lower-cased text without its blanks: nothing vanishes.

    Guide: 2.1, 5.2.1 (G2).
    """

    name = "word"

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, which is normalised first.

        Raises:
            TypeError: ``text`` is not a string.
        """
        # a small letter may be one character with its accent where the capital is two
        text = unicodedata.normalize("NFC", normalize(text).lower())
        tokens = [text[slice(*match.span())] for match in TOKEN.finditer(text.translate(KINDS))]
        # Alone, ’ is a closing quotation mark and stays.
        return [token.replace("’", "'") if len(token) > 1 else token for token in tokens]

    def join(self, tokens: Iterable[str]) -> str:
        """A text to be read by people: no blank beside Chinese nor before a full stop."""
        text = ""
        for token in tokens:
            text += " " + token if expects_blank(text[-1:], token[:1]) else token
        return text


class CharacterTokenizer(WithoutState):
    """Every character a token, case kept; the blank is written ``▁`` so that it can be seen::

        "Hi 你好"  ->  H  i  ▁  你  好

    A character is a Unicode code point: an emoji of several, such as a family, gives several
    tokens, which ``join`` puts together again.

    Guide: 2.1, 5.2.1 (G2).
    """

    name = "character"

    def tokenize(self, text: str) -> list[str]:
        """The characters of a text, which is normalised first.

        Raises:
            TypeError: ``text`` is not a string.
        """
        return list(normalize(text).replace(" ", "▁"))

    def join(self, tokens: Iterable[str]) -> str:
        """The normalised text again, exactly, unless it held a ``▁`` of its own."""
        return "".join(tokens).replace("▁", " ")


def expects_blank(left: str, right: str) -> bool:
    """Whether English and Chinese readers expect a blank between two characters."""
    if not left or not right or is_chinese(left) or is_chinese(right):
        return False
    return left not in "([{" and right not in ".,;:!?%)]}"


def is_chinese(character: str) -> bool:
    """Whether a character is an ideograph or one of the signs written beside them."""
    full_width_sign = "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef"
    return full_width_sign or is_ideograph(character)
