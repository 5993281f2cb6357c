"""Sixty sentences, a recipe that trains on them in a blink, and a way to stop in the middle."""

import itertools

from minillm.tasks import ClassifierTraining, Recipe
from minillm.text import Example

PLACES = ("hotel", "garden", "bridge", "station", "market")
GOOD, BAD = ("bright", "tidy", "cheerful"), ("gloomy", "filthy", "noisy")
EXAMPLES = [
    Example(f"The {place} was {degree} {word} on {day}.", label)
    for label, words in (("good", GOOD), ("bad", BAD))
    for place, degree, (word, day) in itertools.product(
        PLACES, ("rather", "very"), zip(words, ("Monday", "Friday", "Sunday"), strict=True)
    )
]
TEXTS = [example.text for example in EXAMPLES]
TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "max_length": 12, "batch_size": 8}
# 60 examples in batches of 8 are 8 updates an epoch: 10 updates in each stage
TEN_AND_TEN = Recipe(**TINY, dropout=0.2, pretrain_epochs=1.25, finetune_epochs=1.25)


def train(recipe, examples=EXAMPLES, *, stop=None, **options):
    """Train to the end, or leave everything after ``stop`` updates of both stages together."""
    training = ClassifierTraining(recipe, examples, **options)
    steps = itertools.chain(training.pretrain(), training.finetune())
    return training, list(itertools.islice(steps, stop))


def as_bytes(state):
    """A state dictionary in a form that compares bit for bit."""
    return {name: array.tobytes() for name, array in state.items()}
