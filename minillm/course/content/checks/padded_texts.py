"""Padded texts, and exercise 10.3: pooling by a softmax that padding cannot change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped

PLACED = ("behind", "in front", "anywhere")  # where the padding of a text stands


@dataclass(frozen=True)
class Texts:
    """Texts of some lengths among padding; a case shows its sizes."""

    lengths: tuple[int, ...]
    spare: int  # places of padding that even the longest text has
    padding: str  # one of PLACED
    width: int
    seed: int

    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Vectors ``(B, T, D)``, those of padding as large as the others, and the mask."""
        rng = np.random.default_rng(self.seed)
        places = max(self.lengths) + self.spare
        x = rng.standard_normal((len(self.lengths), places, self.width))
        mask = np.zeros(x.shape[:2], dtype=bool)
        for row, length in zip(mask, self.lengths, strict=True):
            row[self.places_of(length, places, rng)] = True
        return x, mask

    def places_of(self, length: int, places: int, rng: np.random.Generator) -> np.ndarray:
        """Where the words of a text stand; "anywhere" is drawn for each text by itself."""
        if self.padding == "anywhere":
            return rng.choice(places, length, replace=False)
        return np.arange(length) + (places - length if self.padding == "in front" else 0)

    def other_padding(self, x: np.ndarray, mask: np.ndarray, value: float) -> np.ndarray:
        """The same texts with another vector wherever no word stands."""
        return np.where(mask[..., None], x, value)


def texts_of(most: int) -> Any:
    """A few texts among padding."""
    return st.builds(
        Texts,
        st.lists(st.integers(1, most), min_size=1, max_size=3).map(tuple),
        st.integers(0, 4),
        st.sampled_from(PLACED),
        st.integers(1, 4),
        SEEDS,
    )


def texts_without_padding(most: int) -> Any:
    """A few texts of one length."""
    return st.builds(
        lambda n, length, width, seed: Texts(n * (length,), 0, "behind", width, seed),
        st.integers(1, 3),
        st.integers(1, most),
        st.integers(1, 4),
        SEEDS,
    )


def pooled(pool: Function, x: np.ndarray, mask: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The student's vectors, their shape checked."""
    return shaped("y", pool(x, mask, q), (x.shape[0], x.shape[2]))


def are_close(found: np.ndarray, wanted: np.ndarray) -> None:
    """Compare the vectors text by text."""
    for b, (vector, right) in enumerate(zip(found, wanted, strict=True)):
        close((f"y of text {b}", f"第 {b} 段文本的 y"), vector, right)


def one_by_one(x: np.ndarray, mask: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Each text alone, without padding: its vectors, weighted by the softmax of ``x q``."""
    found = np.zeros((x.shape[0], x.shape[2]))
    for b, (rows, real) in enumerate(zip(x, mask, strict=True)):
        if real.any():
            z = rows[real] @ q
            weights = np.exp(z - z.max())
            found[b] = weights @ rows[real] / weights.sum()
    return found


def query_of(x: np.ndarray, size: float) -> np.ndarray:
    """A query for these texts."""
    return size * np.random.default_rng(x.shape[1]).standard_normal(x.shape[2:])


def weighs_by_softmax(pool: Function, texts: Texts, size: float) -> None:
    """Without padding the words' vectors, weighted by the softmax of ``x q``."""
    x, mask = texts.drawn()
    q = query_of(x, size)
    are_close(pooled(pool, x, mask, q), one_by_one(x, mask, q))


def is_each_text_alone(pool: Function, texts: Texts, size: float) -> None:
    """In a batch with padding a text has the vector that it has alone."""
    x, mask = texts.drawn()
    q = query_of(x, size)
    are_close(pooled(pool, x, mask, q), one_by_one(x, mask, q))


def ignores_what_stands_there(pool: Function, texts: Texts, value: float) -> None:
    """Another vector at padding changes nothing."""
    x, mask = texts.drawn()
    q = query_of(x, 1.0)
    given = texts.other_padding(x, mask, value)
    are_close(pooled(pool, given, mask, q), one_by_one(x, mask, q))


def is_the_mean_without_a_query(pool: Function, texts: Texts) -> None:
    """With ``q`` = 0 all weights are equal: the masked mean of 10.1."""
    x, mask = texts.drawn()
    wanted = [rows[real].mean(axis=0) for rows, real in zip(x, mask, strict=True)]
    are_close(pooled(pool, x, mask, np.zeros(x.shape[2])), np.array(wanted))


def gives_zeros_for_no_words(pool: Function, texts: Texts) -> None:
    """A text of padding alone gives zeros; the others are as before."""
    x, mask = texts.drawn()
    mask[-1] = False
    q = query_of(x, 1.0)
    are_close(pooled(pool, x, mask, q), one_by_one(x, mask, q))
