"""Modules, layers, encoder and decoder blocks."""

from minillm.backend.kernel_switch import Kernels, offer
from minillm.nn.adapter import Adapter
from minillm.nn.alibi import AlibiBias, alibi_bias, alibi_slopes
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.blocks import PostNormBlock, PreNormBlock
from minillm.nn.cache import KeyValueCache
from minillm.nn.decoder_blocks import DecoderBlock, PreNormDecoderBlock
from minillm.nn.dropout import Dropout
from minillm.nn.embedding import Embedding
from minillm.nn.encoder_blocks import EncoderBlock, PreNormEncoderBlock
from minillm.nn.expert_shards import ExpertShards
from minillm.nn.experts import Experts, balance_of
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
from minillm.nn.lora import LoRA
from minillm.nn.masks import causal_mask
from minillm.nn.module import Module
from minillm.nn.neighbours import Neighbours
from minillm.nn.positions import LearnedPositions, SinusoidalPositions, sinusoids
from minillm.nn.relative_bias import RelativeBias
from minillm.nn.replacing import add_adapters, add_lora, load_with_adapters, merge_lora
from minillm.nn.rms_normalization import RMSNorm
from minillm.nn.rotary import RotaryPositions
from minillm.nn.routing import Routing, noted_routings, route
from minillm.nn.saving import state_for_file
from minillm.nn.table import summary
from minillm.ops.kernels_cupy import required_cupy

__all__ = [
    "Adapter",
    "AlibiBias",
    "DecoderBlock",
    "Dropout",
    "Embedding",
    "EncoderBlock",
    "ExpertShards",
    "Experts",
    "FeedForward",
    "KeyValueCache",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "LoRA",
    "Module",
    "MultiHeadAttention",
    "Neighbours",
    "PostNormBlock",
    "PreNormBlock",
    "PreNormDecoderBlock",
    "PreNormEncoderBlock",
    "RMSNorm",
    "RelativeBias",
    "RotaryPositions",
    "Routing",
    "SinusoidalPositions",
    "SwiGLU",
    "add_adapters",
    "add_lora",
    "alibi_bias",
    "alibi_slopes",
    "balance_of",
    "causal_mask",
    "kaiming_normal",
    "kaiming_uniform",
    "load_with_adapters",
    "merge_lora",
    "normal",
    "noted_routings",
    "route",
    "sinusoids",
    "state_for_file",
    "summary",
    "xavier_normal",
    "xavier_uniform",
]


def device_kernels() -> Kernels:
    """Dropout's for arrays of CuPy, which is not imported before.

    Raises:
        ImportError: it is not there.
    """
    from minillm.ops.kernels_cupy.dropouts import factors_on_device

    return [(Dropout.kernels, required_cupy(), factors_on_device)]


offer("device", device_kernels)
