"""One number that sets all the others: the depth of a GPT."""

from __future__ import annotations

import math
from dataclasses import dataclass

from minillm.backend import least_count
from minillm.models.costs.approximations import block_matrices
from minillm.models.costs.shapes import check_counts
from minillm.models.gpt_config import GptConfig, gpt2_style


@dataclass(frozen=True)
class Dial:
    """What stays the same for every depth."""

    vocabulary_size: int
    max_length: int = 64
    head_width: int = 16  # each layer adds a head of this width to all layers
    batch_tokens: int = 1024  # of a step
    tokens_per_parameter: float = 20.0
    rate: float = 3e-3  # of depth 4
    rate_depth: int = 4


@dataclass(frozen=True)
class Sized:
    """A model and its training, as a depth sets them."""

    config: GptConfig
    steps: int
    rate: float


def sized(depth: int, dial: Dial) -> Sized:
    """Width, heads, steps and rate of a model with so many layers::

        heads = depth,   width = head_width * depth
        steps = tokens_per_parameter * N / batch_tokens        N = ``block_matrices``, rounded up
        rate  = rate of depth 4 * 4 / depth

    N grows as depth³.  The rate falls with the width: that is what keeps a step's change of the
    activations the same under Adam.  Twenty tokens for each parameter are about what Hoffmann et
    al. found best for a given number of operations; a small model may want others.

    Raises:
        ValueError: a depth or a setting below 1, or no positive rate or tokens_per_parameter.
        TypeError: a depth or a count that is not an integer.
    Source: Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models",
        arXiv:2203.15556, table 3; Yang et al. 2022, "Tensor Programs V", arXiv:2203.03466,
        for the rate.
    Guide: 8.1.1 (G49).
    """
    d = dial
    check_counts(
        "sized", least=1, depth=depth, vocabulary_size=d.vocabulary_size, max_length=d.max_length,
        head_width=d.head_width, batch_tokens=d.batch_tokens, rate_depth=d.rate_depth,
    )  # fmt: skip
    for name, given in (("tokens_per_parameter", d.tokens_per_parameter), ("rate", d.rate)):
        if not 0.0 < given < math.inf:
            raise ValueError(f"sized: {name} must be a positive number, got {given!r}")
    config = gpt2_style(
        d.vocabulary_size, width=d.head_width * depth, n_layers=depth, n_heads=depth,
        max_length=d.max_length,
    )  # fmt: skip
    tokens = d.tokens_per_parameter * block_matrices(config)
    return Sized(config, least_count(tokens / d.batch_tokens), d.rate * d.rate_depth / depth)
