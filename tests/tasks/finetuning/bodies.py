"""A BERT and a GPT that have read the sixty sentences for a blink, and few labels of them."""

from dataclasses import replace
from functools import cache

from minillm.tasks.finetuning import BertBody, FinetuneRecipe, FineTuning, GptBody
from minillm.tasks.generation import CausalPretraining
from tests.tasks.generation.little import TINY as GPT
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, TEXTS, train

HELD_OUT = EXAMPLES[::4]
REST = [example for example in EXAMPLES if example not in HELD_OUT]
QUICK = FinetuneRecipe(
    epochs=2, batch_size=8, rank=2, adapter_width=3, lr=5e-3, where="query,value,inner"
)
METHODS = ("full", "head", "lora", "adapter")


@cache
def a_bert(seed=0):
    """A BERT after some masked language modelling."""
    recipe = replace(TEN_AND_TEN, pretrain_epochs=3, finetune_epochs=0)
    training, _ = train(replace(recipe, seed=seed))
    return BertBody(training.model.masked, training.encoder)


@cache
def a_gpt():
    """A GPT that has read the same sentences from left to right."""
    recipe = replace(GPT, tokenizer="word", min_count=1, steps=30, dropout=0.2)
    training = CausalPretraining(recipe, TEXTS[2:], TEXTS[:2])
    for _ in training.steps():
        pass
    return GptBody.of(training.result())


def tuned(body, examples=REST, *, stop=None, settings=None, **options):
    """A fine-tuning, run to its end or left after ``stop`` updates."""
    training = FineTuning(replace(QUICK, **settings or {}), body, examples, **options)
    for done, _ in enumerate(training.steps(), start=1):
        if done == stop:
            break
    return training
