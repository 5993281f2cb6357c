"""The well-known approximation of training's operations: six for each weight and token."""

from __future__ import annotations

from minillm.models.bert import BertConfig
from minillm.models.costs.shapes import block_shape, check_counts
from minillm.models.gpt_config import GptConfig


def block_matrices(config: GptConfig | BertConfig) -> int:
    """N, the numbers in the matrices of all blocks, without tables, head, norms and biases::

        N = L (2 D D + 2 D K G + m D F)        = 12 L D D  for a GPT-2 with F = 4 D

    Raises:
        ValueError, TypeError: as ``gpt_flops``.
    Source: Kaplan et al. 2020, arXiv:2001.08361, section 2.1, table 1.
    """
    return block_shape(config).parameters


def six_n_d(config: GptConfig | BertConfig, tokens: int) -> int:
    """The operations of training on D tokens, approximately::

        C = 6 N D        2 N D forward, 4 N D backward

    Each weight is multiplied and added once for every token, and twice more in the backward pass.
    Left out are attention's own products, 12 L S D_model for each token, and the head,
    6 D_model V: little in a large model with a short context, and much in a small one.

    Raises:
        ValueError, TypeError: as ``gpt_flops``.
    Source: Kaplan et al. 2020, arXiv:2001.08361, section 2.1.
    Guide: 8.2.1 (G53).
    """
    check_counts("six_n_d", tokens=tokens)
    return 6 * block_matrices(config) * tokens
