"""A number, a seed or an old generator where a generator is wanted is refused at once, in words."""

import numpy as np
import pytest

from minillm import nn
from minillm.backend import check_rng
from minillm.models import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier

CONFIG = BertConfig(vocabulary_size=9, width=4, n_heads=2, hidden=5, max_length=6)
MAKERS = {
    "Linear": lambda rng: nn.Linear(2, 3, rng=rng),
    "Embedding": lambda rng: nn.Embedding(2, 3, rng=rng),
    "LearnedPositions": lambda rng: nn.LearnedPositions(2, 3, rng=rng),
    "Dropout": lambda rng: nn.Dropout(0.5, rng=rng),
    "FeedForward": lambda rng: nn.FeedForward(2, 3, rng=rng),
    "SwiGLU": lambda rng: nn.SwiGLU(2, 3, rng=rng),
    "MultiHeadAttention": lambda rng: nn.MultiHeadAttention(4, 2, rng=rng),
    "RelativeBias": lambda rng: nn.RelativeBias(2, rng=rng),
    "EncoderBlock": lambda rng: nn.EncoderBlock(4, 2, 3, rng=rng),
    "PreNormEncoderBlock": lambda rng: nn.PreNormEncoderBlock(4, 2, 3, rng=rng),
    "DecoderBlock": lambda rng: nn.DecoderBlock(4, 2, 3, rng=rng),
    "PreNormDecoderBlock": lambda rng: nn.PreNormDecoderBlock(4, 2, 3, rng=rng),
    "LoRA": lambda rng: nn.LoRA(nn.Linear(2, 3, rng=np.random.default_rng(0)), 1, rng=rng),
    "Adapter": lambda rng: nn.Adapter(nn.Linear(2, 3, rng=np.random.default_rng(0)), 1, rng=rng),
    "Experts": lambda rng: nn.Experts(4, 3, 2, rng=rng),
    "Neighbours": lambda rng: nn.Neighbours(4, 1, rng=rng),
    "add_lora": lambda rng: nn.add_lora(bert(), 1, rng=rng),
    "add_adapters": lambda rng: nn.add_adapters(bert(), 1, rng=rng),
    "normal": lambda rng: nn.normal((2, 3), std=1.0, rng=rng),
    "xavier_uniform": lambda rng: nn.xavier_uniform((2, 3), rng=rng),
    "xavier_normal": lambda rng: nn.xavier_normal((2, 3), rng=rng),
    "kaiming_uniform": lambda rng: nn.kaiming_uniform((2, 3), rng=rng),
    "kaiming_normal": lambda rng: nn.kaiming_normal((2, 3), rng=rng),
    "Bert": lambda rng: Bert(CONFIG, rng=rng),
    "MaskedLanguageModel": lambda rng: MaskedLanguageModel(bert(), rng=rng),
    "SequenceClassifier": lambda rng: SequenceClassifier(bert(), 2, rng=rng),
}


def bert():
    return Bert(CONFIG, rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("given", [0, None, np.random.RandomState(0), np.random, [1, 2]])
def test_whatever_takes_a_generator_refuses_what_is_none(name, given):
    wanted = r"rng must be a np\.random\.Generator, such as np\.random\.default_rng\(0\), got "
    with pytest.raises(TypeError, match=wanted + type(given).__name__):
        MAKERS[name](given)


def test_a_generator_passes():
    rng = np.random.default_rng(0)
    assert check_rng(rng) is rng
    for make in MAKERS.values():
        make(rng)


def test_every_constructor_of_the_package_that_takes_a_generator_is_tried():
    takes = {
        name
        for name in nn.__all__
        if "rng" in getattr(getattr(nn, name).__init__, "__annotations__", {})
        or "rng" in getattr(getattr(nn, name), "__annotations__", {})
    }
    assert takes <= set(MAKERS)
    assert len(takes) >= 21
