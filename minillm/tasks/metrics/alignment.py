"""How well words of a sentence are linked with those of its translation."""

from __future__ import annotations

from collections.abc import Sequence, Set

Link = tuple[int, int]  # (place in the source, place in the target), both from 0


def alignment_error_rate(
    found: Sequence[Set[Link]],
    sure: Sequence[Set[Link]],
    possible: Sequence[Set[Link]] | None = None,
) -> float:
    """The alignment error rate of a corpus: 0 is perfect, 1 has nothing right::

        AER = 1 - (|A and S| + |A and P|) / (|A| + |S|)

    A are the links that were found, S those that everybody agrees on, P those that are at least
    possible, S among them; all sums run over the corpus.  Without ``possible``, P is S, and the
    rate is 1 - F1.  Where there is no link at all, nothing is wrong: 0.

    Raises:
        ValueError: other numbers of sentences; a sure link that is not possible.
    Source: Och & Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models",
        Computational Linguistics 29(1), section 5.
    Guide: 6.2 (G38).
    """
    possible = sure if possible is None else possible
    if not len(found) == len(sure) == len(possible):
        raise ValueError(
            f"alignment_error_rate: links of {len(found)} sentences, sure ones of {len(sure)} and "
            f"possible ones of {len(possible)}: one set each"
        )
    right = total = 0
    for place, (a, s, p) in enumerate(zip(found, sure, possible, strict=True)):
        if not s <= p:
            raise ValueError(
                f"alignment_error_rate: sentence {place} has sure links that are not possible: "
                f"{sorted(s - p)}"
            )
        right += len(a & s) + len(a & p)
        total += len(a) + len(s)
    return 1.0 - right / total if total else 0.0
