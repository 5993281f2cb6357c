"""Floor 3: modules, layers, encoder and decoder blocks."""

from minillm.nn.alibi import AlibiAttention, alibi_bias, alibi_slopes
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.decoder_blocks import DecoderBlock, PreNormDecoderBlock
from minillm.nn.dropout import Dropout
from minillm.nn.embedding import Embedding
from minillm.nn.encoder_blocks import EncoderBlock, PreNormEncoderBlock
from minillm.nn.feed_forward import FeedForward
from minillm.nn.gated_feed_forward import SwiGLU
from minillm.nn.initialization import (
    kaiming_normal,
    kaiming_uniform,
    normal,
    xavier_normal,
    xavier_uniform,
)
from minillm.nn.layer_normalization import LayerNorm
from minillm.nn.linear import Linear
from minillm.nn.masks import causal_mask
from minillm.nn.module import Module
from minillm.nn.positions import LearnedPositions, SinusoidalPositions, sinusoids
from minillm.nn.rms_normalization import RMSNorm
from minillm.nn.rotary import RotaryAttention, RotaryPositions
from minillm.nn.summary import summary

__all__ = [
    "AlibiAttention",
    "DecoderBlock",
    "Dropout",
    "Embedding",
    "EncoderBlock",
    "FeedForward",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "Module",
    "MultiHeadAttention",
    "PreNormDecoderBlock",
    "PreNormEncoderBlock",
    "RMSNorm",
    "RotaryAttention",
    "RotaryPositions",
    "SinusoidalPositions",
    "SwiGLU",
    "alibi_bias",
    "alibi_slopes",
    "causal_mask",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "sinusoids",
    "summary",
    "xavier_normal",
    "xavier_uniform",
]
