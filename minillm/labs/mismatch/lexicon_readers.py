"""What a remedy may give: one encoder, or another model of classes, or several that read together.

Letters: B texts, T positions, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import no_grad
from minillm.labs.small_encoder import probabilities, scores
from minillm.nn import Dropout, Module
from minillm.ops import softmax
from minillm.tasks.temperature import cooled


class Reader:
    """Says how probable each class of a text is."""

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """(B, T) -> (B, C)."""
        raise NotImplementedError


class Trained(Reader):
    """One encoder."""

    def __init__(self, encoder: Module):
        self.encoder = encoder

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """``softmax(scores)``."""
        return probabilities(self.encoder, ids)


class Cooled(Trained):
    """One encoder, its scores divided by a temperature."""

    def __init__(self, encoder: Module, temperature: float):
        super().__init__(encoder)
        self.temperature = temperature

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """``softmax(scores / T)``."""
        return cooled(scores(self.encoder, ids), self.temperature)


class Averaged(Reader):
    """Several encoders: the mean of their probabilities.

    Raises:
        ValueError: fewer than two.
    Source: Lakshminarayanan, Pritzel & Blundell 2017, "Simple and Scalable Predictive Uncertainty
        Estimation using Deep Ensembles", arXiv:1612.01474.
    """

    def __init__(self, encoders: Sequence[Module]):
        if len(encoders) < 2:
            raise ValueError(f"Averaged: at least 2 encoders are needed, got {len(encoders)}")
        self.encoders = list(encoders)

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """``1/M sum_m p_m``."""
        found: np.ndarray = np.mean([probabilities(e, ids) for e in self.encoders], axis=0)
        return found


class Dropped(Reader):
    """One encoder that is asked several times, its dropout on: the mean of its probabilities.

    Raises:
        ValueError: fewer than one draw; an encoder without dropout, which says the same each time.
    Source: Gal & Ghahramani 2016, "Dropout as a Bayesian Approximation", arXiv:1506.02142.
    """

    def __init__(self, encoder: Module, draws: int):
        rates = [m.rate for _, m in encoder.named_modules() if isinstance(m, Dropout)]
        if draws < 1 or not max(rates, default=0.0):
            raise ValueError(
                f"Dropped: needs draws >= 1 and an encoder with dropout, got {draws} and "
                f"{max(rates, default=0.0)}"
            )
        self.encoder, self.draws = encoder, draws

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """``1/S sum_s p_s``."""
        self.encoder.train()
        with no_grad():
            drawn = [self.encoder(ids).data.astype(np.float64) for _ in range(self.draws)]
        self.encoder.eval()
        found: np.ndarray = np.mean([softmax.rule(z, axis=1)[0] for z in drawn], axis=0)
        return found
