"""What ``transformers`` computes with tiny random models: ``published.npz`` is made of this.

Made with transformers 5.24.0 and torch 2.13.0 on a CPU.
"""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf
from safetensors.numpy import load_file

VOCABULARY, WIDTH, LAYERS, LONGEST = 13, 8, 2, 16
MODELS = {  # name -> its class, and what its configuration says besides
    "BertModel": (hf.BertModel, {}),
    "BertForMaskedLM": (hf.BertForMaskedLM, {}),
    "BertForPreTraining": (hf.BertForPreTraining, {}),
    "BertForSequenceClassification": (hf.BertForSequenceClassification, {"num_labels": 3}),
    "BertForTokenClassification": (hf.BertForTokenClassification, {"num_labels": 4}),
    "BertForQuestionAnswering": (hf.BertForQuestionAnswering, {"num_labels": 2}),
    "GPT2LMHeadModel": (hf.GPT2LMHeadModel, {}),
    "GPT2LMHeadModel, inner width": (hf.GPT2LMHeadModel, {"n_inner": 12}),
    "LlamaForCausalLM": (hf.LlamaForCausalLM, {}),
    "LlamaForCausalLM, shared keys": (hf.LlamaForCausalLM, {"num_key_value_heads": 1}),
    "LlamaForCausalLM, tied, biased": (
        hf.LlamaForCausalLM,
        {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    ),
    "LlamaForCausalLM, other base": (hf.LlamaForCausalLM, {"rope_theta": 500.0}),
}
IDS = np.array([[3, 7, 1, 12, 5, 5], [9, 2, 11, 4, 0, 0], [6, 10, 8, 0, 0, 0]])
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]], dtype=bool)
SEGMENTS = np.array([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [0, 1, 1, 0, 0, 0]])
PROMPT = np.array([[3, 7, 1]])
LABELS = {
    "BertForMaskedLM": np.where(MASK & (IDS % 2 == 1), IDS, -100),
    "BertForSequenceClassification": np.array([2, 0, 1]),
    "BertForTokenClassification": np.where(MASK, IDS % 4, -100),
    "BertForQuestionAnswering": np.array([[1, 3], [0, 2], [2, 2]]),
}


def configuration(kind: type[Any], given: dict[str, Any]) -> Any:
    """A tiny configuration of the class."""
    if kind.config_class is hf.GPT2Config:
        sizes = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 2, "n_positions": LONGEST}
        given = {"bos_token_id": None, "eos_token_id": None, **given}
    else:
        sizes = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": 2}
        sizes |= {"intermediate_size": 12, "max_position_embeddings": LONGEST}
    if kind.config_class is hf.LlamaConfig:
        given = {"bos_token_id": None, "eos_token_id": None, **given}
    return kind.config_class(vocab_size=VOCABULARY, **sizes, **given)


def content() -> list[dict[str, Any]]:
    """Of every model: its files, and what comes out in float64."""
    torch.manual_seed(0)
    found = []
    for name, (kind, given) in MODELS.items():
        model = kind(configuration(kind, given)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0.0, 0.4)
        config, state = saved(model)
        results = computed(copy.deepcopy(model).to(torch.float64), name)
        found.append({"name": name, "config": config, "state": state, **results})
        if "Causal" in name or "LMHead" in name:
            found[-1] |= written(model)
    return found


def saved(model: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What ``config.json`` and ``model.safetensors`` hold once it has been saved."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        return config, load_file(Path(folder) / "model.safetensors")


def computed(model: Any, name: str) -> dict[str, Any]:
    """Scores, loss and the loss's gradient of every parameter."""
    inputs = {"input_ids": torch.tensor(IDS), "attention_mask": torch.tensor(MASK.astype(int))}
    kind = name.partition(",")[0]
    if kind.startswith("Bert"):
        inputs["token_type_ids"] = torch.tensor(SEGMENTS)
    if kind == "BertForQuestionAnswering":
        starts, ends = torch.tensor(LABELS[kind]).T
        inputs |= {"start_positions": starts, "end_positions": ends}
    elif kind in LABELS:
        inputs["labels"] = torch.tensor(LABELS[kind])
    out = model(**inputs)
    scores = scores_of(out)
    loss = getattr(out, "loss", None)
    if not kind.startswith("Bert"):  # theirs is computed in float32
        targets = torch.tensor(np.where(MASK, IDS, -100))[:, 1:]
        loss = torch.nn.functional.cross_entropy(scores[:, :-1].flatten(0, 1), targets.flatten())
    elif loss is None:
        loss = (scores * weights_like(scores)).sum()
    loss.backward()
    gradients = {n: p.grad.numpy() for n, p in model.named_parameters() if p.grad is not None}
    return {
        "scores": scores.detach().numpy(),
        "loss": np.array(loss.item()),
        "gradients": gradients,
    }


def scores_of(out: Any) -> torch.Tensor:
    """What the head gives, whatever it is called."""
    if getattr(out, "start_logits", None) is not None:
        return torch.stack([out.start_logits, out.end_logits], dim=-1)
    for name in ("logits", "prediction_logits", "last_hidden_state"):
        if getattr(out, name, None) is not None:
            return getattr(out, name)
    raise ValueError(f"no scores among {list(out)}")


def weights_like(scores: torch.Tensor) -> torch.Tensor:
    """Numbers that make a loss of vectors: 0 at padding."""
    steps = torch.arange(scores.numel(), dtype=scores.dtype).reshape(scores.shape)
    return torch.cos(steps) * torch.tensor(MASK, dtype=scores.dtype)[..., None]


def written(model: Any) -> dict[str, Any]:
    """What the model writes behind a prompt: greedily, and with three beams."""
    prompt = torch.tensor(PROMPT)
    options = {"max_new_tokens": 10, "do_sample": False, "pad_token_id": 0}
    greedy = model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)
    beams = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        num_beams=3,
        length_penalty=0.0,
        **options,
    )
    return {"greedy": greedy.numpy()[0], "beams": beams.numpy()[0]}
