"""Are two sets of texts from one source?  A classifier that tells them apart says no."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from minillm.backend import check_rng
from minillm.models.bag_of_words import BagOfWords

T = TypeVar("T")
# learns from items and the set of each, 0 or 1; gives what says the set of other items
Learn = Callable[[Sequence[T], np.ndarray], Callable[[Sequence[T]], np.ndarray]]


class TwoSample(NamedTuple):
    """How often a classifier was right on items that it had not learned, and how rare that is."""

    accuracy: float
    p_value: float
    tested: int


def two_sample_test(
    source: Sequence[T], target: Sequence[T], learn: Learn[T], *, rng: np.random.Generator
) -> TwoSample:
    """Whether a classifier can tell two sets apart on items that it has not learned from.

    As many of each set are drawn at random; from half of them it learns, and of the n others it
    says the set.  From one source it is right as often as a coin, K ~ B(n, 1/2)::

        p = P(K >= k) = sum_{i >= k} (n over i) / 2^n,    where k were right

    That is exact where it says both sets equally often.  Otherwise it is right in one set with
    the probability q and in the other with 1 - q, and p is an upper bound for all k above n/2.
    Items must be independent.  The accuracy is a distance: 1/2 is none.

    Raises:
        ValueError: fewer than 2 items in a set; answers of another shape, or other than 0 and 1.
    Source: Lopez-Paz & Oquab 2017, "Revisiting Classifier Two-Sample Tests", arXiv:1610.06545,
        section 3; they take the normal limit of the binomial distribution.  The bound: Hoeffding
        1956, "On the Distribution of the Number of Successes in Independent Trials".
    Guide: 1.4.1 (G45).
    """
    check_rng(rng)
    size = min(len(source), len(target))
    if size < 2:
        raise ValueError(
            f"two_sample_test: needs at least 2 items of each set, got {len(source)} and "
            f"{len(target)}"
        )
    learned: list[tuple[T, int]] = []
    asked: list[tuple[T, int]] = []
    for number, items in enumerate((source, target)):
        drawn = [(items[int(i)], number) for i in rng.permutation(len(items))[:size]]
        learned += drawn[: size // 2]
        asked += drawn[size // 2 :]
    said = learn([item for item, _ in learned], np.array([y for _, y in learned]))
    answers = np.asarray(said([item for item, _ in asked]))
    if answers.shape != (len(asked),) or not np.isin(answers, (0, 1)).all():
        raise ValueError(
            f"two_sample_test: the classifier must say 0 or 1 of {len(asked)} items, got "
            f"{answers!r:.60}"
        )
    right = int((answers == [y for _, y in asked]).sum())
    return TwoSample(right / len(asked), at_least(right, len(asked)), len(asked))


def by_words(l2: float) -> Learn[Sequence[str]]:
    """A bag of words as the classifier: it sees which words are frequent in which set.

    Raises:
        ValueError: as ``BagOfWords``.
    """

    def learn(
        texts: Sequence[Sequence[str]], sets: np.ndarray
    ) -> Callable[[Sequence[Sequence[str]]], np.ndarray]:
        bag = BagOfWords(l2=l2).fit(texts, [str(number) for number in sets])
        return lambda asked: np.array([int(number) for number in bag.predict(asked)])

    return learn


def at_least(k: int, n: int) -> float:
    """The probability of ``k`` heads or more of ``n`` tosses, counted in whole numbers.

    Raises:
        ValueError: not 0 <= k <= n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"at_least: k must be from 0 to n, got {k} of {n}")
    ways = sum(math.comb(n, i) for i in range(k, n + 1))
    return ways / 2**n
