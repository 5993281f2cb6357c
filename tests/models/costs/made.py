"""Small models of many shapes, one training step of each, and what that costs."""

from dataclasses import dataclass

import numpy as np

from minillm.autograd.held import held_bytes
from minillm.backend import stream
from minillm.backend.kernel_switch import kernels
from minillm.models import Bert, BertConfig, Gpt, GptConfig, MaskedLanguageModel, gpt2_style
from minillm.models import llama_style as llama
from minillm.ops import IGNORE
from minillm.ops.flops import FlopCount, count_flops

GPTS = {
    "gpt2": gpt2_style(23, width=12, n_layers=2, n_heads=3, max_length=9),
    "llama": llama(19, width=16, n_layers=1, n_heads=2, max_length=8),
    "shared keys": llama(19, width=16, n_layers=2, n_heads=4, n_key_heads=2, max_length=8),
    "one key": llama(19, width=16, n_layers=2, n_heads=4, n_key_heads=1, max_length=8),
    "dropout": gpt2_style(23, width=8, n_layers=3, n_heads=2, max_length=9, dropout=0.2),
    "mixed": GptConfig(
        11, width=8, n_layers=1, n_heads=2, hidden=5, max_length=7, norm="rms", tied=False
    ),
}
BERTS = {
    "bert": BertConfig(29, width=12, n_layers=2, n_heads=3, hidden=20, max_length=8),
    "still": BertConfig(29, width=8, n_layers=1, n_heads=2, hidden=9, max_length=8, dropout=0.0),
}


@dataclass
class Measured:
    """What a training step was seen to cost."""

    flops: FlopCount
    held: int
    parameters: int


def step_of(model, loss_of, level="off"):
    """Count a training step."""
    with kernels(level), count_flops() as flops:
        loss = loss_of()
        held = sum(held_bytes(loss, apart_from=[p.data for p in model.parameters()]).values())
        loss.backward()
    return Measured(flops, held, model.parameter_count())


def gpt_step(config, batch, length, level="off"):
    model = Gpt(config, rng=stream(0, "weights"))
    ids = stream(1, "ids").integers(config.vocabulary_size, size=(2, batch, length))
    return step_of(model, lambda: model.loss(ids[0].copy(), ids[1].copy()), level)


def bert_step(config, batch, length, hidden, level="off"):
    """A step of masked language modelling, ``hidden`` positions of the batch being asked for."""
    model = MaskedLanguageModel(Bert(config, rng=stream(0, "w")), rng=stream(0, "head"))
    ids = stream(1, "ids").integers(config.vocabulary_size, size=(batch, length))
    targets = np.full(ids.size, IGNORE)
    targets[:hidden] = ids.reshape(-1)[:hidden]
    mask = np.ones(ids.shape, dtype=bool)
    return step_of(model, lambda: model.loss(ids, mask, targets.reshape(ids.shape)), level)
