"""A GPT whose weights are written by hand: it looks for an alike word, and says what stood behind.

Its two layers are the two steps of an induction head (Olsson et al. 2022, "In-context Learning and
Induction Heads"): every token notes which class of word stood before it; then a word attends to
the tokens that noted its own class, and says them.
"""

import itertools

import numpy as np

from minillm.models import Gpt, GptConfig
from minillm.tasks.generation import LanguageModel
from minillm.text import GPT_SPECIAL, Vocabulary, WordTokenizer

CLASSES = {"dull": 0, "clumsy": 0, "silly": 0, "witty": 1, "lively": 1, "clear": 1}
NAMES = ("dax", "wug", "good", "bad")
LENGTH = 24
SHARP = 60.0


def copying_language():
    """It knows six adjectives of two classes, and four words that may name a class."""
    tokens = [*CLASSES, *NAMES, ";"]
    vocabulary = Vocabulary(tokens, special={"unknown": "[UNK]", **GPT_SPECIAL})
    return LanguageModel(copying_gpt(vocabulary), WordTokenizer(), vocabulary, documents=True)


def copying_gpt(vocabulary):
    """The stream's parts: the token, its class, the place, the class before, what is to be said."""
    v = len(vocabulary)
    starts = np.cumsum([0, v, 2, LENGTH, 2, v])
    token, kind, place, before, said = (slice(*edges) for edges in itertools.pairwise(starts))
    width = int(starts[-1])
    config = GptConfig(
        v, width=width, n_layers=2, n_heads=1, hidden=1, max_length=LENGTH, tied=False
    )
    model = Gpt(config, rng=np.random.default_rng(0)).to_dtype(np.float64)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.data = np.zeros_like(parameter.data)
    model.tokens.weight.data[:, token] = np.eye(v)
    for word, label in CLASSES.items():
        model.tokens.weight.data[vocabulary.token_to_id[word], kind.start + label] = 4
    model.positions.weight.data[:, place] = np.eye(LENGTH)
    first, second = (block.attention for block in model.blocks)
    first.query.weight.data[place, place] = SHARP * np.eye(LENGTH, k=-1).T
    first.key.weight.data[place, place] = np.eye(LENGTH)
    first.value.weight.data[before, kind] = np.eye(2)
    first.output.weight.data[before, before] = np.eye(2)
    second.query.weight.data[before, kind] = SHARP * np.eye(2)
    second.key.weight.data[before, before] = np.eye(2)
    second.value.weight.data[said, token] = np.eye(v)
    second.output.weight.data[said, said] = np.eye(v)
    model.head.weight.data[:, said] = np.eye(v)
    return model.eval()
