"""Functions that draw refuse a number or a seed in the place of a generator, as layers do."""

import inspect

import numpy as np
import pytest

from minillm import autograd, tasks, text, training
from minillm.autograd import check_module, check_vjp
from minillm.nn import Linear
from minillm.ops import tanh
from minillm.tasks import bag_of_words_learner, drop_doubtful, label_probabilities
from minillm.text import Example, Vocabulary
from minillm.training import bucketed_order
from tests.nn.modules import ONES

EXAMPLES = [Example(f"{word} {i}", word) for word in ("good", "bad") for i in range(20)]
LEARN = bag_of_words_learner(l2=0.1)
IDS = np.array([[2, 7, 3]])


def linear(rng):
    """The check of a layer, whose own weights come from elsewhere."""
    layer = Linear(3, 2, rng=np.random.default_rng(0)).to_dtype(np.float64)
    return check_module(layer, lambda: layer(ONES.astype(np.float64)).sum(), rng=rng)


DRAWING = {
    "augment": lambda rng: text.augment(EXAMPLES, lambda t, _: t, copies=1, rng=rng),
    "bucketed_order": lambda rng: bucketed_order([1, 2, 3], batch_size=2, rng=rng),
    "check_module": linear,
    "check_vjp": lambda rng: check_vjp(tanh.rule, np.ones(2), rng=rng),
    "drop_doubtful": lambda rng: drop_doubtful(EXAMPLES, LEARN, rng=rng),
    "k_shot": lambda rng: tasks.k_shot(EXAMPLES, 0, rng),
    "label_probabilities": lambda rng: label_probabilities(EXAMPLES, LEARN, folds=2, rng=rng),
    "mask_tokens": lambda rng: text.mask_tokens(IDS, IDS > 0, Vocabulary(["a"]), rng=rng),
    "misspelled": lambda rng: text.misspelled("a", rng, kinds=("swap",), words=0),
    "misspelled_against": lambda rng: text.misspelled_against(
        lambda texts: np.zeros(len(texts)), ["a"], rng, kinds=("swap",), words=0
    ),
    "replace_synonyms": lambda rng: text.replace_synonyms("a", {"b": ["c"]}, rate=0.5, rng=rng),
    "rewrite": lambda rng: text.rewrite("nothing fits this", [], rng=rng),
    "split": lambda rng: text.split(EXAMPLES, rng=rng),
    "swap_words": lambda rng: text.swap_words(["alone"], swaps=1, rng=rng),
    "word_dropout": lambda rng: text.word_dropout(["a", "b"], rate=0.5, rng=rng),
}


@pytest.mark.parametrize("name", DRAWING)
@pytest.mark.parametrize("given", [0, np.random.RandomState(0), "0"])
def test_whatever_draws_refuses_what_is_not_a_generator_also_where_nothing_is_drawn(name, given):
    with pytest.raises(TypeError, match=r"rng must be a np\.random\.Generator, such as"):
        DRAWING[name](given)


@pytest.mark.parametrize("name", DRAWING)
def test_a_generator_passes(name):
    DRAWING[name](np.random.default_rng(0))


def test_every_function_of_these_packages_that_takes_a_generator_is_tried():
    takes = {
        name
        for package in (autograd, tasks, text, training)
        for name in package.__all__
        if inspect.isfunction(getattr(package, name))
        and "rng" in inspect.signature(getattr(package, name)).parameters
    }
    assert takes == set(DRAWING)
