"""Sentences of a small world, and a recipe that learns them in a blink."""

import itertools

from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.training import TaggerTraining
from minillm.text.corpora.names import NameDials, NameWorld

WORLD = NameWorld(NameDials(names=20, new=0.5, ambiguous=0.3), seed=0)
TRAIN, DEV, TEST = WORLD.draw("train", 240), WORLD.draw("dev", 40), WORLD.draw("test", 120)
TINY = {"tokenizer": "wordpiece:300", "width": 16, "n_heads": 2, "max_length": 40}
TEN = TaggerRecipe(**TINY, epochs=10 / 15, lr=3e-3)  # 240 sentences in batches of 16: ten updates


def train(recipe, sentences=TRAIN, *, stop=None, **options):
    """Train to the end, or leave everything after ``stop`` updates."""
    training = TaggerTraining(recipe, sentences, **options)
    return training, list(itertools.islice(training.steps(), stop))
