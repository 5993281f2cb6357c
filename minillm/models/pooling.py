"""How a classifier reads a sentence: at its first token, at its last, or as the mean of all.

Letters: B batch, T positions, D model width.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like, on_host
from minillm.ops import masked_mean


def at_first_real(hidden: Tensor, mask: Array) -> Tensor:
    """The vector at [CLS], on whichever side the sentence is padded, (B, T, D) -> (B, D).

    Source: Devlin et al. 2019, "BERT", section 3.2.
    Guide: 2.1, 5.2.3 (G29).
    """
    first = first_real(mask)
    if isinstance(first, int):
        return hidden[:, first, :]
    rows = np.arange(len(mask))
    return hidden[moved_like(rows, hidden.data), moved_like(first, hidden.data)]


def at_last_real(hidden: Tensor, mask: Array) -> Tensor:
    """The vector at the last real token, on whichever side it is padded, (B, T, D) -> (B, D).

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.2.
    Guide: 2.1, 9.2 (G32, G33).
    """
    rows, last = np.arange(len(mask)), last_real(mask)
    return hidden[moved_like(rows, hidden.data), moved_like(last, hidden.data)]


def mean_of_real(hidden: Tensor, mask: Array) -> Tensor:
    """The mean over the real positions, [CLS] and [SEP] among them, (B, T, D) -> (B, D).

    Source: Reimers & Gurevych 2019, "Sentence-BERT", section 3 (MEAN).
    Guide: 5.2.1, 5.2.3 (G4).
    """
    return masked_mean(hidden, mask=moved_like(mask, hidden.data))


POOLINGS: dict[str, Callable[[Tensor, Array], Tensor]] = {
    "cls": at_first_real,
    "last": at_last_real,
    "mean": mean_of_real,
}


def require_pooling(name: str) -> None:
    """Refuse what is not in ``POOLINGS``.

    Raises:
        ValueError: see above.
    """
    if name not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, got {name!r}")


def first_real(mask: Array) -> int | Array:
    """Where each sentence of ``mask (B, T)`` has its first real token; 0 where it has none.

    The number 0 stands for zeros, as in a batch that is padded on the right: a mask on the host
    may be looked at, one on a device is not.
    """
    first = mask.argmax(axis=1) if mask.shape[1] else mask.sum(axis=1)
    return 0 if on_host(mask) and not first.any() else first


def last_real(mask: Array) -> Array:
    """Where each sentence of ``mask (B, T)`` has its last real token; the end where it has none."""
    if not mask.shape[1]:
        return mask.sum(axis=1)
    return mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
