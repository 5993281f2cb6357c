"""The peak of a training step, as ``tracemalloc`` sees it, beside the formula's."""

import gc
import tracemalloc

import numpy as np

from minillm import kernels, stream
from minillm.models import Bert, BertConfig, Gpt, MaskedLanguageModel
from minillm.models.costs import training_peak
from minillm.nn.recomputing import recompute_blocks
from minillm.ops import IGNORE
from minillm.optim import AdamW
from minillm.training import fit


def new_model(config, recompute, dtype):
    """A model that nobody has trained, and its optimiser."""
    if isinstance(config, BertConfig):
        model = MaskedLanguageModel(Bert(config, rng=stream(0, "w")), rng=stream(0, "head"))
    else:
        model = Gpt(config, rng=stream(0, "w"))
    recompute_blocks(model.to_dtype(np.dtype(dtype).type), recompute)
    return model, AdamW(model.parameters(), lr=1e-4)


def random_batch(config, batch, length, hidden):
    ids = stream(0, "ids").integers(config.vocabulary_size, size=(2, batch, length))
    if not isinstance(config, BertConfig):
        return ids[0], ids[1]
    targets = np.full(batch * length, IGNORE)
    targets[:hidden] = ids[1].reshape(-1)[:hidden]
    return ids[0], np.ones((batch, length), dtype=bool), targets.reshape(batch, length)


def measured_peak(
    config, batch, length, *, hidden=None, recompute=0, accumulate=1, level="numpy", dtype="float32"
):
    """Bytes in use at the fullest moment of a second step, weights and moments among them."""
    one = random_batch(config, batch, length, hidden)

    def train(model, optimizer, steps):
        settings = {"max_norm": 1.0, "accumulate": accumulate, "count": lambda _: 1.0}
        for _ in fit(lambda b: model.loss(*b), [one] * (steps * accumulate), optimizer, **settings):
            pass

    with kernels(level):
        train(*new_model(config, recompute, dtype), 1)  # what is made once is made
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        model, optimizer = new_model(config, recompute, dtype)
        tracemalloc.reset_peak()
        train(model, optimizer, 2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak - before


def least_peak(total, *arguments, **settings):
    """A measurement, or the least of two where the first is far from ``total``.

    What else the process does meanwhile can only add to it.
    """
    measured = measured_peak(*arguments, **settings)
    far = abs(measured - total) > 0.04 * total
    return min(measured, measured_peak(*arguments, **settings)) if far else measured


def peak_by_formula(config, batch, length, *, hidden=None, level="numpy", **settings):
    return training_peak(config, batch, length, hidden_positions=hidden, kernels=level, **settings)
