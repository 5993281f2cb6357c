"""The baseline that every language model must beat: how often tokens followed each other.

Letters: N tokens, V vocabulary, w a token, h the tokens before it, h' the same without the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np

from minillm.backend import check_ids


class Order(NamedTuple):
    """The n-grams of one length: M of them, behind H different histories."""

    keys: np.ndarray  # (M,) ascending: number of the history * V + token
    given: np.ndarray  # (M + 1,) (c(h w) - d) / c(h), and 0 for what was never counted
    rest: np.ndarray  # (H + 1,) the share of c(h) that d took off, and 1 for such a history


class NGrams:
    """A language model that counts n-grams and backs off to shorter ones (Kneser-Ney)::

        p_n(w | h) = (c(h w) - d(c(h w))) / c(h)  +  r(h) p_{n-1}(w | h'),     p_0(w) = 1 / V
        c(h) = sum_w c(h w),   r(h) = sum_w d(c(h w)) / c(h);   r(h) = 1 where nothing follows h

    The longest n-grams are counted as they occur.  Of a shorter one it is counted how many
    different tokens stand before it, the beginning of a text being a new one each time:
    "Francisco" is frequent, but hardly ever stands behind anything else than "San".  With m_k
    n-grams that are counted k times, and Y = m_1 / (m_1 + 2 m_2)::

        d(0) = 0,   d(k) = k - (k + 1) Y m_{k+1} / m_k  for k = 1, 2, 3,   d(k) = d(3) beyond

    Few n-grams, or a small vocabulary, may leave that without a value above 0: then d(k) = 1/2.

    ``texts`` are sequences of ids; no n-gram reaches from one into the next.  ``order`` is the
    longest n; 1 counts single tokens.

    Raises:
        ValueError: ``order`` is below 1; there is no token.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Kneser & Ney 1995, "Improved backing-off for m-gram language modeling"; Chen & Goodman
        1999, "An empirical study of smoothing techniques for language modeling", section 3.
    Guide: 1.4.3 (G30).
    """

    def __init__(self, texts: Sequence[Any], *, vocabulary_size: int, order: int):
        if order < 1:
            raise ValueError(f"NGrams: order must be at least 1, got {order}")
        self.vocabulary_size, self.order = int(vocabulary_size), int(order)
        self.whole, self.backed_off = counted(texts, self.vocabulary_size, self.order)

    @property
    def orders(self) -> list[Order]:
        """The n-grams of every length: the longest as they occur, the shorter by what is before."""
        return [*self.backed_off[: self.order - 1], self.whole[self.order - 1]]

    def of_order(self, order: int) -> Self:
        """The model of shorter n-grams of the same texts, which are not counted again.

        Raises:
            ValueError: ``order`` is not in 1 .. ``self.order``.
        """
        if not 1 <= order <= self.order:
            raise ValueError(f"of_order: order must be in 1..{self.order}, got {order}")
        model = copy(self)
        model.order = order
        return model

    def log_probabilities(self, ids: Any) -> np.ndarray:
        """``ln p(w | h)`` of every token of a text, its first one too.

        Shapes: ``(T,) -> (T,)``.

        Raises:
            IndexError, TypeError: ids as in ``check_ids``.
        """
        ids, place = joined([ids], self.vocabulary_size)
        p, ends = np.full(len(ids), 1.0 / self.vocabulary_size), np.zeros(len(ids), np.int64)
        for n, order in enumerate(self.orders, start=1):
            history = behind(ends, place, n)
            ends = find(order.keys, keys_at(ends, ids, place, n, self.vocabulary_size))
            p = order.given[ends] + order.rest[history] * p
        return np.log(p)

    def next_probabilities(self, history: Any) -> np.ndarray:
        """The probability of every token behind a text, ``(T,) -> (V,)``; the text may be empty.

        Raises:
            IndexError, TypeError: ids as in ``check_ids``.
        """
        before, size = list(check_ids(history, self.vocabulary_size)), self.vocabulary_size
        before = before[len(before) - min(len(before), self.order - 1) :]
        rows = np.repeat([before], size, axis=0).astype(np.int64).reshape(size, len(before))
        rows = np.concatenate([rows, np.arange(size)[:, None]], axis=1)
        return np.exp([self.log_probabilities(row)[-1] for row in rows])


def counted(texts: Sequence[Any], size: int, longest: int) -> tuple[list[Order], list[Order]]:
    """N-grams of every length counted as they occur, and by what stands before them.

    The second list is one shorter: nothing is known of what stands before the longest.
    """
    ids, place = joined(texts, size)
    if not len(ids):
        raise ValueError("NGrams: there is no token to count")
    keys, ends = [np.zeros(1, np.int64)], [np.zeros(len(ids), np.int64)]
    for n in range(1, longest + 1):
        key = keys_at(ends[-1], ids, place, n, size)
        keys.append(np.unique(key[key >= 0]))
        ends.append(find(keys[-1], key))

    def order(n: int, seen: np.ndarray) -> Order:
        counts = np.bincount(seen, minlength=len(keys[n]))
        return smoothed(keys[n], counts, len(keys[n - 1]), size)

    whole = [order(n, ends[n][place >= n - 1]) for n in range(1, longest + 1)]
    return whole, [order(n, ends[n][new_before(ends, place, n)]) for n in range(1, longest)]


def joined(texts: Sequence[Any], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids of all texts in a row, and the place of each in its own text, (N,) twice."""
    rows = [check_ids(text, size) for text in texts]
    for row in rows:
        if row.ndim != 1:
            raise ValueError(f"a text must be a row of ids, got shape {row.shape}")
    empty = np.zeros(0, np.int64)
    places = [np.arange(len(row)) for row in rows]
    return np.concatenate([empty, *rows]), np.concatenate([empty, *places])


def behind(ends: np.ndarray, place: np.ndarray, n: int) -> np.ndarray:
    """The number of the n - 1 tokens before each place; -1 where a text has fewer before it.

    ``ends`` has the number of the (n - 1)-gram that ends at each place.
    """
    return np.where(place >= n - 1, ends if n == 1 else np.roll(ends, 1), -1)


def keys_at(ends: np.ndarray, ids: np.ndarray, place: np.ndarray, n: int, size: int) -> np.ndarray:
    """The key of the n-gram that ends at each place; -1 where its history has no number."""
    history = behind(ends, place, n)
    return np.where(history >= 0, history * size + ids, -1)


def find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The place of each wanted key among ascending ones, -1 where it is not there."""
    if not len(keys):
        return np.full(wanted.shape, -1)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1)


def new_before(ends: Sequence[np.ndarray], place: np.ndarray, n: int) -> np.ndarray:
    """Places where an n-gram ends, one for each different token before it; or none before it."""
    whole = np.flatnonzero(place >= n)
    one = np.unique(ends[n + 1][whole], return_index=True)[1]
    return np.concatenate([whole[one], np.flatnonzero(place == n - 1)])


def smoothed(keys: np.ndarray, counts: np.ndarray, n_histories: int, size: int) -> Order:
    """The n-grams of one length with their discounts taken off."""
    history = keys // size
    total = np.bincount(history, weights=counts, minlength=n_histories)
    taken = np.minimum(discounts(counts)[np.minimum(counts, 3)], counts)
    share = np.bincount(history, weights=taken, minlength=n_histories)
    rest = np.where(total > 0, share / np.maximum(total, 1), 1.0)
    given = (counts - taken) / np.maximum(total[history], 1)
    return Order(keys, np.append(given, 0.0), np.append(rest, 1.0))


def discounts(counts: np.ndarray) -> np.ndarray:
    """d(0), d(1), d(2), d(3) of ``NGrams``."""
    m = np.bincount(np.minimum(counts, 5), minlength=6)
    half = np.array([0.0, 0.5, 0.5, 0.5])
    if not m[1:5].all():
        return half
    y = m[1] / (m[1] + 2.0 * m[2])
    found = np.array([0.0, *(k - (k + 1) * y * m[k + 1] / m[k] for k in (1, 2, 3))])
    return found if (found[1:] > 0).all() else half
