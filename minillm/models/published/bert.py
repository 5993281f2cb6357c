"""BERT as it is published: its settings and the names of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.models.bert import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.models.published.kinds import Head, Kind
from minillm.models.published.settings import one_dropout, translated
from minillm.models.span_reader import SpanReader
from minillm.models.token_classifier import TokenClassifier

SIZES = {  # ours: theirs, and theirs where it is not given
    "vocabulary_size": ("vocab_size", 30_522),
    "width": ("hidden_size", 768),
    "n_layers": ("num_hidden_layers", 12),
    "n_heads": ("num_attention_heads", 12),
    "hidden": ("intermediate_size", 3072),
    "max_length": ("max_position_embeddings", 512),
    "n_segments": ("type_vocab_size", 2),
    "eps": ("layer_norm_eps", 1e-12),
}
FIXED = {
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute", None),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
    "problem_type": (None, "single_label_classification"),
}
DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")
OF_ONE_HEAD = "classifier_dropout"
POOLER = (  # of a pooler that nothing reads, in the configuration of bert-base-chinese
    *("directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers"),
    *("pooler_size_per_head", "pooler_type"),
)

BODY = {
    "tokens": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "segments": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
    "blocks.#.attention.query": "encoder.layer.#.attention.self.query",
    "blocks.#.attention.key": "encoder.layer.#.attention.self.key",
    "blocks.#.attention.value": "encoder.layer.#.attention.self.value",
    "blocks.#.attention.output": "encoder.layer.#.attention.output.dense",
    "blocks.#.attention_norm": "encoder.layer.#.attention.output.LayerNorm",
    "blocks.#.feed_forward.inner": "encoder.layer.#.intermediate.dense",
    "blocks.#.feed_forward.outer": "encoder.layer.#.output.dense",
    "blocks.#.feed_forward_norm": "encoder.layer.#.output.LayerNorm",
}
MASKED = {
    "transform": "cls.predictions.transform.dense",
    "norm": "cls.predictions.transform.LayerNorm",
    "": "cls.predictions",  # its bias
}
LEFTOVERS = (
    r"(bert\.)?embeddings\.(position_ids|token_type_ids)",
    r"(bert\.)?pooler\.dense\.(weight|bias)",
    r"cls\.seq_relationship\.(weight|bias)",
)
TIED = (
    ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"),
    ("cls.predictions.decoder.bias", "cls.predictions.bias"),
)


def read_bert(config: Mapping[str, Any]) -> BertConfig:
    """Our configuration.

    Raises:
        CheckpointError: lists what is not supported.
    """
    sizes = translated(config, SIZES, FIXED, (*DROPOUTS, OF_ONE_HEAD, *POOLER))
    special = (OF_ONE_HEAD,) if config.get(OF_ONE_HEAD) is not None else ()
    return BertConfig(**sizes, dropout=one_dropout(config, (*DROPOUTS, *special), 0.1))


def write_bert(config: BertConfig) -> dict[str, Any]:
    """The published settings of ours."""
    sizes = {theirs: getattr(config, ours) for ours, (theirs, _) in SIZES.items()}
    rates = dict.fromkeys(DROPOUTS, config.dropout)
    return {"model_type": "bert", **sizes, **rates, "hidden_act": "gelu", "pad_token_id": None}


def masked(config: BertConfig, _: int, rng: Any) -> MaskedLanguageModel:
    """A BERT under the head that says which token was hidden."""
    return MaskedLanguageModel(Bert(config, rng=rng), rng=rng)


HEADS = {
    "body": Head("BertModel", lambda c, n, rng: Bert(c, rng=rng), "", {}),
    "masked": Head("BertForMaskedLM", masked, "bert", MASKED, aliases=("BertForPreTraining",)),
    "sequence": Head(
        "BertForSequenceClassification",
        lambda c, n, rng: SequenceClassifier(Bert(c, rng=rng), n, rng=rng),
        "bert",
        {"pooler": "bert.pooler.dense", "output": "classifier"},
        labelled=True,
    ),
    "tokens": Head(
        "BertForTokenClassification",
        lambda c, n, rng: TokenClassifier(Bert(c, rng=rng), n, rng=rng),
        "bert",
        {"output": "classifier"},
        labelled=True,
    ),
    "spans": Head(
        "BertForQuestionAnswering",
        lambda c, n, rng: SpanReader(Bert(c, rng=rng), rng=rng),
        "bert",
        {"output": "qa_outputs"},
    ),
}
BERT = Kind("bert", read_bert, write_bert, "bert.", BODY, HEADS, LEFTOVERS, TIED)
