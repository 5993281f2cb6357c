"""Operations by formula are those that were counted; the count is that of the real products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm.autograd import no_grad
from minillm.backend import stream
from minillm.models import Bert, BertConfig, Gpt, SequenceClassifier, gpt2_style
from minillm.models.costs import bert_flops, block_matrices, gpt_flops, six_n_d
from minillm.models.costs.shapes import block_shape
from minillm.nn import KeyValueCache
from minillm.ops.flops import count_flops
from tests.models.costs.made import BERTS, GPTS, bert_step, gpt_step


@pytest.mark.guide("G53")
@pytest.mark.parametrize("name", GPTS)
@pytest.mark.parametrize("level", ["off", "numpy"])
def test_a_step_of_a_gpt_takes_the_operations_of_the_formula(name, level):
    config, count = GPTS[name], gpt_flops(GPTS[name], 3, 6)
    flops = gpt_step(config, 3, 6, level).flops
    assert (flops.forward, flops.backward) == (count.total, 2 * count.total)
    assert flops.total == count.training
    assert flops.forward_of["scaled_dot_product_attention"] == count.attention


@pytest.mark.guide("G53")
@pytest.mark.parametrize("name", BERTS)
def test_a_step_of_a_bert_takes_the_operations_of_the_formula(name):
    flops = bert_step(BERTS[name], 3, 7, hidden=5).flops
    count = bert_flops(BERTS[name], 3, 7, hidden_positions=5)
    assert (flops.forward, flops.total) == (count.total, count.training)


def test_a_classifier_takes_the_operations_of_the_formula():
    config = BERTS["bert"]
    model = SequenceClassifier(Bert(config, rng=stream(0, "w")), 4, rng=stream(0, "h"))
    ids = np.zeros((2, 5), dtype=np.int64)
    with count_flops() as flops:
        model.loss(ids, ids == 0, np.array([0, 3])).backward()
    assert flops.total == bert_flops(config, 2, 5, classes=4).training


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([(1, 4), (2, 2), (3, 3)]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(0, 5),
)
def test_behind_a_cache_only_what_is_new_is_multiplied(heads, layers, batch, new, before):
    n_heads, width = heads[0], heads[0] * heads[1]
    config = gpt2_style(7, width=width, n_heads=n_heads, n_layers=layers, max_length=11)
    model = Gpt(config, rng=stream(0, "w"))
    caches = [KeyValueCache() for _ in model.blocks]
    ids = np.ones((batch, 11), dtype=np.int64)
    with no_grad():
        if before:
            model(ids[:, :before], caches=caches)
        with count_flops() as flops:
            model(ids[:, :new], caches=caches)
    assert flops.total == flops.forward == gpt_flops(config, batch, new, before=before).total


@pytest.mark.guide("G53")
def test_six_n_d_is_what_the_blocks_matrices_take():
    config = gpt2_style(50_257, width=768, n_layers=12, n_heads=12, max_length=1024)
    assert block_matrices(config) == 12 * 12 * 768**2 == 84_934_656
    count = gpt_flops(config, 1, 1024)
    assert 3 * (count.projections + count.feed_forward) == six_n_d(config, 1024)
    rest = count.training - six_n_d(config, 1024)  # of attention and of the head
    assert rest == 1024 * (12 * 12 * 1024 * 768 + 6 * 768 * 50_257)
    assert 0.59 < six_n_d(config, 1024) / count.training < 0.60


def test_six_n_d_comes_near_in_a_large_model_with_a_short_context():
    config = gpt2_style(1000, width=4096, n_layers=32, n_heads=32, max_length=128)
    ratio = six_n_d(config, 128) / gpt_flops(config, 1, 128).training
    assert 0.99 < ratio < 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: gpt_flops(c, -1, 2), "batch must be at least 0, got -1"),
        (lambda c: gpt_flops(c, 1, 5, before=5), "10 positions are more than max_length=9"),
        (lambda c: six_n_d(c, -3), "tokens must be at least 0, got -3"),
        (lambda c: bert_flops(BERTS["bert"], 1, 2, classes=-1), "classes must be at least 0"),
        (
            lambda c: block_shape(gpt2_style(9, width=10, n_heads=3)),
            "n_heads=3 must divide width=10",
        ),
        (
            lambda c: block_shape(gpt2_style(9, width=12, n_heads=3, n_key_heads=2)),
            "n_key_heads=2 n_heads",
        ),
        (lambda c: block_shape(BertConfig(9, width=0)), "width must be at least 1, got 0"),
    ],
)
def test_what_is_no_size_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(GPTS["gpt2"])


def test_what_is_no_count_or_configuration_is_refused():
    with pytest.raises(TypeError, match=r"length must be an integer, got 2\.5"):
        gpt_flops(GPTS["gpt2"], 1, 2.5)
    with pytest.raises(TypeError, match="needs a GptConfig or a BertConfig, got dict"):
        block_shape({})
