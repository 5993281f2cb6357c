"""Floor 3: modules, layers and encoder blocks."""

from minillm.nn.attention import MultiHeadAttention
from minillm.nn.dropout import Dropout
from minillm.nn.embedding import Embedding
from minillm.nn.encoder_blocks import EncoderBlock, PreNormEncoderBlock
from minillm.nn.feed_forward import FeedForward
from minillm.nn.initialization import normal, xavier_uniform
from minillm.nn.layer_normalization import LayerNorm
from minillm.nn.linear import Linear
from minillm.nn.module import Module
from minillm.nn.positions import LearnedPositions, SinusoidalPositions, sinusoids
from minillm.nn.summary import summary

__all__ = [
    "Dropout",
    "Embedding",
    "EncoderBlock",
    "FeedForward",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "Module",
    "MultiHeadAttention",
    "PreNormEncoderBlock",
    "SinusoidalPositions",
    "normal",
    "sinusoids",
    "summary",
    "xavier_uniform",
]
