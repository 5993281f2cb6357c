"""chrF: how many short runs of characters a translation shares with what people wrote.

Letters: n length of a run, N its longest, P precision, R recall.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from minillm.tasks.metrics.bleu import References, checked
from minillm.tasks.metrics.generation import ngrams_of


class Overlap(NamedTuple):
    """Runs of one length: how many the translation has, the reference has, and both have."""

    own: int
    reference: int
    both: int


def chrf(
    translations: Sequence[str],
    references: References,
    *,
    characters: int = 6,
    words: int = 0,
    beta: float = 2.0,
) -> float:
    """chrF of a corpus, 0 to 100: an F score of runs of 1 to N characters, blanks left out::

        P = mean over n of shared / own runs,   R = mean over n of shared / reference runs
        chrF = 100 (1 + beta²) P R / (beta² P + R)

    The counts are sums over the corpus.  Of several references that with the best score of its
    sentence counts.  ``words=2`` adds runs of 1 and 2 words, which is chrF++.  It needs no
    tokens, so it suits Chinese.  The score is that of sacreBLEU.

    Raises:
        ValueError: no translation; other numbers of both; a sentence without reference;
            ``characters`` below 1, ``words`` below 0, or ``beta`` not above 0.
        TypeError: the translations are one string.
    Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; Popović
        2017, "chrF++: words helping character n-grams".
    Guide: 6.2 (G38).
    """
    if characters < 1 or words < 0 or not beta > 0:
        raise ValueError(
            "chrf: characters must be at least 1, words at least 0 and beta above 0, got "
            f"{characters}, {words} and {beta}"
        )
    total = [Overlap(0, 0, 0)] * (characters + words)
    for text, several in zip(translations, checked("chrf", translations, references), strict=True):
        found = [overlaps(text, one, characters, words) for one in several]
        best = max(found, key=lambda overlap: f_score(overlap, beta))
        total = [added(a, b) for a, b in zip(total, best, strict=True)]
    return 100 * f_score(total, beta)


def overlaps(text: str, reference: str, characters: int, words: int) -> list[Overlap]:
    """The runs of characters and of words of two sentences."""
    both = [("".join(text.split()), "".join(reference.split()), n + 1) for n in range(characters)]
    parted = words_of(text), words_of(reference)
    return [
        overlap(Counter(ngrams_of(own, n)), Counter(ngrams_of(other, n)))
        for own, other, n in [*both, *((*parted, n + 1) for n in range(words))]
    ]


def overlap(own: Counter[tuple[object, ...]], other: Counter[tuple[object, ...]]) -> Overlap:
    """The counts of one length; where the reference is too short for it, none are asked for."""
    if not other:
        return Overlap(0, 0, 0)
    return Overlap(own.total(), other.total(), (own & other).total())


def added(a: Overlap, b: Overlap) -> Overlap:
    """The counts of two sentences together."""
    return Overlap(a.own + b.own, a.reference + b.reference, a.both + b.both)


def f_score(counts: Sequence[Overlap], beta: float) -> float:
    """The F score of mean precision and recall, over the lengths that both sides have."""
    usable = [one for one in counts if one.own and one.reference]
    if not usable:
        return 0.0
    p = sum(one.both / one.own for one in usable) / len(usable)
    r = sum(one.both / one.reference for one in usable) / len(usable)
    return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


def words_of(text: str) -> list[str]:
    """The words of a text; a sign at the end of a word, or else at its start, is apart."""
    found = []
    for word in text.split():
        if len(word) > 1 and word[-1] in string.punctuation:
            found += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in string.punctuation:
            found += [word[0], word[1:]]
        else:
            found.append(word)
    return found
