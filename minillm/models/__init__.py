"""Whole models, and their baselines."""

from minillm.models.autoencoder import BottleneckAutoencoder
from minillm.models.average_pooling import AveragePoolingClassifier
from minillm.models.bert import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.models.encoder_decoder import EncoderDecoder
from minillm.models.encoder_decoder_config import EncoderDecoderConfig
from minillm.models.gpt import Gpt
from minillm.models.gpt_classifier import GptClassifier
from minillm.models.gpt_config import GptConfig, gpt2_style, llama_style
from minillm.models.gpt_parts import next_tokens
from minillm.models.left_only import LeftOnly
from minillm.models.pooling import POOLINGS
from minillm.models.reward_model import RewardModel

__all__ = [
    "POOLINGS",
    "AveragePoolingClassifier",
    "Bert",
    "BertConfig",
    "BottleneckAutoencoder",
    "EncoderDecoder",
    "EncoderDecoderConfig",
    "Gpt",
    "GptClassifier",
    "GptConfig",
    "LeftOnly",
    "MaskedLanguageModel",
    "RewardModel",
    "SequenceClassifier",
    "gpt2_style",
    "llama_style",
    "next_tokens",
]
