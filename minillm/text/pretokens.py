"""Pre-tokens: the parts of a text that no merge of byte-level BPE crosses."""

import re
import unicodedata

from minillm.text.cleaning import require_text

# Unicode's property White_Space; ``str.isspace`` would add four separators of ASCII, 0x1c to 0x1f.
WHITE_SPACE = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


class PretokenKinds(dict[int, str]):
    """``str.translate`` table from a character to the one letter of its kind, filled as needed.

    L letter, N number, W white space, S any other sign.  The blank, the apostrophe and the
    letters of English contractions stand for themselves.
    """

    def __missing__(self, code: int) -> str:
        self[code] = self.kind_of(chr(code))
        return self[code]

    @staticmethod
    def kind_of(character: str) -> str:
        if character in " 'strevmld":
            return character
        if character in WHITE_SPACE:
            return "W"
        category = unicodedata.category(character)[0]
        return category if category in "LN" else "S"


KINDS = PretokenKinds()

# GPT-2's pattern over kinds, since ``re`` cannot ask for a category of Unicode:
# 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
PRETOKEN = re.compile(
    r"""'(?:[stmd]|re|ve|ll)   # the end of a contraction
      | [ ]?[Lstrevmld]+       # a blank belongs to the word, number or signs after it
      | [ ]?N+
      | [ ]?[S']+
      | [ W]+(?![^ W])         # white space, but for the last one before a word
      | [ W]+
    """,
    re.VERBOSE,
)


def pretokens(text: str) -> list[str]:
    """The words of a text, its numbers, signs and blanks; together they are the text::

        "I've  tea, 3 cups"  ->  I  've  ·  ·tea  ,  ·3  ·cups        (· is a blank)

    Letters and numbers are those that Unicode counts as such, Chinese characters among the
    letters: a clause of Chinese is one pre-token.  A character that the ``unicodedata`` of this
    Python does not know yet is a sign.

    Raises:
        TypeError: ``text`` is not a string.
    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners",
    section 2.2; the pattern is that of the program published with the paper.
    """
    require_text(text)
    return [text[match.start() : match.end()] for match in PRETOKEN.finditer(text.translate(KINDS))]
