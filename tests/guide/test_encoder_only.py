"""What an encoder alone can write, and what it cannot: BERT beside an encoder-decoder (6.2, 9.2).

An encoder gives one distribution for each position that it reads.  So it writes as many tokens as
it reads, and none of them knows which the others have become.
"""

import itertools
import math

import numpy as np
import pytest

from minillm.models import (
    Bert,
    BertConfig,
    EncoderDecoder,
    EncoderDecoderConfig,
    MaskedLanguageModel,
    next_tokens,
)
from minillm.ops import IGNORE
from minillm.optim import AdamW
from minillm.tasks.translation import evaluate_translations
from minillm.training import evaluating, fit
from tests.tasks.translation.little import LEARNS, TEST, TRAIN
from tests.tasks.translation.little import train as train_translator

V, X, A, B, BOS, EOS = 8, 3, 4, 5, 1, 2
SIZES = {"width": 16, "n_layers": 1, "n_heads": 2, "hidden": 32, "dropout": 0.0}


def encoder(seed=0, size=V):
    rng = np.random.default_rng(seed)
    return MaskedLanguageModel(Bert(BertConfig(size, **SIZES, max_length=12), rng=rng), rng=rng)


def distributions(model, source):
    """ln p(token) at every position of one source, (S, V): all that it can be asked for."""
    ids = np.array([source])
    with evaluating(model):
        z = model(ids, np.ones(ids.shape, bool), np.arange(len(source))).data.astype(float)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def train(model, loss_of, batch, steps=150):
    for _ in fit(loss_of, [batch] * steps, AdamW(model.parameters(), lr=1e-2)):
        pass
    return model


@pytest.mark.guide("G38")
@pytest.mark.errata("A77")
@pytest.mark.parametrize("length", [1, 3, 7])
def test_an_encoder_has_one_distribution_for_each_token_that_it_reads_and_no_more(length):
    model, source = encoder(), [X] * length
    assert distributions(model, source).shape == (length, V)
    with pytest.raises(IndexError, match=f"{length}"):  # there is no position behind the last
        model(np.array([source]), np.ones((1, length), bool), np.array([length]))


@pytest.fixture(scope="module")
def ambiguous():
    """Both models after the same pairs: "x x" means "a a" and "b b", one as often as the other."""
    source = np.array([[X, X], [X, X]])
    targets = np.array([[A, A], [B, B]])
    real = np.ones((2, 2), bool)
    bert = encoder()
    train(bert, lambda t: bert.loss(source, real, t), targets)
    config = EncoderDecoderConfig(V, V, **SIZES, max_length=6)
    both = EncoderDecoder(config, rng=np.random.default_rng(0))
    framed = np.array([[BOS, A, A, EOS], [BOS, B, B, EOS]])
    train(both, lambda pair: both.loss(source, *pair), next_tokens(framed))
    return bert, both


@pytest.mark.guide("G38")
@pytest.mark.errata("A77")
def test_of_two_right_answers_an_encoder_writes_half_of_one_and_half_of_the_other(ambiguous):
    """No product p_1 p_2 of two distributions has "a a" and "b b" alone: the best mixes them.

    Least loss of a product, by its parts: 2 ln 2 a sentence; of one that knows what it has
    written: ln 2, that of a coin.
    """
    bert, both = ambiguous
    first, second = distributions(bert, [X, X])
    p = {
        pair: math.exp(first[pair[0]] + second[pair[1]])
        for pair in itertools.product((A, B), (A, B))
    }
    assert p[A, B] + p[B, A] == pytest.approx(0.5, abs=0.02)
    assert -(math.log(p[A, A]) + math.log(p[B, B])) / 2 == pytest.approx(2 * math.log(2), abs=0.02)
    q = {}
    for pair in p:
        framed = np.array([[BOS, *pair, EOS]])
        q[pair] = math.exp(
            -float(both.loss(np.array([[X, X]]), *next_tokens(framed), reduction="sum"))
        )
    assert q[A, B] + q[B, A] < 0.01
    assert q[A, A] == pytest.approx(0.5, abs=0.03)
    assert -(math.log(q[A, A]) + math.log(q[B, B])) / 2 == pytest.approx(math.log(2), abs=0.02)


@pytest.mark.guide("G38")
@pytest.mark.errata("A77")
def test_where_translations_are_longer_an_encoder_gets_none_and_an_encoder_decoder_all():
    """The same pairs for both: the encoder learns the tokens of the target that it has room for."""
    learned, _ = train_translator(settings=LEARNS)
    tokens = learned.translator.tokens
    source, target = (tokens.source.vocabulary, tokens.target.vocabulary)
    model = encoder(size=len(source))
    ids, mask, targets = (np.zeros((len(TRAIN), 4), kind) for kind in (int, bool, int))
    targets += IGNORE
    for row, pair in enumerate(TRAIN):
        words = source.encode(pair.source.split())
        ids[row, : len(words)], mask[row, : len(words)] = words, True
        targets[row, : len(words)] = target.encode(pair.target.split())[: len(words)]
    train(model, lambda t: model.loss(ids, mask, t), targets, steps=100)

    class Encoder:
        def translate(self, texts):
            best = [distributions(model, source.encode(t.split())).argmax(axis=1) for t in texts]
            return [tokens.decode(one) for one in best]

    scores, written = evaluate_translations(Encoder(), TEST)
    beginnings = [pair.target.split()[: len(pair.source.split())] for pair in TEST]
    right = [text.split() == wanted for text, wanted in zip(written, beginnings, strict=True)]
    assert np.mean(right) > 0.9  # as far as it can write, it has learned the language
    assert scores.exact == 0.0
    assert evaluate_translations(learned.result(), TEST)[0].exact == 1.0
