"""BLEU: how many short runs of words a translation shares with what people wrote.

Letters: n length of a run, c tokens of all translations, r tokens of the references.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from minillm.tasks.metrics.generation import ngrams_of
from minillm.tasks.metrics.translation_tokens import translation_tokens

LONGEST = 4
References = Sequence[str] | Sequence[Sequence[str]]


class Bleu(NamedTuple):
    """A score of a whole corpus, and what it is made of."""

    score: float  # 0 to 100
    precisions: tuple[float, ...]  # of runs of 1 to 4 tokens, 0 to 100, smoothed
    brevity_penalty: float
    length: int  # tokens of the translations
    reference_length: int  # of the references nearest in length


def bleu(
    translations: Sequence[str],
    references: References,
    *,
    tokenize: str = "13a",
    smooth: bool = True,
) -> Bleu:
    """BLEU of a corpus: the geometric mean of four precisions, less where it is too short::

        p_n = sum min(count in translation, most in one reference) / sum count in translation
        BLEU = 100 min(1, exp(1 - r / c)) (p_1 p_2 p_3 p_4)^(1/4)

    The sums run over the corpus: it is not the mean of sentences.  Each sentence has one reference
    or several; of these the one nearest in length counts for r, of two the shorter.  With
    ``smooth`` the k-th precision that is 0 becomes ``1 / (2^k sum count)``.  The score is
    that of sacreBLEU with the same ``tokenize``: compare no scores with different ones.

    Raises:
        ValueError: there is no translation; other numbers of both; a sentence has no reference;
            ``tokenize`` is unknown.
        TypeError: the translations are one string.
    Source: Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine
        Translation"; smoothing: Chen & Cherry 2014, method 3; Post 2018, arXiv:1804.08771.
    Guide: 6.2 (G38).
    """
    tokens = translation_tokens(tokenize)
    matched, total = [0] * LONGEST, [0] * LONGEST
    length = reference_length = 0
    for text, several in zip(translations, checked("bleu", translations, references), strict=True):
        own, others = tokens(text), [tokens(one) for one in several]
        length += len(own)
        lengths = [len(one) for one in others]
        reference_length += min(lengths, key=lambda n: (abs(n - len(own)), n))
        for n in range(1, LONGEST + 1):
            counts = Counter(ngrams_of(own, n))
            most = most_in_one([Counter(ngrams_of(one, n)) for one in others])
            matched[n - 1] += sum(min(count, most[gram]) for gram, count in counts.items())
            total[n - 1] += sum(counts.values())
    penalty = min(1.0, math.exp(1 - reference_length / length)) if length else 0.0
    precisions = tuple(100 * p for p in shares(matched, total, smooth=smooth))
    return Bleu(penalty * geometric_mean(precisions), precisions, penalty, length, reference_length)


def shares(matched: Sequence[int], total: Sequence[int], *, smooth: bool) -> list[float]:
    """The precisions; those that are 0 get a little, but not where nothing matches at all."""
    zeros, found = 0, []
    for right, n in zip(matched, total, strict=True):
        zeros += not right
        little = 1 / 2**zeros if smooth and any(matched) else 0.0
        found.append((right or little) / n if n else 0.0)
    return found


def geometric_mean(numbers: Sequence[float]) -> float:
    """``exp(mean(ln x))``; 0 where one is 0."""
    if min(numbers) <= 0:
        return 0.0
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def most_in_one(counts: Sequence[Counter[tuple[Hashable, ...]]]) -> Counter[tuple[Hashable, ...]]:
    """How often each run occurs in the reference that has it most often."""
    most: Counter[tuple[Hashable, ...]] = Counter()
    for one in counts:
        most |= one
    return most


def checked(name: str, translations: Sequence[str], references: References) -> list[Sequence[str]]:
    """The references of every sentence as a list.

    Raises:
        ValueError, TypeError: as ``bleu``.
    """
    if isinstance(translations, str) or isinstance(references, str):
        raise TypeError(f"{name}: a list of translations and one of references, got a string")
    if not len(translations):
        raise ValueError(f"{name}: there is no translation to score")
    if len(translations) != len(references):
        raise ValueError(
            f"{name}: {len(translations)} translations, but references for {len(references)}"
        )
    several: list[Sequence[str]] = [[one] if isinstance(one, str) else one for one in references]
    for place, found in enumerate(several):
        if not found:
            raise ValueError(f"{name}: references[{place}] is empty: one at least is needed")
    return several
