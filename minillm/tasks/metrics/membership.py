"""How well a model's losses betray what it was trained on."""

from __future__ import annotations

import numpy as np


def membership_auc(members: np.ndarray, others: np.ndarray) -> float:
    """The area under the curve of an attack that calls what has a low loss a member::

        AUC = P(l_in < l_out) + 1/2 P(l_in = l_out)       over all pairs

    0.5 is a coin; 1 means that every member has a lower loss than everything else.

    Shapes: ``members (M,)`` and ``others (N,)`` are losses of examples, in any unit.

    Raises:
        ValueError: one of them is empty or not a row, or a loss is NaN.
    Source: Yeom, Giacomelli, Fredrikson & Jha 2018, "Privacy Risk in Machine Learning: Analyzing
        the Connection to Overfitting", arXiv:1709.01604, section 3.2 (the attack); Mann & Whitney
        1947, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
        Other" (the pairs).
    """
    inside, outside = (np.asarray(losses, dtype=np.float64) for losses in (members, others))
    for name, losses in (("members", inside), ("others", outside)):
        if losses.ndim != 1 or not losses.size or np.isnan(losses).any():
            raise ValueError(
                f"membership_auc: {name} must be a row of losses without NaN, got {losses.shape}"
            )
    ranked = np.sort(outside)
    not_above = np.searchsorted(ranked, inside, side="right")
    below = np.searchsorted(ranked, inside, side="left")
    higher, equal = len(ranked) - not_above, not_above - below
    return float((higher + equal / 2).mean() / len(ranked))
