"""A language of sixteen words and one that says the same in another order, and a training on it.

Nouns come before adjectives in one and behind them in the other, "not" is two words around the
verb, and there is an article that stands for nothing: no translation has the source's length.
"""

import itertools
from dataclasses import replace

import numpy as np

from minillm.tasks.translation import TranslationRecipe, TranslationTraining
from minillm.text.parallel_files import Pair

NOUNS = {"cat": "kato", "dog": "hundo", "bird": "birdo", "fish": "fisho"}
ADJECTIVES = {"red": "ruga", "big": "granda", "old": "malnova", "calm": "kvieta"}
VERBS = {"sleeps": "dormas", "runs": "kuras", "sings": "kantas"}


def sentence(noun, adjective, verb, negated):
    """A pair, and the true links: places in the source beside places in the target."""
    source = [noun, adjective, *(["not"] if negated else []), verb]
    writing = ["la", ADJECTIVES[adjective], NOUNS[noun]]
    writing += ["ne", VERBS[verb], "pa"] if negated else [VERBS[verb]]
    links = {(0, 2), (1, 1)} | ({(2, 3), (3, 4), (2, 5)} if negated else {(2, 3)})
    return Pair(" ".join(source), " ".join(writing)), frozenset(links)


ALL = [sentence(*words) for words in itertools.product(NOUNS, ADJECTIVES, VERBS, (False, True))]
MIXED = [ALL[i] for i in np.random.default_rng(0).permutation(len(ALL))]
TRAIN, TEST = [pair for pair, _ in MIXED[:72]], [pair for pair, _ in MIXED[72:]]
TRAIN_LINKS, TEST_LINKS = [links for _, links in MIXED[:72]], [links for _, links in MIXED[72:]]
TINY = TranslationRecipe(
    tokenizer="word",
    width=16,
    n_layers=1,
    n_heads=2,
    max_length=10,
    dropout=0.1,
    batch_size=8,
    steps=20,
    lr=3e-3,
    warmup=2,
    evaluate_every=5,
)
LEARNS = {"width": 32, "steps": 120, "lr": 1e-2, "dropout": 0.0, "evaluate_every": 30}


def train(pairs=TRAIN, held_out=TEST, *, stop=None, settings=None, **options):
    """Train to the end, or leave everything after ``stop`` updates."""
    recipe = replace(TINY, **settings or {})
    training = TranslationTraining(recipe, list(pairs), list(held_out), **options)
    return training, list(itertools.islice(training.steps(), stop))
