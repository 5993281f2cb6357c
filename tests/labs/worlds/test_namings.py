"""Lists of judgements: what stands in them, and how good the best answer is."""

import re

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.worlds.namings import Namings, best_accuracy, noisy, prompt
from minillm.text import Example

WORLD = Namings()


def entries(text):
    """The judgement and the word of each entry of a list."""
    return [tuple(entry.rsplit(" ", 1)) for entry in text.strip().rstrip(";").split("; ")]


def test_each_class_has_as_many_adjectives():
    n = len(WORLD.adjectives["positive"])
    assert n > 20 and len(WORLD.examples) == 2 * n
    assert [label for _, label in WORLD.examples] == ["negative"] * n + ["positive"] * n


def test_an_adjective_has_one_class():
    assert not set(WORLD.adjectives["positive"]) & set(WORLD.adjectives["negative"])
    assert not {*WORLD.usual} & {*WORLD.drawn}


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_words_of_a_list_are_drawn_as_often_as_it_is_said(share):
    rng, usual, pairs = stream(0, "lists"), 0, set()
    known = {text for text, _ in WORLD.examples}
    for _ in range(200):
        found = entries(WORLD.text(share, rng))
        assert len(found) == WORLD.entries and {text for text, _ in found} <= known
        words = {word for _, word in found}
        assert len(words) == 2 and (words == {*WORLD.usual} or words <= {*WORLD.drawn})
        usual += words == {*WORLD.usual}
        pairs.add(frozenset(words))
    assert usual / 200 == pytest.approx(1 - share, abs=0.1)
    assert len(pairs) > 1 or share == 0


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_word_names_the_class_but_for_the_noise(noise):
    world, rng = Namings(noise=noise), stream(0, "lists")
    classes = dict(world.examples)
    found = [one for _ in range(100) for one in entries(world.text(0.0, rng))]
    named = [classes[text] == ("positive" if word == "good" else "negative")
             for text, word in found]  # fmt: skip
    assert np.mean(named) == pytest.approx(1 - noise, abs=0.02)


def test_noise_exchanges_labels_and_leaves_texts():
    examples = [Example(str(i), "positive") for i in range(50)]
    assert noisy(examples, 0.0, stream(0, "noise")) == examples
    turned = noisy(examples, 1.0, stream(0, "noise"))
    assert turned == [Example(str(i), "negative") for i in range(50)]


def test_a_prompt_is_a_list_with_an_open_entry():
    words = {"negative": "dax", "positive": "wug"}
    shown = [Example("dull", "negative"), Example("clear", "positive")]
    assert prompt(shown, "flat", words) == "dull dax; clear wug; flat"
    assert prompt(shown, "", words) == "dull dax; clear wug; "
    assert re.fullmatch(r"(\w+ \w+; ){21}", WORLD.text(1.0, stream(0, "list")))


@pytest.mark.parametrize("noise", [0.1, 0.3])
@pytest.mark.parametrize("n", [1, 2, 6])
def test_the_best_answer_is_that_of_bayes_rule(noise, n):
    """By the odds of the two namings, written out."""
    for wrong in range(n + 1):
        right = noise**wrong * (1 - noise) ** (n - wrong)
        turned = noise ** (n - wrong) * (1 - noise) ** wrong
        share = 0.5 if right == pytest.approx(turned) else float(right > turned)
        assert best_accuracy(wrong, n) == share
    assert best_accuracy(0, 0) == 0.5
