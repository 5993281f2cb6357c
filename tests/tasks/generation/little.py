"""A rhyme that repeats, and a pretraining on it in a blink."""

import itertools
from dataclasses import replace

from minillm.tasks.generation import CausalPretraining, GptRecipe
from minillm.text.documents import Message

RHYME = "One for the cat,\ntwo for the hat,\nthree for the mat.\n\n"
LONG = RHYME * 20
LINES = [line for line in RHYME.split("\n") if line]
TALK = (Message("user", "Where is the cat?"), Message("assistant", "On the mat."))
TINY = GptRecipe(
    tokenizer="byte_pairs:270",
    width=16,
    n_layers=1,
    n_heads=2,
    max_length=12,
    dropout=0.1,
    batch_size=4,
    steps=20,
    lr=3e-3,
    warmup=2,
    evaluate_every=5,
)


def pretrain(documents=(LONG,), held_out=(RHYME,), *, stop=None, settings=None, **options):
    """Pretrain to the end, or leave everything after ``stop`` updates."""
    recipe = replace(TINY, **settings or {})
    training = CausalPretraining(recipe, list(documents), list(held_out), **options)
    return training, list(itertools.islice(training.steps(), stop))
