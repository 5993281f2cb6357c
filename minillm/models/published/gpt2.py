"""GPT-2 as it is published: its settings and the names of its parameters.

Its linear layers lie as (in, out), and queries, keys and values in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig, gpt2_style
from minillm.models.published.kinds import Head, Kind
from minillm.models.published.places import Place
from minillm.models.published.settings import fits, one_dropout, refuse, translated

SIZES = {  # ours: theirs, and theirs where it is not given
    "vocabulary_size": ("vocab_size", 50_257),
    "width": ("n_embd", 768),
    "n_layers": ("n_layer", 12),
    "n_heads": ("n_head", 12),
    "max_length": ("n_positions", 1024),
    "eps": ("layer_norm_epsilon", 1e-5),
}
FIXED = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "reorder_and_upcast_attn": (False, True),  # the order of roundings
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
SUMMARY = (  # of a head that nothing here has
    *("summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels"),
    "summary_first_dropout",
)

BODY: dict[str, Place | str] = {
    "tokens": "wte",
    "positions": "wpe",
    "blocks.#.attention_norm": "h.#.ln_1",
    "blocks.#.attention.query": Place("h.#.attn.c_attn", transposed=True, part=0, parts=3),
    "blocks.#.attention.key": Place("h.#.attn.c_attn", transposed=True, part=1, parts=3),
    "blocks.#.attention.value": Place("h.#.attn.c_attn", transposed=True, part=2, parts=3),
    "blocks.#.attention.output": Place("h.#.attn.c_proj", transposed=True),
    "blocks.#.feed_forward_norm": "h.#.ln_2",
    "blocks.#.feed_forward.inner": Place("h.#.mlp.c_fc", transposed=True),
    "blocks.#.feed_forward.outer": Place("h.#.mlp.c_proj", transposed=True),
    "norm": "ln_f",
}
LEFTOVERS = (r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)",)  # the causal mask, as a buffer
TIED = (("lm_head.weight", "transformer.wte.weight"),)


def read_gpt2(config: Mapping[str, Any]) -> GptConfig:
    """Our configuration.

    Raises:
        CheckpointError: lists what is not supported.
    """
    found = translated(config, SIZES, FIXED, (*DROPOUTS, *SUMMARY, "n_inner"))
    inner = config.get("n_inner")
    if inner is not None and not fits(inner, 1):
        refuse([f"n_inner = {inner!r}: a whole number is needed, or null"], "gpt2")
    found |= {"dropout": one_dropout(config, DROPOUTS, 0.1)}
    found |= {} if inner is None else {"hidden": inner}
    return gpt2_style(found.pop("vocabulary_size"), **found)


def write_gpt2(config: GptConfig) -> dict[str, Any]:
    """The published settings of ours."""
    sizes = {theirs: getattr(config, ours) for ours, (theirs, _) in SIZES.items()}
    rates = dict.fromkeys(DROPOUTS, config.dropout)
    ids = {"bos_token_id": None, "eos_token_id": None}
    return {"model_type": "gpt2", **sizes, "n_inner": config.hidden, **rates, **ids}


HEADS = {
    "language": Head(
        "GPT2LMHeadModel", lambda c, n, rng: Gpt(c, rng=rng), "", {}, aliases=("GPT2Model",)
    )
}
GPT2 = Kind("gpt2", read_gpt2, write_gpt2, "transformer.", BODY, HEADS, LEFTOVERS, TIED)
