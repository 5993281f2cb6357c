"""A small healthy training of every kind of model, with padding, dropout and masks as in large."""

import numpy as np

from minillm import ops
from minillm.backend import stream
from minillm.models import (
    AveragePoolingClassifier,
    Bert,
    BertConfig,
    BottleneckAutoencoder,
    EncoderDecoder,
    EncoderDecoderConfig,
    Gpt,
    GptClassifier,
    MaskedLanguageModel,
    RewardModel,
    SequenceClassifier,
    gpt2_style,
    llama_style,
    next_tokens,
)
from minillm.models.span_reader import SpanReader
from minillm.models.token_classifier import TokenClassifier
from minillm.nn.replacing import add_lora
from minillm.ops import IGNORE
from minillm.optim import SGD, AdamW
from tests.training.watching.faults import Training, healthy

WORDS, N, T = 12, 32, 8
DATA = stream(0, "ids")
IDS = DATA.integers(2, WORDS, size=(N, T))
MASK = np.arange(T) < DATA.integers(3, T + 1, size=(N, 1))
IDS[~MASK] = 0
LABELS = IDS[:, 0] % 2
SIZES = {"width": 8, "n_layers": 2, "n_heads": 2, "hidden": 16, "max_length": T}
HIDDEN = np.where(MASK & (stream(0, "hidden").random((N, T)) < 0.3), IDS, IGNORE)
HIDDEN[:, 0] = IDS[:, 0]


def bert(rng):
    return Bert(BertConfig(WORDS, **SIZES, dropout=0.1), rng=rng)


def gpt(rng, style=gpt2_style):
    return Gpt(style(WORDS, **SIZES), rng=rng)


def masked(rng):
    model = MaskedLanguageModel(bert(rng), rng=rng)
    return model, lambda i: model.loss(np.where(HIDDEN[i] >= 0, 1, IDS[i]), MASK[i], HIDDEN[i])


def classifier(rng):
    model = SequenceClassifier(bert(rng), 2, rng=rng)
    return model, lambda i: model.loss(IDS[i], MASK[i], LABELS[i])


def autoencoder(rng):
    model = BottleneckAutoencoder(bert(rng), rng=rng)
    targets = np.where(MASK, IDS, IGNORE)
    return model, lambda i: model.loss(IDS[i], MASK[i], targets[i])


def head_alone(rng):
    model, loss_of = classifier(rng)
    model.bert.freeze()
    return model, loss_of


def lora(rng):
    model, loss_of = classifier(rng)
    model.bert.freeze()
    add_lora(model, 2, rng=rng)
    return model, loss_of


def tagger(rng, legal=None):
    model = TokenClassifier(bert(rng), 3, rng=rng, legal=legal)
    tags = np.where(MASK, IDS % 2, IGNORE)
    segments, first = np.zeros_like(IDS), np.broadcast_to(np.arange(T), (N, T)) * MASK
    return model, lambda i: model.loss(IDS[i], MASK[i], segments[i], first[i], tags[i])


def crf(rng):
    legal = np.ones((4, 4), dtype=bool)
    legal[2, 1] = False
    return tagger(rng, legal)


def reader(rng):
    model = SpanReader(bert(rng), rng=rng)
    spans = np.stack([IDS.argmax(axis=1), IDS.argmax(axis=1)], axis=1)
    return model, lambda i: model.loss(IDS[i], MASK[i], spans[i])


def language(rng, style=gpt2_style):
    model = gpt(rng, style)
    ids, targets = next_tokens(IDS, MASK)
    return model, lambda i: model.loss(ids[i], targets[i])


def llama(rng):
    return language(rng, llama_style)


def gpt_classifier(rng):
    model = GptClassifier(gpt(rng), 2, rng=rng)
    return model, lambda i: model.loss(IDS[i], MASK[i], LABELS[i])


def reward(rng):
    model = RewardModel(gpt(rng), rng=rng)
    flipped = IDS[::-1]
    sign = np.where(LABELS, 1.0, -1.0).astype("float32")

    def loss_of(i):
        margins = model(IDS[i], MASK[i]) - model(flipped[i], MASK[::-1][i])
        return -ops.log_sigmoid(margins * sign[i]).mean()

    return model, loss_of


def translator(rng):
    model = EncoderDecoder(EncoderDecoderConfig(WORDS, WORDS, **SIZES), rng=rng)
    inputs, targets = next_tokens(IDS, MASK)
    return model, lambda i: model.loss(IDS[i], inputs[i], targets[i], MASK[i], smoothing=0.1)


def averages(rng):
    model = AveragePoolingClassifier(WORDS, 2, rng=rng, width=8, hidden=(16, 32))
    return model, lambda i: model.loss(IDS[i], MASK[i], LABELS[i])


def network(activation):
    return lambda rng: healthy_parts(activation)


def healthy_parts(activation):
    training = healthy(activation=activation)
    return training.model, training.loss_of


KINDS = {
    "masked language model": masked,
    "classifier": classifier,
    "head alone": head_alone,
    "lora": lora,
    "autoencoder": autoencoder,
    "tagger": tagger,
    "crf": crf,
    "span reader": reader,
    "gpt2": language,
    "llama": llama,
    "gpt classifier": gpt_classifier,
    "reward model": reward,
    "translator": translator,
    "average pooling": averages,
    "relu network": network(ops.relu),
    "silu network": network(ops.silu),
}


def training_of(kind, seed, steps):
    """The healthy training of a kind."""
    rng = stream(seed, kind)
    model, loss_of = KINDS[kind](rng)
    n = 24 if kind.endswith("network") else N
    batches = [rng.permutation(n)[:12] for _ in range(steps)]
    return Training(
        model, loss_of, batches,
        lambda: AdamW(model.trainable_parameters(), lr=0.01, weight_decay=0.01),
    )  # fmt: skip


def plain_sgd(seed, steps):
    """The same with another optimiser, to the end of what can be learned."""
    training = healthy(seed, steps)
    training.optimizer = lambda: SGD(training.model.parameters(), lr=0.3, momentum=0.9)
    return training
