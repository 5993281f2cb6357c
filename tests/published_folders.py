"""Tiny published models, written by their format alone: names and shapes of ``transformers``."""

import json
from math import erf

import numpy as np
from safetensors.numpy import save_file

from minillm.text.byte_alphabet import ALPHABET

PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("the", "film", "was", "good", "bad", "dull", "not", "anna", "lives", "in", "rome", "."),
    *("play", "##ed", "##ing", "##s", "a", "b", "一", "北", "京"),
]
MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "t"), ("c", "at"), ("Ġ", "cat"), ("s", "at")]
END = "<|endoftext|>"
WIDTH, HEADS, LAYERS, HIDDEN, POSITIONS = 8, 2, 2, 12, 16
BERT_HEADS = {
    "BertModel": {},
    "BertForMaskedLM": {
        "cls.predictions.bias": (len(PIECES),),
        "cls.predictions.transform.dense.weight": (WIDTH, WIDTH),
        "cls.predictions.transform.dense.bias": (WIDTH,),
        "cls.predictions.transform.LayerNorm.weight": (WIDTH,),
        "cls.predictions.transform.LayerNorm.bias": (WIDTH,),
    },
    "BertForSequenceClassification": {
        "bert.pooler.dense.weight": (WIDTH, WIDTH),
        "bert.pooler.dense.bias": (WIDTH,),
    },
    "BertForTokenClassification": {},
    "BertForQuestionAnswering": {"qa_outputs.weight": (2, WIDTH), "qa_outputs.bias": (2,)},
}


def write_bert(folder, architecture, labels=None, *, seed=0, tokens=PIECES, more=None, **settings):
    """A BERT with this head; ``labels`` are the names of its classes.  Gives its arrays."""
    prefix = "" if architecture == "BertModel" else "bert."
    shapes = {prefix + name: shape for name, shape in bert_shapes(len(PIECES)).items()}
    shapes |= BERT_HEADS[architecture] | (more or {})
    config = {
        "model_type": "bert",
        "architectures": [architecture],
        "vocab_size": len(PIECES),
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": HIDDEN,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0,
    }
    if labels is not None:
        shapes |= {"classifier.weight": (len(labels), WIDTH), "classifier.bias": (len(labels),)}
        config["id2label"] = {str(i): name for i, name in enumerate(labels)}
    arrays = write(folder, config | settings, shapes, seed)
    if tokens is not None:
        (folder / "vocab.txt").write_text("".join(f"{t}\n" for t in tokens), encoding="utf-8")
        write_json(folder / "tokenizer_config.json", {"do_lower_case": True})
    return arrays


def bert_shapes(size):
    """Name and shape of every parameter of a BERT without a head."""
    shapes = {
        "embeddings.word_embeddings.weight": (size, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        here = f"encoder.layer.{layer}."
        for name, (rows, columns) in {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (HIDDEN, WIDTH),
            "output.dense": (WIDTH, HIDDEN),
        }.items():
            shapes[f"{here}{name}.weight"] = rows, columns
            shapes[f"{here}{name}.bias"] = (rows,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{here}{name}.weight"] = shapes[f"{here}{name}.bias"] = (WIDTH,)
    return shapes


def write_gpt2(folder, *, seed=0, tokens=True, more=None, size=None, **settings):
    """A GPT-2, whose linear layers lie as (in, out), with its byte-level tokens."""
    vocabulary = [*ALPHABET, *map("".join, MERGES), END]
    size = len(vocabulary) if size is None else size
    shapes = {"wte.weight": (size, WIDTH), "wpe.weight": (POSITIONS, WIDTH)}
    for layer in range(LAYERS):
        for name, (inputs, outputs) in {
            "attn.c_attn": (WIDTH, 3 * WIDTH),
            "attn.c_proj": (WIDTH, WIDTH),
            "mlp.c_fc": (WIDTH, 4 * WIDTH),
            "mlp.c_proj": (4 * WIDTH, WIDTH),
        }.items():
            shapes[f"h.{layer}.{name}.weight"] = inputs, outputs
            shapes[f"h.{layer}.{name}.bias"] = (outputs,)
        for name in ("ln_1", "ln_2"):
            shapes[f"h.{layer}.{name}.weight"] = shapes[f"h.{layer}.{name}.bias"] = (WIDTH,)
    shapes |= {"ln_f.weight": (WIDTH,), "ln_f.bias": (WIDTH,)}
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": size,
        "n_embd": WIDTH,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "n_positions": POSITIONS,
        "bos_token_id": len(vocabulary) - 1,
        "eos_token_id": len(vocabulary) - 1,
    }
    named = {f"transformer.{name}": shape for name, shape in shapes.items()} | (more or {})
    arrays = write(folder, config | settings, named, seed)
    if tokens:
        write_byte_pairs(folder, vocabulary)
    return arrays


def write_llama(folder, *, seed=0, tokens=True, **settings):
    """A Llama, two heads of queries on one of keys, with byte-level tokens."""
    vocabulary = [*ALPHABET, *map("".join, MERGES), END]
    shapes = {"model.embed_tokens.weight": (len(vocabulary), WIDTH), "model.norm.weight": (WIDTH,)}
    for layer in range(LAYERS):
        here = f"model.layers.{layer}."
        for name, shape in {
            "self_attn.q_proj": (WIDTH, WIDTH),
            "self_attn.k_proj": (WIDTH // HEADS, WIDTH),
            "self_attn.v_proj": (WIDTH // HEADS, WIDTH),
            "self_attn.o_proj": (WIDTH, WIDTH),
            "mlp.gate_proj": (HIDDEN, WIDTH),
            "mlp.up_proj": (HIDDEN, WIDTH),
            "mlp.down_proj": (WIDTH, HIDDEN),
            "input_layernorm": (WIDTH,),
            "post_attention_layernorm": (WIDTH,),
        }.items():
            shapes[f"{here}{name}.weight"] = shape
    shapes["lm_head.weight"] = len(vocabulary), WIDTH
    config = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "vocab_size": len(vocabulary),
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": 1,
        "intermediate_size": HIDDEN,
        "max_position_embeddings": POSITIONS,
        "bos_token_id": len(vocabulary) - 1,
        "eos_token_id": len(vocabulary) - 1,
    }
    arrays = write(folder, config | settings, shapes, seed)
    if tokens:
        write_byte_pairs(folder, vocabulary)
    return arrays


def write_byte_pairs(folder, vocabulary):
    """``vocab.json``, ``merges.txt`` and which token is special."""
    write_json(folder / "vocab.json", {token: i for i, token in enumerate(vocabulary)})
    lines = ["#version: 0.2", *map(" ".join, MERGES)]
    (folder / "merges.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    write_json(folder / "tokenizer_config.json", {"bos_token": END, "eos_token": END})


def write(folder, config, shapes, seed):
    """Configuration and random weights; gives the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in shapes.items():
        drawn = 0.4 * rng.standard_normal(shape)
        norm = name.endswith(("LayerNorm.weight", "norm.weight", "ln_1.weight", "ln_2.weight"))
        arrays[name] = (drawn + norm).astype(np.float32)
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config)
    return arrays


def write_json(path, content):
    """A JSON file."""
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def bert_by_hand(arrays, ids):
    """The last layer's vectors of one text, (T, D), from published arrays in float64."""
    w = {name.removeprefix("bert."): a.astype(np.float64) for name, a in arrays.items()}

    def linear(name, x):
        return affine(w, name, x)

    def norm(name, x):
        return affine_norm(w, name, x)

    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = x + w["embeddings.token_type_embeddings.weight"][[0] * len(ids)]
    x = norm("embeddings.LayerNorm", x)
    for layer in range(LAYERS):
        here = f"encoder.layer.{layer}"
        q, k, v = (
            linear(f"{here}.attention.self.{name}", x).reshape(len(ids), HEADS, -1).swapaxes(0, 1)
            for name in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(1, 2) / np.sqrt(WIDTH // HEADS)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = (weights @ v).swapaxes(0, 1).reshape(len(ids), WIDTH)
        mixed = linear(f"{here}.attention.output.dense", mixed)
        x = norm(f"{here}.attention.output.LayerNorm", x + mixed)
        h = gelu(linear(f"{here}.intermediate.dense", x))
        x = norm(f"{here}.output.LayerNorm", x + linear(f"{here}.output.dense", h))
    return x


def affine(w, name, x):
    """x Wᵀ + b"""
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def affine_norm(w, name, x):
    """Layer normalisation with gain and bias."""
    z = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return z * w[f"{name}.weight"] + w[f"{name}.bias"]


def gelu(x):
    """x Φ(x)"""
    return x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))
