"""The reviews that lessons show are sentences of the grammar, and say what is said of them."""

from collections import Counter

import pytest

from minillm.labs.worlds.shown import CONCEDED, DENIED, TWO_ORDERS
from minillm.text import WordTokenizer
from tests.labs.planted_models import grammar


@pytest.mark.parametrize("language", ["en", "zh"])
def test_they_are_sentences_of_the_grammar_with_their_labels(language):
    label = grammar(language)
    assert label[DENIED[language]] == label[CONCEDED[language]] == "positive"
    assert [label[text] for text in TWO_ORDERS[language]] == ["positive", "negative"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_two_orders_have_the_same_words(language):
    one, other = (Counter(WordTokenizer().tokenize(text)) for text in TWO_ORDERS[language])
    assert one == other
