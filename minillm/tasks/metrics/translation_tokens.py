"""How a translation is parted into tokens before it is scored: BLEU depends on it.

Scores of two papers can be compared only if their tokens are those of one rule, so each has a
name that belongs to the score.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
SIGN = re.compile(r"""([!"#$%&()*+/:;<=>?@\[\\\]^_`{|}~])""")  # of ASCII, all but ' , - .
AFTER_NO_DIGIT = re.compile(r"([^0-9])([.,])")
BEFORE_NO_DIGIT = re.compile(r"([.,])([^0-9])")
AFTER_A_DIGIT = re.compile(r"([0-9])(-)")

# The characters that are tokens of their own in Chinese, as sacreBLEU has them.  Of its list the
# first line means the rare ideographs U+20000 to U+2A6D6, but is spelled with four digits: dashes,
# quotation marks, arrows and other signs fall in.  It stays, since scores would differ.
CHINESE = re.compile(
    "(["
    "\u2001-\u2a6d"  # punctuation and signs
    "\u2e80-\u2fdf\u2ff0-\u303f"  # radicals, descriptions of characters, punctuation
    "\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef"  # Bopomofo, strokes
    "\u3200-\u4db5"  # enclosed and squared characters, extension A
    "\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9"  # ideographs, and compatible forms
    "\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef"  # upright and full-width forms
    "])"
)


def tokens_13a(text: str) -> list[str]:
    """Words and signs as the evaluation script of the WMT workshops parts them, version 13a.

    A full stop or comma between digits and a hyphen that no digit precedes stay in their word.
    The text is one line: a hyphen at a line's end is joined with what follows.

    Source: Post 2018, "A Call for Clarity in Reporting BLEU Scores", arXiv:1804.08771.
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in ENTITIES.items():
        text = text.replace(entity, sign)
    return words_and_signs(f" {text} ")


def tokens_zh(text: str) -> list[str]:
    """Every Chinese character is a token; what stands between them is parted as in 13a.

    Source: Post 2018, "A Call for Clarity in Reporting BLEU Scores", arXiv:1804.08771.
    """
    return words_and_signs(CHINESE.sub(r" \1 ", text.strip()))


def words_and_signs(text: str) -> list[str]:
    """The words of a text, its signs apart but for those inside numbers and names."""
    text = SIGN.sub(r" \1 ", text)
    text = AFTER_NO_DIGIT.sub(r"\1 \2 ", text)
    text = BEFORE_NO_DIGIT.sub(r" \1 \2", text)
    return AFTER_A_DIGIT.sub(r"\1 \2 ", text).split()


def tokens_char(text: str) -> list[str]:
    """Every character but blanks is a token."""
    return [character for character in text if not character.isspace()]


# name -> text to tokens; the names are those of the field
TRANSLATION_TOKENS: dict[str, Callable[[str], list[str]]] = {
    "13a": tokens_13a,
    "zh": tokens_zh,
    "char": tokens_char,
    "none": str.split,
}


def translation_tokens(name: str) -> Callable[[str], list[str]]:
    """The rule of a name: "13a", "zh", "char", or "none" for what is parted by blanks already.

    Raises:
        ValueError: there is no such rule.
    """
    if name not in TRANSLATION_TOKENS:
        raise ValueError(f"tokenize must be one of {', '.join(TRANSLATION_TOKENS)}, got {name!r}")
    return TRANSLATION_TOKENS[name]
