"""What a field says of a sentence: its best path, and how sure it is of each tag."""

from __future__ import annotations

import numpy as np

from minillm.backend import Array
from minillm.models.crf.recursions import beliefs, check_field, forward_scores


def best_paths(emissions: Array, transitions: Array, *, mask: Array) -> list[list[int]]:
    """The path of the highest score in each sentence: the forward recursion with max for sum::

        v_1(j) = A_start,j + e_1(j),    v_t(j) = e_t(j) + max_i (v_{t-1}(i) + A_ij)

    From the best last tag one walks back along the i that were best.  Of equally good ones the
    first is taken.

    Shapes: arrays of the host, as ``log_partition`` takes them; of T words T tags.

    Raises:
        ValueError, TypeError: as ``check_field``.
    Source: Viterbi 1967, "Error Bounds for Convolutional Codes and an Asymptotically Optimum
        Decoding Algorithm"; Rabiner 1989, "A Tutorial on Hidden Markov Models and Selected
        Applications in Speech Recognition", section III.B.
    Guide: 6.4 (G39).
    """
    check_field(emissions, transitions, mask)
    best = transitions[-1, :-1] + emissions[:, 0]
    came_from = [np.zeros(best.shape, dtype=np.int64)]
    for t in range(1, emissions.shape[1]):
        ways = best[:, :, None] + transitions[:-1, :-1]  # (B, K before, K after)
        came_from.append(ways.argmax(axis=1))
        best = np.where(mask[:, t, None], emissions[:, t] + ways.max(axis=1), best)
    last = (best + transitions[:-1, -1]).argmax(axis=1)
    return [
        walked_back([table[row] for table in came_from[:length]], int(tag))
        for row, (tag, length) in enumerate(zip(last, mask.sum(axis=1), strict=True))
    ]


def walked_back(came_from: list[np.ndarray], last: int) -> list[int]:
    """The path to a last tag, by the best tag before each, (T, K)."""
    path = [last]
    for table in came_from[:0:-1]:
        path.append(int(table[path[-1]]))
    return path[::-1]


def marginals(emissions: Array, transitions: Array, *, mask: Array) -> Array:
    """The probability of every tag at every word, over all paths, (B, T, K); 0 at padding::

        p(y_t = j) = exp(a_t(j) + b_t(j) - ln Z)

    Raises:
        ValueError, TypeError: as ``check_field``.
    Source: Rabiner 1989, section III.A; Lafferty, McCallum & Pereira 2001, section 3.
    Guide: 6.4 (G39).
    """
    check_field(emissions, transitions, mask)
    forward = forward_scores(emissions, transitions, mask)
    return beliefs(emissions, transitions, mask, forward)[0]
