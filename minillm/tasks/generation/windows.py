"""From texts to what a language model is trained on: as many tokens as it reads, and the next.

Letters: B rows of a batch, T tokens that a model reads at once, N tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.models.gpt import next_tokens
from minillm.ops import IGNORE
from minillm.tasks.collation import lengths_of
from minillm.text import pad
from minillm.training import bucketed_order, numbered_order


class Window(NamedTuple):
    """Some texts side by side, and the token that follows at each place."""

    ids: np.ndarray  # (B, T)
    targets: np.ndarray  # (B, T), IGNORE where nothing follows
    mask: np.ndarray | None = None  # (B, T), True = a real token; left out where all are

    @property
    def n_targets(self) -> int:
        """How many tokens are to be found, over which the loss is a mean."""
        return int((self.targets != IGNORE).sum())


def random_windows(
    ids: np.ndarray, *, length: int, batch_size: int, rng: np.random.Generator
) -> Window:
    """``batch_size`` pieces of one long text, from places drawn at random::

        T = 3, drawn place 5:    ids[5:8] -> targets ids[6:9]

    Shapes: ``(N,) -> (B, T)``.

    Raises:
        ValueError: the text has fewer than T + 1 tokens.
    """
    if len(ids) <= length:
        raise ValueError(
            f"a text of {len(ids)} tokens has no piece of {length} and a token behind it: "
            "give more text, or a shorter length"
        )
    start = rng.integers(len(ids) - length, size=batch_size)
    return Window(*next_tokens(ids[start[:, None] + np.arange(length + 1)]))


def pieces(texts: Sequence[np.ndarray], length: int) -> list[np.ndarray]:
    """All texts, cut into rows of at most ``length + 1`` tokens; each begins where one ended::

        pieces([[1, 2, 3, 4, 5, 6]], 2)  ->  [1, 2, 3]  [3, 4, 5]  [5, 6]

    Every token but the first of a text is thereby the target of exactly one row.
    """
    return [
        text[start : start + length + 1]
        for text in texts
        for start in range(0, len(text) - 1, length)
    ]


def padded(rows: Sequence[np.ndarray]) -> Window:
    """Rows of several lengths as one batch, padded on the right."""
    ids, mask = pad(rows)
    return Window(*next_tokens(ids, mask), mask[:, :-1])


def training_windows(
    texts: Sequence[np.ndarray], *, length: int, batch_size: int, seed: int, start: int, stop: int
) -> Iterator[Window]:
    """Batches ``start`` to ``stop - 1``, the same ones whenever they are asked for.

    Of one text the pieces come from random places; of several, every epoch takes all pieces of
    all texts once, in another order, and no piece has two texts.

    Raises:
        ValueError: there is nothing to learn from.
    """
    if len(texts) == 1:
        for number in range(start, stop):
            rng = stream(seed, "window", number)
            yield random_windows(texts[0], length=length, batch_size=batch_size, rng=rng)
        return
    rows = pieces(texts, length)
    order = numbered_order(
        lengths_of(rows), batch_size=batch_size, seed=seed, purpose="window", start=start, stop=stop
    )
    for indices in order:
        yield padded([rows[i] for i in indices])


def all_windows(texts: Sequence[np.ndarray], *, length: int, batch_size: int) -> Iterator[Window]:
    """Batches that have every token of the texts but the first of each as a target once."""
    rows = pieces(texts, length)
    for indices in bucketed_order(lengths_of(rows), batch_size=batch_size, rng=None):
        yield padded([rows[i] for i in indices])
