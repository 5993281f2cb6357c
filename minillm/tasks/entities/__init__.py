"""Named entities: tags and the names that they mark, words and their pieces.

Taggers are in ``tagger`` and ``training``, what they are compared with in ``baselines``, and how
right they are in ``evaluation``.
"""

from minillm.tasks.entities.alignment import Aligned, align, gathered, spread, words_of
from minillm.tasks.entities.schemes import SCHEMES, first_illegal, follows, legal, parts, tags_for
from minillm.tasks.entities.spans import Span, convert, names_in, spans_of, strict_spans, tags_of

__all__ = [
    "SCHEMES",
    "Aligned",
    "Span",
    "align",
    "convert",
    "first_illegal",
    "follows",
    "gathered",
    "legal",
    "names_in",
    "parts",
    "spans_of",
    "spread",
    "strict_spans",
    "tags_for",
    "tags_of",
    "words_of",
]
