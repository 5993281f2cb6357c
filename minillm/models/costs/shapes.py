"""What the formulas need of a configuration, and counts that may not be negative."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from minillm.models.bert import BertConfig
from minillm.models.gpt_config import GptConfig


@dataclass(frozen=True)
class BlockShape:
    """The sizes of a stack of blocks.

    ``keys`` is the width of all heads of keys together, D unless heads share them; ``matrices``
    are those of the feed-forward network, 2 or with SwiGLU 3.
    """

    width: int
    n_layers: int
    n_heads: int
    keys: int
    inner: int
    matrices: int

    @property
    def parameters(self) -> int:
        """Numbers in the matrices of all blocks: L (2 D D + 2 D K G + m D F)."""
        d = self.width
        return self.n_layers * (2 * d * d + 2 * d * self.keys + self.matrices * d * self.inner)


def block_shape(config: GptConfig | BertConfig) -> BlockShape:
    """The sizes that a configuration gives its blocks.

    Raises:
        TypeError: it is neither a GPT's nor a BERT's.
        ValueError: a size below 1, or heads that do not divide the width, or each other.
    """
    if isinstance(config, GptConfig):
        shared = config.n_key_heads  # None where each has its own; 0 is refused below
        inner, sharing = config.inner_width, config.n_heads if shared is None else shared
        matrices = 3 if config.feed_forward == "swiglu" else 2
    elif isinstance(config, BertConfig):
        inner, sharing, matrices = config.hidden, config.n_heads, 2
    else:
        raise TypeError(f"costs: needs a GptConfig or a BertConfig, got {type(config).__name__}")
    width, heads = config.width, config.n_heads
    check_counts(
        "costs", least=1, vocabulary_size=config.vocabulary_size, width=width, inner=inner,
        n_layers=config.n_layers, n_heads=heads, n_key_heads=sharing, max_length=config.max_length,
    )  # fmt: skip
    if width % heads or heads % sharing:
        raise ValueError(
            f"costs: n_heads={heads} must divide width={width}, and n_key_heads={sharing} n_heads"
        )
    return BlockShape(width, config.n_layers, heads, width // heads * sharing, inner, matrices)


def check_counts(name: str, *, least: int = 0, **counts: int) -> None:
    """Refuse what is no count.

    Raises:
        ValueError: a number below ``least``.
        TypeError: something that is not an integer.
    """
    for what, given in counts.items():
        if not isinstance(given, Integral) or isinstance(given, bool):
            raise TypeError(f"{name}: {what} must be an integer, got {given!r}")
        if given < least:
            raise ValueError(f"{name}: {what} must be at least {least}, got {given}")


def check_length(config: GptConfig | BertConfig, length: int) -> None:
    """Refuse more positions than the model has.

    Raises:
        ValueError: see above.
    """
    if length > config.max_length:
        raise ValueError(f"costs: {length} positions are more than max_length={config.max_length}")


def check_hidden(name: str, hidden: int, positions: int) -> None:
    """Refuse more hidden positions than a batch has.

    Raises:
        ValueError: see above.
    """
    if hidden > positions:
        raise ValueError(f"{name}: {hidden} hidden positions of {positions} in the batch")


def require_config(name: str, config: GptConfig | BertConfig, kind: type) -> None:
    """Refuse the configuration of another model, whose head and loss are others.

    Raises:
        TypeError: see above.
    """
    if not isinstance(config, kind):
        raise TypeError(f"{name}: needs a {kind.__name__}, got a {type(config).__name__}")
