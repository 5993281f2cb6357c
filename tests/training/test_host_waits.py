"""A training step waits for the device once, for the number that says whether it may go on.

Under the strict double, which counts every look at a value; with the rules and with the kernels
for devices, which run here on the host.
"""

import numpy as np
import pytest

from minillm.models import (
    Bert,
    BertConfig,
    Gpt,
    MaskedLanguageModel,
    SequenceClassifier,
    gpt2_style,
    llama_style,
)
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.training import fit
from tests.cuda_on_host.raw_module import LAUNCHES
from tests.models.small_bert import on_strict_double
from tests.ops.kernels_cupy.in_force import put_in_force
from tests.strict import SYNCS

STEPS = 3
SIZES = {"width": 12, "n_layers": 2, "n_heads": 3, "hidden": 10, "max_length": 11, "dropout": 0.2}
BERT = BertConfig(vocabulary_size=13, **SIZES)
IDS = np.array([[2, 7, 5, 12, 3], [2, 7, 3, 0, 0]])
MASK = IDS > 0
TARGETS = np.array([[7, 5, 12, 3, -100], [7, 3, -100, -100, -100]])
HIDDEN = np.array([[-100, 9, -100, 12, -100], [-100, 4, -100, -100, -100]])


def gpt(style, **more):
    return lambda rng: Gpt(style(13, **SIZES, **more), rng=rng)


MODELS = {
    "gpt2": (gpt(gpt2_style), lambda m: m.loss(IDS, TARGETS)),
    "gpt2, padded": (gpt(gpt2_style), lambda m: m.loss(IDS, TARGETS, MASK)),
    "llama": (gpt(llama_style, n_key_heads=1), lambda m: m.loss(IDS, TARGETS)),
    "bert, masked words": (
        lambda rng: MaskedLanguageModel(Bert(BERT, rng=rng), rng=rng),
        lambda m: m.loss(IDS, MASK, HIDDEN),
    ),
    "bert, classes": (
        lambda rng: SequenceClassifier(Bert(BERT, rng=rng), 3, rng=rng),
        lambda m: m.loss(IDS, MASK, np.array([1, 0])),
    ),
}
SETTINGS = {"clip": {"max_norm": 1.0}, "sum": {"accumulate": 2, "count": lambda _: 5}}
IN_DEFAULT = {("gpt2, padded", "clip"), ("bert, masked words", "clip")}
CASES = [
    pytest.param(
        *(name, kernels, settings),
        id=f"{name}-{kernels}-{settings}",
        # with kernels a step takes a tenth of a second here: the rest of them together 9 s
        marks=[pytest.mark.slow] * (kernels == "device" and (name, settings) not in IN_DEFAULT),
    )
    for name in MODELS
    for kernels in ("off", "device")
    for settings in SETTINGS
]


def trained(name, move=lambda model: model, **settings):
    """Losses and weights after some steps, and what waited in each."""
    make, loss_of = MODELS[name]
    model = move(make(np.random.default_rng(0)).to_dtype(np.float64).train())
    optimizer = AdamW(decay_groups(model), lr=1e-2, weight_decay=0.1)
    schedule = linear_with_warmup(peak=1e-2, warmup=2, total=40)
    SYNCS.clear()
    losses, waits = [], []
    batches = [None] * (STEPS * settings.get("accumulate", 1))
    for step in fit(lambda _: loss_of(model), batches, optimizer, schedule=schedule, **settings):
        losses.append(float(step.loss))
        assert (
            float(step.gradient_norm) > 0
        )  # whoever keeps a journal reads both, and waits no more
        waits.append([*SYNCS])
        SYNCS.clear()
    weights = [p.data for p in model.parameters()]
    return losses, weights, waits


@pytest.mark.parametrize(("name", "kernels", "settings"), CASES)
def test_a_step_waits_once_and_trains_as_on_the_host(name, kernels, settings, monkeypatch):
    if kernels == "device":
        put_in_force(monkeypatch)
    LAUNCHES.clear()
    losses, weights, waits = trained(name, on_strict_double, **SETTINGS[settings])
    assert waits == [["get"]] * STEPS  # whether loss and gradient are finite
    assert bool(LAUNCHES) == (kernels == "device")
    expected, expected_weights, _ = trained(name, **SETTINGS[settings])
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-7)
    for a, b in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(a._host, b, rtol=0, atol=1e-7)
