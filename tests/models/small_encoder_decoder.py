"""Tiny encoder-decoders in float64, of either order, and two pairs of sentences for them."""

from dataclasses import replace

import numpy as np

from minillm.models import EncoderDecoder, EncoderDecoderConfig
from tests.nn.checks import scrambled

SIZES = {"width": 12, "n_layers": 2, "n_heads": 3, "hidden": 10, "max_length": 9}
PRE = EncoderDecoderConfig(11, 13, **SIZES, dropout=0.0)
CONFIGS = {
    "pre": PRE,
    "post": replace(PRE, order="post"),
    "learned": replace(PRE, positions="learned"),
    "shared": replace(PRE, source_size=13, shared=True),
}
SOURCE = np.array([[4, 7, 5, 10, 3], [6, 2, 8, 0, 0]])
SOURCE_MASK = np.array([[True] * 5, [True, True, True, False, False]])
TARGET = np.array([[1, 9, 12, 5], [1, 7, 7, 3]])


def small_encoder_decoder(name="pre", seed=0, **changes):
    """One of random float64 weights, which depends on both its contexts strongly."""
    rng = np.random.default_rng(seed)
    return scrambled(EncoderDecoder(replace(CONFIGS[name], **changes), rng=rng), rng, size=2.0)
