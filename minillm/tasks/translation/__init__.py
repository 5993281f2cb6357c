"""Translation: tokens of two languages, training, a translator, what it looks at, baselines."""

from minillm.tasks.translation.attention import Attention, attention_of
from minillm.tasks.translation.baselines import CopySource, Translates, WordForWord
from minillm.tasks.translation.batches import PairBatch, training_batches, translation_loss
from minillm.tasks.translation.evaluation import (
    TranslationScores,
    evaluate_translations,
    score_translations,
)
from minillm.tasks.translation.recipe import TranslationRecipe
from minillm.tasks.translation.tokens import Language, TranslationTokens, learned_tokens
from minillm.tasks.translation.training import TranslationTraining
from minillm.tasks.translation.translator import Translation, Translator
from minillm.tasks.translation.word_links import WordLinks

__all__ = [
    "Attention",
    "CopySource",
    "Language",
    "PairBatch",
    "Translates",
    "Translation",
    "TranslationRecipe",
    "TranslationScores",
    "TranslationTokens",
    "TranslationTraining",
    "Translator",
    "WordForWord",
    "WordLinks",
    "attention_of",
    "evaluate_translations",
    "learned_tokens",
    "score_translations",
    "training_batches",
    "translation_loss",
]
