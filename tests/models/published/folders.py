"""Folders as ``transformers`` writes them, made here: small models with random weights."""

import json

import numpy as np

from minillm.backend import save_arrays
from minillm.models import Bert, BertConfig, Gpt, SequenceClassifier, gpt2_style, llama_style
from minillm.models.published import save_pretrained

SIZES = {"width": 8, "n_layers": 2, "n_heads": 2, "max_length": 12}
RNG = np.random.default_rng(0)
BERT = BertConfig(11, **SIZES, hidden=12, eps=1e-12)


def random_numbers(model):
    """The model with no parameter at 0 or 1, so that a lost or exchanged one is seen."""
    rng = np.random.default_rng(7)
    for parameter in model.parameters():
        parameter.data = rng.normal(0, 0.5, parameter.shape).astype(np.float32)
    return model.eval()


def small(kind):
    """A model of a kind."""
    if kind == "gpt2":
        return random_numbers(Gpt(gpt2_style(11, **SIZES), rng=RNG))
    if kind == "llama":
        sizes = {**SIZES, "n_heads": 4, "n_key_heads": 2, "hidden": 12}
        return random_numbers(Gpt(llama_style(11, **sizes), rng=RNG))
    bert = Bert(BERT, rng=RNG)
    return random_numbers(SequenceClassifier(bert, 3, rng=RNG) if kind == "sequence" else bert)


def written(kind, folder, **changed):
    """Such a model, and its folder; ``changed`` are other settings in ``config.json``."""
    model = small(kind)
    save_pretrained(model, folder)
    path = folder / "config.json"
    settings = {**json.loads(path.read_text(encoding="utf-8")), **changed}
    path.write_text(json.dumps(settings), encoding="utf-8")
    return model


def with_arrays(folder, change):
    """Exchange the arrays of a folder for what ``change`` makes of them."""
    from safetensors.numpy import load_file

    arrays = load_file(folder / "model.safetensors")
    save_arrays(folder / "model.safetensors", change(arrays), {"format": "pt"})
