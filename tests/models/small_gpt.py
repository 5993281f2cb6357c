"""Tiny GPTs in float64, one of each style, and texts for them."""

import numpy as np

from minillm.models import Gpt, gpt2_style, llama_style
from tests.nn.checks import scrambled

SIZES = {"width": 12, "n_layers": 2, "n_heads": 3, "hidden": 10, "max_length": 11}
STYLES = {
    "gpt2": gpt2_style(13, **SIZES),
    "llama": llama_style(13, **{**SIZES, "n_heads": 3}, n_key_heads=1),
}
IDS = np.array([[2, 7, 5, 12, 3], [2, 7, 3, 0, 0]])
MASK = np.array([[True] * 5, [True, True, True, False, False]])


def small_gpt(style="gpt2", seed=0):
    """A GPT of random float64 weights, which depends on its context strongly."""
    rng = np.random.default_rng(seed)
    return scrambled(Gpt(STYLES[style], rng=rng), rng, size=2.0)
