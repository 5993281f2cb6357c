"""BERT's corruption: hide some tokens, and ask for them."""

import numpy as np

from minillm.backend import check_rng
from minillm.backend.ids import IGNORE, check_ids
from minillm.text.vocabulary import Vocabulary


def mask_tokens(
    ids: np.ndarray,
    mask: np.ndarray,
    vocabulary: Vocabulary,
    *,
    rng: np.random.Generator,
    rate: float = 0.15,
) -> tuple[np.ndarray, np.ndarray]:
    """Corrupt some tokens of each sequence, and return the targets that ask for the originals::

        ids      [CLS] the  cat    sat  [SEP]          chosen: cat
        corrupt  [CLS] the  [MASK] sat  [SEP]          [MASK] 80 %, a random token 10 %, cat 10 %
        targets  -100  -100 cat    -100 -100           -100 is IGNORE

    Shapes: ``ids (B, T), mask (B, T) -> corrupted (B, T), targets (B, T)``, both ``int64``.

    Of n ordinary tokens (neither special nor padding) exactly ``round(rate n)`` are chosen, and
    at least one, so that no short sentence goes by without a question; the authors' program
    does the same, while choosing each token with probability ``rate`` would leave a sentence
    of five words without one in 44 % of cases.  A chosen token that stays as it is
    keeps the model from trusting every token that is not [MASK].  Random tokens are drawn
    from the ordinary ones, wherever in the vocabulary these stand.

    Raises:
        ValueError: ``rate`` is not in (0, 1]; there are no ordinary ids or no mask token; the
            shapes differ.
        TypeError: ``mask`` is not boolean, ``ids`` are not integers.
        IndexError: an id is not in the vocabulary.
    Source: Devlin et al. 2019, "BERT", section 3.1 (task 1) and appendix A.1.
    Guide: 2.1 (G27).
    """
    if not 0 < rate <= 1:
        raise ValueError(f"rate must be in (0, 1], got {rate}")
    check_rng(rng)
    ordinary, mask_id = vocabulary.ordinary_ids, vocabulary.mask_id
    if not ordinary.size:
        raise ValueError(f"a vocabulary of {len(vocabulary)} has only special ids")
    original = check_ids(ids, len(vocabulary)).astype(np.int64)
    if mask.dtype != bool:
        raise TypeError(f"mask must be boolean, True = real token, got {mask.dtype}")
    if mask.shape != original.shape or original.ndim != 2:
        raise ValueError(f"ids {original.shape} and mask {mask.shape} must share one shape (B, T)")

    chosen = choose(mask & ~vocabulary.is_special(original), rate, rng)
    lot = rng.random(original.shape)
    random_tokens = ordinary[rng.integers(len(ordinary), size=original.shape)]
    corrupted = np.where(chosen & (lot < 0.8), mask_id, original)
    corrupted = np.where(chosen & (lot >= 0.9), random_tokens, corrupted)
    return corrupted, np.where(chosen, original, IGNORE)


def choose(candidates: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """In each row ``max(1, round(rate n))`` of its n candidates, all equally likely."""
    n_candidates = candidates.sum(axis=1, keepdims=True)
    n_chosen = np.maximum(1, np.rint(rate * n_candidates))
    scores = np.where(candidates, rng.random(candidates.shape), 2.0)  # candidates rank first
    ranks = scores.argsort(axis=1).argsort(axis=1)
    return candidates & (ranks < n_chosen)
