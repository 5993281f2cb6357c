"""What the guide's program calls, in our own words and with the same behaviour.

Two layers, a tokeniser and a padding function.  Embedding, dense layers, and the two
cross-entropies need no copy: ``nn.Embedding``, ``nn.Linear``, ``ops.cross_entropy`` for class
numbers, and ``ops.cross_entropy_with_probabilities`` for one-hot rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Self

import numpy as np

from minillm.autograd import Tensor
from minillm.nn import Linear, Module
from minillm.ops import relu
from minillm.text import pad

PUNCTUATION = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\t\n]")  # ASCII; ' stays in a word


class SpaceTokenizer:
    """Lower case, no ASCII punctuation, a word between two blanks; a number for each word.

    Words are numbered from 1, the most frequent first.  A word that ``fit`` has not seen leaves
    nothing behind, not even a number for the unknown; a Chinese sentence is one word.

    Guide: 5.2, 5.2.1 (G61).
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def fit(self, texts: Sequence[str]) -> Self:
        """Number the words of ``texts``; equally frequent ones in the order of their coming."""
        counts = Counter(word for text in texts for word in words_of(text))
        self.numbers = {word: i for i, (word, _) in enumerate(counts.most_common(), start=1)}
        return self

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of the known words of each text."""
        known = self.numbers
        return [[known[word] for word in words_of(text) if word in known] for text in texts]


def words_of(text: str) -> list[str]:
    """What stands between blanks, in lower case, without punctuation."""
    return PUNCTUATION.sub(" ", text.lower()).split()


def pad_sequences(sequences: Sequence[Sequence[int]], *, maxlen: int) -> np.ndarray:
    """Numbers of one length: zeros go in *front*, and from the front a longer text is cut::

        pad_sequences([[4, 5, 6], [7]], maxlen=2)  ->  [[5, 6], [0, 7]]

    Shapes: B sequences -> ``(B, maxlen)``; no mask says which of them are words.

    Raises:
        ValueError, TypeError: as ``pad``.
    Guide: 5.2, 5.2.1 (G61).
    """
    return pad(sequences, length=maxlen, side="left", truncate="left")[0]


class GlobalAveragePooling(Module):
    """The mean over the positions, whatever stands there: ``y = 1/T sum_t x_t``.

    Shapes: ``x (B, T, D) -> (B, D)``.

    Guide: 5.2, 5.2.2, 5.2.3 (G61).
    """

    def forward(self, x: Tensor) -> Tensor:
        """The mean.

        Raises:
            ValueError: ``x`` has not three axes, as behind another pooling.
        """
        if x.ndim != 3:
            raise ValueError(
                "GlobalAveragePooling: x needs ndim=3 (texts, positions, features), "
                f"got ndim={x.ndim}, shape {x.shape}"
            )
        return x.mean(axis=1)


class Dense(Module):
    """An affine map and a ReLU: ``y = relu(x Wᵀ + b)``.

    Shapes: ``x (..., inputs) -> (..., outputs)``.

    Guide: 5.2, 5.2.2 (G61).
    """

    def __init__(self, inputs: int, outputs: int, *, rng: np.random.Generator):
        self.linear = Linear(inputs, outputs, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """``relu(x Wᵀ + b)``."""
        return relu(self.linear(x))
