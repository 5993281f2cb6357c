"""``config.json``: what it means here, and what is refused by name."""

import json

import pytest

from minillm.backend import CheckpointError
from minillm.models.published.bert import read_bert, write_bert
from minillm.models.published.gpt2 import read_gpt2, write_gpt2
from minillm.models.published.llama import read_llama, write_llama
from minillm.models.published.settings import label_names, read_config

# settings as the first released files have them
BERT_BASE = {
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "type_vocab_size": 2,
    "use_cache": True,
    "vocab_size": 30522,
}
GPT2_SMALL = {
    "activation_function": "gelu_new",
    "architectures": ["GPT2LMHeadModel"],
    "attn_pdrop": 0.1,
    "bos_token_id": 50256,
    "embd_pdrop": 0.1,
    "eos_token_id": 50256,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2",
    "n_ctx": 1024,
    "n_embd": 768,
    "n_head": 12,
    "n_layer": 12,
    "n_positions": 1024,
    "resid_pdrop": 0.1,
    "summary_activation": None,
    "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True,
    "summary_type": "cls_index",
    "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    "vocab_size": 50257,
}
LLAMA_2_7B = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "initializer_range": 0.02,
    "intermediate_size": 11008,
    "max_position_embeddings": 4096,
    "model_type": "llama",
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 32,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "vocab_size": 32000,
}
TINY_LLAMA = LLAMA_2_7B | {
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 22,
    "num_key_value_heads": 4,
    "max_position_embeddings": 2048,
}
LLAMA_3_8B = LLAMA_2_7B | {
    "intermediate_size": 14336,
    "num_key_value_heads": 8,
    "rope_theta": 500000.0,
    "vocab_size": 128256,
}
READ = {"bert": read_bert, "gpt2": read_gpt2, "llama": read_llama}
WRITE = {"bert": write_bert, "gpt2": write_gpt2, "llama": write_llama}


@pytest.mark.guide("G59")
@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (BERT_BASE, 109_482_240 - (768 * 768 + 768)),  # that number is with a pooler
        (GPT2_SMALL, 124_439_808),
        (LLAMA_2_7B, 6_738_415_616),
        (TINY_LLAMA, 1_100_048_384),
        (LLAMA_3_8B, 8_030_261_248),
    ],
)
def test_released_sizes_are_counted_without_a_weight(settings, count):
    assert READ[settings["model_type"]](settings).parameter_count() == count


@pytest.mark.parametrize("settings", [BERT_BASE, GPT2_SMALL, TINY_LLAMA, LLAMA_3_8B])
def test_what_is_written_means_the_same(settings):
    kind = settings["model_type"]
    config = READ[kind](settings)
    again = json.loads(json.dumps(WRITE[kind](config)))
    assert READ[kind](again) == config


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (BERT_BASE | {"hidden_act": "relu"}, "hidden_act"),
        (BERT_BASE | {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        (BERT_BASE | {"is_decoder": True}, "is_decoder"),
        (BERT_BASE | {"hidden_dropout_prob": 0.2}, "hidden_dropout_prob"),
        (BERT_BASE | {"classifier_dropout": 0.3}, "classifier_dropout"),
        (BERT_BASE | {"problem_type": "regression"}, "problem_type"),
        (BERT_BASE | {"hidden_size": "768"}, "hidden_size"),
        (BERT_BASE | {"num_hidden_layers": 0}, "num_hidden_layers"),
        (BERT_BASE | {"layer_norm_eps": True}, "layer_norm_eps"),
        (BERT_BASE | {"new_idea": 3}, "new_idea"),
        (BERT_BASE | {"pruned_heads": {"0": [1]}}, "pruned_heads"),
        (GPT2_SMALL | {"activation_function": "relu"}, "activation_function"),
        (GPT2_SMALL | {"scale_attn_by_inverse_layer_idx": True}, "inverse_layer_idx"),
        (GPT2_SMALL | {"scale_attn_weights": False}, "scale_attn_weights"),
        (GPT2_SMALL | {"n_inner": "wide"}, "n_inner"),
        (GPT2_SMALL | {"embd_pdrop": 0.0}, "embd_pdrop"),
        (LLAMA_2_7B | {"rope_scaling": {"type": "linear", "factor": 2.0}}, "linear"),
        (LLAMA_2_7B | {"rope_parameters": {"rope_type": "llama3", "factor": 8.0}}, "llama3"),
        (LLAMA_2_7B | {"rope_parameters": [1]}, "rope_parameters"),
        (LLAMA_2_7B | {"rope_theta": "high"}, "rope_theta"),
        (LLAMA_2_7B | {"head_dim": 64}, "head_dim"),
        (LLAMA_2_7B | {"mlp_bias": True}, "mlp_bias"),
        (LLAMA_2_7B | {"attention_dropout": 0.1}, "attention_dropout"),
        (LLAMA_2_7B | {"num_key_value_heads": 0}, "num_key_value_heads"),
        (LLAMA_2_7B | {"hidden_act": "gelu"}, "hidden_act"),
    ],
)
def test_a_setting_that_would_compute_something_else_is_named(settings, named):
    with pytest.raises(CheckpointError, match=named):
        READ[settings["model_type"]](settings)


def test_all_of_them_are_named_at_once():
    with pytest.raises(CheckpointError) as error:
        read_bert(BERT_BASE | {"hidden_act": "relu", "is_decoder": True, "new_idea": 3})
    assert all(name in str(error.value) for name in ("hidden_act", "is_decoder", "new_idea"))


def test_what_is_off_and_what_says_nothing_is_passed_over():
    extra = {"new_idea": None, "another": False, "third": {}, "directionality": "bidi"}
    assert read_bert(BERT_BASE | extra) == read_bert(BERT_BASE)
    assert read_gpt2({"model_type": "gpt2"}) == read_gpt2(GPT2_SMALL)  # all by default


def test_the_base_of_the_angles_is_read_from_newer_and_from_older_files():
    newer = {k: v for k, v in LLAMA_3_8B.items() if k not in ("rope_theta", "rope_scaling")}
    newer["rope_parameters"] = {"rope_type": "default", "rope_theta": 500000.0}
    assert read_llama(newer) == read_llama(LLAMA_3_8B)
    assert read_llama(newer).rotary_base == 500_000


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ({}, ["LABEL_0", "LABEL_1"]),
        ({"num_labels": 3}, ["LABEL_0", "LABEL_1", "LABEL_2"]),
        ({"id2label": {"1": "good", "0": "bad"}}, ["bad", "good"]),
    ],
)
def test_labels(settings, labels):
    assert label_names(settings) == labels


@pytest.mark.parametrize(
    "named", [{"0": "a", "2": "b"}, {"x": "a"}, ["a"], {"0": ""}, {"0": 1}, {"-1": "a"}]
)
def test_labels_that_are_none(named):
    with pytest.raises(CheckpointError, match="id2label"):
        label_names({"id2label": named})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ("{}", "model_type"),
        ("\udcff", "JSON"),
        ("[" * 9999, "JSON"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path, text, said):
    (tmp_path / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CheckpointError, match=said):
        read_config(tmp_path)


def test_a_folder_without_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        read_config(tmp_path)


def test_a_link_out_of_the_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "other.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (tmp_path / "model" / "config.json").symlink_to("../other.json")
    with pytest.raises(CheckpointError, match="leads out of its folder"):
        read_config(tmp_path / "model")
