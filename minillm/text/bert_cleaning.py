"""BERT's basic cleaning: from a text to the words that WordPiece cuts into pieces."""

import re
import unicodedata

from minillm.text.cleaning import require_text
from minillm.text.pretokens import WHITE_SPACE

CHINESE = (  # blocks of ideographs, as BERT counts them: kana and Hangul are letters
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F)),
    *((0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
)
WORD = re.compile("[^ ]+")


class Cleaning(dict[int, str]):
    """``str.translate`` table from a character to what BERT makes of it, filled as needed.

    Control characters and lone surrogates vanish, white space is a blank, and a Chinese
    character or a sign of punctuation stands between blanks.  With ``lower``, letters become
    small ones, and with ``strip_accents`` they lose their accents.  No character's outcome
    depends on its neighbours, so a capital sigma is always σ, and what is left of a decomposed
    character is in the order in which it was written.
    """

    def __init__(self, *, lower: bool, strip_accents: bool) -> None:
        self.lower, self.strip_accents = lower, strip_accents

    def __missing__(self, code: int) -> str:
        self[code] = self.outcome(chr(code))
        return self[code]

    def outcome(self, character: str) -> str:
        if character in WHITE_SPACE and character not in "\v\f\x85":
            return " "
        if is_control(character):
            return ""
        letters = without_accents(character) if self.strip_accents else character
        letters = letters.lower() if self.lower else letters
        if is_chinese(character):
            return f" {letters} "
        return "".join(f" {c} " if is_punctuation(c) else c for c in letters)


TABLES = {
    (lower, strip): Cleaning(lower=lower, strip_accents=strip)
    for lower in (False, True)
    for strip in (False, True)
}


def table(lower: bool, strip_accents: bool | None) -> Cleaning:
    """The table of a case; accents go with capitals unless something else is said of them."""
    return TABLES[lower, lower if strip_accents is None else strip_accents]


def bert_words(text: str, *, lower: bool, strip_accents: bool | None = None) -> list[str]:
    """The words of a text, with every Chinese character and every sign apart::

        bert_words("Café, 你好!", lower=True)   ->  cafe  ,  你  好  !
        bert_words("Café, 你好!", lower=False)  ->  Café  ,  你  好  !

    With ``lower`` accents are taken away too, unless ``strip_accents`` says something else.

    Raises:
        TypeError: ``text`` is not a string.
    Source: Devlin et al. 2019, "BERT"; the rules are those of the program published with the
    paper, and as there ``$`` and ``~``, which Unicode calls symbols, are punctuation too.
    """
    require_text(text)
    return WORD.findall(text.translate(table(lower, strip_accents)))


def words_in_place(
    text: str, *, lower: bool, strip_accents: bool | None = None
) -> list[tuple[str, list[int]]]:
    """Each word of ``bert_words``, and for each of its characters the place it came from."""
    cleaning = table(lower, strip_accents)
    outcomes = [cleaning[ord(character)] for character in text]
    owner = [i for i, outcome in enumerate(outcomes) for _ in outcome]
    found = WORD.finditer("".join(outcomes))
    return [(match[0], owner[match.start() : match.end()]) for match in found]


def is_control(character: str) -> bool:
    """Whether a character is one that nobody sees: control, format, surrogate or private use."""
    unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")
    return unseen or character == "\ufffd"


def is_chinese(character: str) -> bool:
    """Whether a character lies in one of the blocks of ideographs."""
    return any(first <= ord(character) <= last for first, last in CHINESE)


def is_punctuation(character: str) -> bool:
    """Whether Unicode counts a character as punctuation, or it is a sign of ASCII."""
    ascii_sign = "!" <= character <= "~" and not character.isalnum()
    return ascii_sign or unicodedata.category(character).startswith("P")


def without_accents(character: str) -> str:
    """The letters of a character; a mark that takes no room of its own gives none."""
    parts = unicodedata.normalize("NFD", character)
    return "".join(c for c in parts if unicodedata.category(c) != "Mn")
