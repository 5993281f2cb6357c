"""Llama as it is published: its settings and the names of its parameters.

Its rotary positions turn features that are half a head apart; here they are neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.models.published.kinds import Head, Kind
from minillm.models.published.places import Place
from minillm.models.published.settings import fits, refuse, translated

SIZES = {  # ours: theirs, and theirs where it is not given
    "vocabulary_size": ("vocab_size", 32_000),
    "width": ("hidden_size", 4096),
    "n_layers": ("num_hidden_layers", 32),
    "n_heads": ("num_attention_heads", 32),
    "hidden": ("intermediate_size", 11_008),
    "max_length": ("max_position_embeddings", 2048),
    "eps": ("rms_norm_eps", 1e-6),
}
FIXED = {
    "hidden_act": ("silu", "swish"),
    "attention_dropout": (0.0, None),
    "tie_word_embeddings": (False, True),
    "attention_bias": (False, True),
    "mlp_bias": (False, True),
}
PASSED_OVER = (
    *("num_key_value_heads", "head_dim", "rope_theta", "rope_scaling", "rope_parameters"),
    "pretraining_tp",  # how a product was cut in training
)

BODY: dict[str, Place | str] = {
    "tokens": "embed_tokens",
    "blocks.#.attention_norm": "layers.#.input_layernorm",
    "blocks.#.attention.query": Place("layers.#.self_attn.q_proj", halves=True),
    "blocks.#.attention.key": Place("layers.#.self_attn.k_proj", halves=True),
    "blocks.#.attention.value": "layers.#.self_attn.v_proj",
    "blocks.#.attention.output": "layers.#.self_attn.o_proj",
    "blocks.#.feed_forward_norm": "layers.#.post_attention_layernorm",
    "blocks.#.feed_forward.gate": "layers.#.mlp.gate_proj",
    "blocks.#.feed_forward.inner": "layers.#.mlp.up_proj",
    "blocks.#.feed_forward.outer": "layers.#.mlp.down_proj",
    "norm": "norm",
}
LEFTOVERS = (r"(model\.)?layers\.\d+\.self_attn\.rotary_emb\.inv_freq",)
TIED = (("lm_head.weight", "model.embed_tokens.weight"),)


def read_llama(config: Mapping[str, Any]) -> GptConfig:
    """Our configuration.

    Raises:
        CheckpointError: lists what is not supported.
    """
    found = translated(config, SIZES, FIXED, PASSED_OVER)
    shared = config.get("num_key_value_heads")
    per_head, left = divmod(found["width"], found["n_heads"])
    bias = config.get("attention_bias", False)
    problems = []
    if left or config.get("head_dim") not in (None, per_head):
        problems.append(f"head_dim = {json.dumps(config.get('head_dim'))}; supported: {per_head}")
    if shared is not None and not fits(shared, 1):
        problems.append(f"num_key_value_heads = {json.dumps(shared)}: a whole number is needed")
    if bias != config.get("mlp_bias", False):
        problems.append("attention_bias and mlp_bias differ; supported: both or neither")
    base, scaling = rotary_of(config)
    if scaling is not None:
        problems.append(f"rope type = {json.dumps(scaling)}; supported: the plain one")
    if not fits(base, 1.0) or base <= 1:
        problems.append(f"rope_theta = {json.dumps(base)}: a number above 1 is needed")
    refuse(problems, "llama")
    parts: dict[str, Any] = {"positions": "rotary", "norm": "rms", "feed_forward": "swiglu"}
    tied = config.get("tie_word_embeddings", False)
    return GptConfig(
        **found, **parts, n_key_heads=shared, rotary_base=float(base), tied=tied, bias=bias
    )


def rotary_of(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """The base of the angles, and how they are stretched where they are: newer files, older ones.

    Raises:
        CheckpointError: the settings of the angles are not an object.
    """
    given = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(given, Mapping):
        refuse([f"rope_parameters = {json.dumps(given)}: an object is needed"], "llama")
    base = given.get("rope_theta", config.get("rope_theta", 10_000.0))
    scaling = given.get("rope_type", given.get("type", "default"))
    return base, None if scaling == "default" else scaling


def write_llama(config: GptConfig) -> dict[str, Any]:
    """The published settings of ours."""
    sizes = {theirs: getattr(config, ours) for ours, (theirs, _) in SIZES.items()}
    return {
        "model_type": "llama",
        **sizes,
        "intermediate_size": config.inner_width,
        "num_key_value_heads": config.n_key_heads or config.n_heads,
        "hidden_act": "silu",
        "attention_bias": config.bias,
        "mlp_bias": config.bias,
        "tie_word_embeddings": config.tied,
        "rope_theta": config.rotary_base,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rotary_base},
        "bos_token_id": None,
        "eos_token_id": None,
    }


HEADS = {
    "language": Head(
        "LlamaForCausalLM",
        lambda c, n, rng: Gpt(c, rng=rng),
        "",
        {"head": "lm_head"},
        aliases=("LlamaModel",),
    )
}
LLAMA = Kind("llama", read_llama, write_llama, "model.", BODY, HEADS, LEFTOVERS, TIED)
