"""How well a language model foretells texts that it was not trained on, beside counting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.models.gpt import Gpt
from minillm.models.ngrams import NGrams
from minillm.tasks.generation.windows import all_windows
from minillm.training import mean_loss

LONGEST = 8  # n-grams beyond it were never the best
ROWS = 32  # scored at once


def language_loss(
    model: Gpt, texts: Sequence[np.ndarray], *, length: int | None = None, rows: int = ROWS
) -> float:
    """The mean of -ln p(t | before) over all tokens but the first of each text, in nats.

    Texts are cut into pieces of ``length`` tokens, or of ``max_length``: a token at the
    beginning of a piece is foretold from few before it.  Dropout is off.

    Raises:
        ValueError: no token has one before it.
    Guide: 1.4.3 (G30).
    """
    windows = all_windows(texts, length=length or model.config.max_length, batch_size=rows)
    mean, n_targets = mean_loss(
        model, windows, lambda window: model.loss(*window), lambda window: window.n_targets
    )
    if not n_targets:
        raise ValueError(f"language_loss: no token of {len(texts)} texts has one before it")
    return mean


def counting_loss(model: NGrams, texts: Sequence[np.ndarray]) -> float:
    """The same mean for n-grams, which see all that stands before a token in its text.

    Raises:
        ValueError: no token has one before it.
    """
    log_p = np.concatenate([np.zeros(0), *(model.log_probabilities(text)[1:] for text in texts)])
    if not log_p.size:
        raise ValueError(f"counting_loss: no token of {len(texts)} texts has one before it")
    return -float(log_p.mean())


def best_ngrams(
    texts: Sequence[np.ndarray], vocabulary_size: int, *, longest: int = LONGEST
) -> NGrams:
    """N-grams of all texts; how long they are, the last tenth of the texts decides.

    Raises:
        ValueError: there are fewer than ten tokens.
    """
    learned, chosen_on = last_tenth(texts)
    counts = NGrams(learned, vocabulary_size=vocabulary_size, order=longest)
    losses = [counting_loss(counts.of_order(n), chosen_on) for n in range(1, longest + 1)]
    return NGrams(texts, vocabulary_size=vocabulary_size, order=1 + int(np.argmin(losses)))


def last_tenth(texts: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The texts up to nine tenths of their tokens, and what comes behind.

    Raises:
        ValueError: see ``best_ngrams``.
    """
    total = sum(map(len, texts))
    if total < 10:
        raise ValueError(f"a tenth of {total} tokens is nothing to choose by: give more text")
    cut, first, rest = total - total // 10, [], []
    for text in texts:
        first.append(text[:cut])
        rest.append(text[cut:])
        cut = max(cut - len(text), 0)
    return [one for one in first if len(one)], [one for one in rest if len(one)]
