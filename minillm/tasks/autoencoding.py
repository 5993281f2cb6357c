"""Autoencoders' questions: every token is to be said again, of the sentence or of a corrupted one.

Letters: B batch, T positions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.models import MaskedLanguageModel
from minillm.ops import IGNORE
from minillm.tasks.masked_lm import MaskedBatch, hide, n_hidden
from minillm.text import Vocabulary


def reproduce(ids: np.ndarray, mask: np.ndarray, vocabulary: Vocabulary) -> MaskedBatch:
    """The plain autoencoder's question: the sentence is shown, and asked for.

    Shapes: ``ids (B, T), mask (B, T)``.  Asked for are the tokens that BERT could hide: neither
    special nor padding.

    Guide: 2.1 (G28).
    """
    return MaskedBatch(ids, mask, every_token(ids, mask, vocabulary))


def denoise(
    ids: np.ndarray, mask: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator
) -> MaskedBatch:
    """The denoising autoencoder's: BERT's corrupted sentence is shown, all of it is asked for.

    Shapes: ``ids (B, T), mask (B, T)``.

    Source: Vincent et al. 2008, "Extracting and Composing Robust Features with Denoising
        Autoencoders", section 2.3; Devlin et al. 2019, "BERT", section 3.1, for the difference.
    Guide: 2.1 (G28).
    """
    corrupted = hide(ids, mask, vocabulary, rng).ids
    return MaskedBatch(corrupted, mask, every_token(ids, mask, vocabulary))


def every_token(ids: np.ndarray, mask: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """The ids where they are ordinary tokens, else ``IGNORE``, (B, T)."""
    return np.where(mask & ~vocabulary.is_special(ids), ids, IGNORE)


class Parts(NamedTuple):
    """Mean cross-entropies in nats: of the tokens that BERT asks for, of the others, of all."""

    hidden: float  # the masked language model's loss
    shown: float  # what copying costs
    whole: float  # the denoising autoencoder's loss
    share: float  # of the tokens that were hidden


def loss_in_parts(
    model: MaskedLanguageModel,
    ids: np.ndarray,
    mask: np.ndarray,
    vocabulary: Vocabulary,
    *,
    rng: np.random.Generator,
) -> Parts:
    """The denoising loss beside that of masked language modelling, on the same corruption::

        L_denoising = s L_hidden + (1 - s) L_shown          s: the share of tokens hidden

    The first mean is BERT's whole loss; the autoencoder is asked to copy besides.

    Shapes: ``ids (B, T), mask (B, T)``.

    Source: Devlin et al. 2019, "BERT", section 3.1: "we only predict the masked words rather than
        reconstructing the entire input".
    Guide: 2.1 (G28).
    """
    asked = hide(ids, mask, vocabulary, rng)
    wanted = every_token(ids, mask, vocabulary)
    shown = np.where(asked.targets == IGNORE, wanted, IGNORE)
    hidden_loss, shown_loss, whole = (
        float(model.loss(asked.ids, mask, targets)) for targets in (asked.targets, shown, wanted)
    )
    share = n_hidden(asked) / n_hidden(MaskedBatch(ids, mask, wanted))
    return Parts(hidden_loss, shown_loss, whole, share)
