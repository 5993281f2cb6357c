"""Folders opened: what fits, what does not, and what is passed over."""

import json
import tracemalloc

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models import Bert, Gpt, MaskedLanguageModel, SequenceClassifier
from minillm.models.published import Published, from_pretrained, save_pretrained
from minillm.models.token_classifier import TokenClassifier
from minillm.optim import AdamW
from tests.models.published.folders import RNG, small, with_arrays, written

KINDS = ("bert", "sequence", "gpt2", "llama")
IDS, MASK = np.array([[3, 7, 1, 10]]), np.ones((1, 4), bool)


def output(model):
    return model(IDS, MASK).data


@pytest.mark.guide("G59")
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_was_written_is_opened_again(kind, tmp_path):
    model = written(kind, tmp_path)
    again = from_pretrained(tmp_path)
    assert type(again) is type(model) and not again.training
    assert np.array_equal(output(again), output(model))


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_names_has_a_row_for_every_parameter(kind, tmp_path):
    model = written(kind, tmp_path)
    opened = Published(tmp_path)
    rows = opened.names(opened.head, model)
    assert [row.ours for row in rows] == [name for name, _ in model.named_parameters()]
    assert {row.published for row in rows} == {*opened.weights}
    for row in rows:
        assert opened.weights.shapes[row.published] == row.published_shape


def test_names_that_a_reader_knows(tmp_path):
    model = written("gpt2", tmp_path)
    opened = Published(tmp_path)
    published = {row.ours: row.published for row in opened.names("language", model)}
    assert published["tokens.weight"] == "transformer.wte.weight"
    assert published["blocks.1.attention.key.bias"] == "transformer.h.1.attn.c_attn.bias"


def test_a_missing_prefix_older_names_and_buffers_are_no_obstacle(tmp_path):
    model = written("sequence", tmp_path)

    def older(arrays):
        found = {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
                "LayerNorm.bias", "LayerNorm.beta"
            ): array
            for name, array in arrays.items()
        }
        position_ids = np.arange(12)[None]
        seen = {"bert.embeddings.position_ids": position_ids}
        return {**found, **seen, "cls.seq_relationship.bias": np.zeros(2, np.float32)}

    with_arrays(tmp_path, older)
    assert np.array_equal(output(from_pretrained(tmp_path)), output(model))
    opened = Published(tmp_path)
    passed = opened.passed_over(opened.names("sequence", model))
    assert passed == ["bert.embeddings.position_ids", "cls.seq_relationship.bias"]


def test_gpt2_without_a_prefix_as_it_was_first_released(tmp_path):
    model = written("gpt2", tmp_path, architectures=["GPT2Model"])
    with_arrays(tmp_path, lambda a: {n.removeprefix("transformer."): x for n, x in a.items()})
    assert np.array_equal(output(from_pretrained(tmp_path)), output(model))


def test_every_misfit_is_listed_in_one_error(tmp_path):
    written("bert", tmp_path)

    def spoiled(arrays):
        del arrays["embeddings.LayerNorm.bias"]
        arrays["embeddings.word_embeddings.weight"] = np.zeros((3, 8), np.float32)
        arrays["encoder.layer.0.output.dense.bias"] = np.zeros(8, np.int64)
        return {**arrays, "encoder.layer.2.output.dense.bias": np.zeros(8, np.float32)}

    with_arrays(tmp_path, spoiled)
    with pytest.raises(CheckpointError) as error:
        from_pretrained(tmp_path)
    said = str(error.value)
    assert "missing embeddings.LayerNorm.bias (8,), for norm.bias" in said
    assert (
        "embeddings.word_embeddings.weight: needed (11, 8) for tokens.weight, given (3, 8)" in said
    )
    assert "encoder.layer.0.output.dense.bias: must be floating-point, given int64" in said
    assert "unexpected encoder.layer.2.output.dense.bias (8,)" in said


def test_a_head_that_repeats_the_table_must_repeat_it(tmp_path):
    model = written("gpt2", tmp_path)
    twin = dict(model.named_parameters())["tokens.weight"].data
    with_arrays(tmp_path, lambda a: {**a, "lm_head.weight": twin})
    assert np.array_equal(output(from_pretrained(tmp_path)), output(model))
    with_arrays(tmp_path, lambda a: {**a, "lm_head.weight": twin + 1})
    with pytest.raises(CheckpointError, match=r"lm_head\.weight is not equal"):
        from_pretrained(tmp_path)


def test_a_llama_without_its_head_is_not_opened(tmp_path):
    written("llama", tmp_path)
    with_arrays(tmp_path, lambda a: {n: x for n, x in a.items() if n != "lm_head.weight"})
    with pytest.raises(CheckpointError, match=r"missing lm_head\.weight"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_precisions_become_the_one_that_is_asked_for(kind, dtype, tmp_path):
    model = written(kind, tmp_path)
    with_arrays(tmp_path, lambda a: {n: x.astype(dtype) for n, x in a.items()})
    for asked in (np.float32, np.float64):
        again = from_pretrained(tmp_path, dtype=asked)
        assert {p.dtype for p in again.parameters()} == {np.dtype(asked)}
        assert np.allclose(output(again), output(model), atol=0.02)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("sequence", SequenceClassifier),
        ("tokens", TokenClassifier),
        ("masked", MaskedLanguageModel),
    ],
)
def test_a_new_head_on_a_body_that_is_there(head, kind, tmp_path):
    model = written("bert", tmp_path)
    made = from_pretrained(tmp_path, head, n_labels=5, rng=np.random.default_rng(1))
    assert isinstance(made, kind)
    assert np.array_equal(output(made.bert), output(model))
    if head != "masked":
        assert made.output.weight.shape == (5, 8) and made.output.weight.data.std() > 0
    with pytest.raises(ValueError, match="rng="):
        from_pretrained(tmp_path, head)


def test_the_pooler_of_a_body_that_stands_alone_is_kept(tmp_path):
    written("bert", tmp_path)
    pooler = {"pooler.dense.weight": np.eye(8, dtype=np.float32) * 3}
    with_arrays(tmp_path, lambda a: {**a, **pooler, "pooler.dense.bias": np.ones(8, np.float32)})
    made = from_pretrained(tmp_path, "sequence", n_labels=2, rng=np.random.default_rng(1))
    assert np.array_equal(made.pooler.weight.data, pooler["pooler.dense.weight"])
    assert not from_pretrained(tmp_path, "body").training


def test_other_labels_are_a_new_head_and_keep_the_pooler(tmp_path):
    model = written("sequence", tmp_path)
    made = from_pretrained(tmp_path, n_labels=4, rng=np.random.default_rng(1))
    assert made.output.weight.shape == (4, 8)
    assert np.array_equal(made.pooler.weight.data, model.pooler.weight.data)
    body = from_pretrained(tmp_path, "body")
    assert isinstance(body, Bert)
    assert np.array_equal(output(body), output(model.bert))


def test_a_head_that_does_not_exist(tmp_path):
    written("gpt2", tmp_path)
    with pytest.raises(ValueError, match="language"):
        from_pretrained(tmp_path, "sequence")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model_type": "t5"}, "t5.*bert, gpt2, llama"),
        ({"architectures": ["BertForNextSentencePrediction"]}, "BertForNextSentencePrediction"),
        ({"architectures": "BertModel"}, "architectures"),
        ({"hidden_act": "relu"}, "hidden_act"),
    ],
)
def test_another_architecture_is_refused_by_name(changed, said, tmp_path):
    written("bert", tmp_path, **changed)
    with pytest.raises(CheckpointError, match=said):
        from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"num_hidden_layers": 10**9}, "promises 1000000000 layers, the files hold 37 arrays"),
        ({"num_attention_heads": 3}, "heads"),
        ({"hidden_size": 10**13}, "no such model"),
        ({"intermediate_size": 10**13}, "no such model|needed"),
        ({"num_hidden_layers": 3}, r"missing encoder\.layer\.2"),
    ],
)
def test_a_configuration_that_promises_what_is_not_there(changed, said, tmp_path):
    written("bert", tmp_path, **changed)
    with pytest.raises(CheckpointError, match=said):
        from_pretrained(tmp_path)


def test_weights_stay_in_the_file_until_they_are_used(tmp_path):
    model = Gpt(small("gpt2").config, rng=RNG)
    large = type(model.config)(**{**vars(model.config), "vocabulary_size": 400_000})
    save_pretrained(Gpt(large, rng=RNG), tmp_path)
    tracemalloc.start()
    opened = from_pretrained(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert opened.tokens.weight.data.nbytes > 12_000_000
    assert peak < 0.2 * opened.tokens.weight.data.nbytes


def test_a_flipped_bit_is_found_where_it_is_looked_for(tmp_path):
    written("bert", tmp_path)
    path = tmp_path / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    from_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="damaged"):
        from_pretrained(tmp_path, check=True)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_is_cut_off(name, tmp_path):
    written("bert", tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CheckpointError, match=name):
        from_pretrained(tmp_path)


def test_a_copy_does_not_need_the_file(tmp_path):
    written("gpt2", tmp_path)
    mapped, copied = from_pretrained(tmp_path), from_pretrained(tmp_path, copy=True)
    assert not mapped.tokens.weight.data.flags.writeable
    assert all(p.data.flags.writeable for p in copied.parameters())


def test_an_opened_model_can_be_trained(tmp_path):
    written("sequence", tmp_path)
    model = from_pretrained(tmp_path)
    before = model.loss(IDS, MASK, np.array([2])).data
    optimizer = AdamW(model.parameters(), lr=0.01)
    for _ in range(3):
        loss = model.loss(IDS, MASK, np.array([2]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert model.loss(IDS, MASK, np.array([2])).data < before
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "bert"
