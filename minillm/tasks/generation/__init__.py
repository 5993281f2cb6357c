"""Language models that write: their texts, their pretraining, conversations, and n-grams beside."""

from minillm.tasks.generation.chat import ChatTemplate
from minillm.tasks.generation.held_out import best_ngrams, counting_loss, language_loss
from minillm.tasks.generation.label_words import label_log_probabilities
from minillm.tasks.generation.language_model import Continuation, LanguageModel
from minillm.tasks.generation.pretraining import CausalPretraining
from minillm.tasks.generation.recipe import GptRecipe
from minillm.tasks.generation.tokens import language_tokens
from minillm.tasks.generation.windows import (
    Window,
    all_windows,
    pieces,
    random_windows,
    training_windows,
)

__all__ = [
    "CausalPretraining",
    "ChatTemplate",
    "Continuation",
    "GptRecipe",
    "LanguageModel",
    "Window",
    "all_windows",
    "best_ngrams",
    "counting_loss",
    "label_log_probabilities",
    "language_loss",
    "language_tokens",
    "pieces",
    "random_windows",
    "training_windows",
]
