"""What does a small GPT reach on plays, character by character, and what does counting reach?

The recipe is nanoGPT's for a laptop (Karpathy 2022, its README: validation loss 1.88).  The curves
of its seeds are what a run of one's own can be laid beside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minillm.labs.study import Study
from minillm.labs.worlds.public import PublicFile, read_public_text
from minillm.models.ngrams import NGrams
from minillm.tasks.generation import CausalPretraining, GptRecipe, counting_loss
from minillm.text import GPT2_SPECIAL, Tokenizer, Vocabulary, tokenizer_for


@dataclass(frozen=True)
class Settings:
    """The text, how it is split, the training, and how often it is looked at."""

    text: PublicFile = PublicFile(
        "tinyshakespeare.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    )
    share: float = 0.9  # of the text, from its beginning, is trained on
    recipe: GptRecipe = GptRecipe(
        tokenizer="byte_pairs:256", min_count=1, evaluate_every=200, held_out_tokens=200_000
    )
    every: int = 50  # updates whose losses are averaged
    longest: int = 8  # n-grams


def characters_of(text: str, settings: Settings) -> tuple[Tokenizer, Vocabulary]:
    """A token for each byte that the text has, and for no other; one more begins and ends texts."""
    tokenizer = tokenizer_for(settings.recipe.tokenizer, [text])
    tokens = [tokenizer.tokenize(text)]
    least = settings.recipe.min_count
    return tokenizer, Vocabulary.build(tokens, min_count=least, special=GPT2_SPECIAL)


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Nats per character: in training, and on the rest after every so many updates; of n-grams.

    Shapes: ``training (steps / every,)``, ``held out (steps / evaluate_every,)``,
    ``n-grams (longest,)``, the last being the same for every seed.
    """
    text = read_public_text(settings.text)
    cut = int(settings.share * len(text))
    train, rest = text[:cut], text[cut:]
    recipe = replace(settings.recipe, seed=seed)
    tokens = characters_of(text, settings)
    training = CausalPretraining(recipe, [train], [rest], tokens=tokens)
    steps = list(training.steps())
    losses = np.array([float(step.loss) for step in steps])
    size = len(tokens[1])
    ngrams = NGrams(training.texts, vocabulary_size=size, order=settings.longest)
    counted = [
        counting_loss(ngrams.of_order(n), training.held_out) for n in range(1, settings.longest + 1)
    ]
    whole = len(losses) // settings.every * settings.every
    return {
        "training": losses[:whole].reshape(-1, settings.every).mean(axis=1),
        "held out": np.array([s.held_out_loss for s in steps if s.held_out_loss is not None]),
        "n-grams": np.array(counted),
    }


STUDY = Study(
    name="shakespeare",
    question="What does a small GPT reach on plays, by characters, and what do n-grams reach?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.02,
)
