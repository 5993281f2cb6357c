"""Random streams: every draw is a function of (seed, purpose, place), never of what ran before.

A run that stops and resumes, or a worker that starts late, draws the same numbers because it
asks for the same stream.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def check_rng(rng: Any) -> np.random.Generator:
    """``rng``, once it is known to be a generator: a number in its place would fail far away.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a np.random.Generator, such as np.random.default_rng(0), "
            f"got {type(rng).__name__}"
        )
    return rng


def stream(seed: int, purpose: str, place: int = 0) -> np.random.Generator:
    """The generator for one ``purpose`` ("shuffle", "mask") at one ``place`` (an epoch, a step).

    Streams of different purposes or places are independent for all practical ends: they are
    seeded by ``(seed, hash of purpose, place)``.  The hash is SHA-256, not ``hash``, which
    changes with every process.

    Raises:
        ValueError: ``seed`` or ``place`` is negative.
    """
    if seed < 0 or place < 0:
        raise ValueError(f"stream: seed and place must not be negative, got {seed} and {place}")
    word = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "little")
    return np.random.default_rng([seed, word, place])


def counted_words(key: int, count: int, n: int, start: int = 0) -> np.ndarray:
    """Random integers in [0, 65536) that depend on ``key``, ``count`` and nothing else.

    Dropout draws its masks here: ``count`` is how often the layer has been called, so that
    two calls never share a mask and call number 7 is the same in a resumed run.

    ``start`` leaves out the words before it without drawing them: for every start, they are the
    words ``start`` to ``start + n - 1`` of one sequence.

    Shapes: ``(n,)`` uint16.

    Source: O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
        Algorithms for Random Number Generation": a congruential generator, which can jump ahead;
        NumPy hashes ``key`` and ``count`` into its state.
    """
    skipped, first = divmod(start, 4)  # four words in each number of 64 bits
    bits = np.random.PCG64DXSM([key, count])
    bits.advance(skipped)
    words = bits.random_raw((first + n + 3) // 4).astype("<u8", copy=False).view("<u2")
    return words[first : first + n].astype(np.uint16, copy=False)
