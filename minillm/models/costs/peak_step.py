"""A training step in sizes: a model, a batch, and how both are computed."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.bert import BertConfig
from minillm.models.costs.memory import SMALL
from minillm.models.costs.shapes import BlockShape, block_shape
from minillm.models.gpt_config import GptConfig


@dataclass(frozen=True)
class Step:
    """A model, a batch, and how both are computed."""

    config: GptConfig | BertConfig
    batch: int
    length: int
    hidden: int  # positions that a BERT is asked for
    weighed: bool  # the loss is multiplied by its share of several batches
    kernels: str
    item: int  # bytes of a number

    @property
    def shape(self) -> BlockShape:
        """The sizes of the blocks."""
        return block_shape(self.config)

    @property
    def tokens(self) -> int:
        """n."""
        return self.batch * self.length

    @property
    def stream(self) -> int:
        """n D, the numbers that pass from block to block."""
        return self.tokens * self.config.width

    @property
    def scores(self) -> int:
        """S."""
        return self.batch * self.config.n_heads * self.length**2

    @property
    def drops(self) -> bool:
        """Whether there is dropout."""
        return self.config.dropout > 0.0

    @property
    def post(self) -> bool:
        """Whether a block normalises its sums, as a BERT's does, and not what enters."""
        return isinstance(self.config, BertConfig)

    @property
    def activation(self) -> str:
        """Which kernels there are for GELU, "off" where its rule is taken: always in float64."""
        return self.kernels if self.item == 4 else "off"

    def fused(self, numbers: int) -> bool:
        """Whether a kernel of attention or of the loss takes an array of so many numbers."""
        return self.kernels != "off" and numbers >= SMALL

    def norm_size(self) -> int:
        """The parameters of a normalization."""
        rms = isinstance(self.config, GptConfig) and self.config.norm == "rms"
        return self.config.width * (1 if rms else 2)

    def biased(self) -> bool:
        """Whether linear layers have a bias."""
        return self.config.bias if isinstance(self.config, GptConfig) else True

    def parameter_sizes(self) -> list[int]:
        """The numbers in each parameter."""
        c, b, d = self.config, self.shape, self.config.width
        vectors = [d] * (self.norm_size() // d)
        block = [d * d, d * b.keys, d * b.keys, d * d, *vectors, *vectors]
        block += [d * b.inner] * b.matrices
        block += [d, b.keys, b.keys, d, d, *[b.inner] * (b.matrices - 1)] if self.biased() else []
        sizes = [c.vocabulary_size * d, *block * c.n_layers, *vectors]
        if isinstance(c, BertConfig):
            head = [d * d, d, *vectors, c.vocabulary_size]
            return [*sizes, c.max_length * d, c.n_segments * d, *head]
        sizes += [c.max_length * d] if c.positions == "learned" else []
        return sizes + ([] if c.tied else [c.vocabulary_size * d])
