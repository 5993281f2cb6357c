"""Attention weights as a heat map over words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def heat_map(
    axes: Any, weights: np.ndarray, queries: Sequence[str], keys: Sequence[str], digits: int = 2
) -> None:
    """Draw weights ``(T, S)``: a row for each query, a column for each key, numbers written in.

    A row says where its word looks; the weights of a row sum to 1, and the darkest is 1.
    """
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), weight in np.ndenumerate(np.asarray(weights)):
        color = "white" if weight > 0.5 else "black"
        text = f"{weight:.{digits}f}"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(len(keys)), labels=keys, rotation=45 if len(keys) > 6 else 0)
    axes.set_yticks(range(len(queries)), labels=queries)
    axes.tick_params(length=0)
