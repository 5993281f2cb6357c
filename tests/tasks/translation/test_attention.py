"""What the decoder looks at: numbers of the picture, and links beside the known ones."""

import numpy as np
import pytest

from minillm.tasks.metrics import alignment_error_rate
from minillm.tasks.translation import Attention, attention_links, attention_of, links_of
from tests.tasks.translation.little import TEST, TEST_LINKS


@pytest.mark.guide("G38")
def test_attention_is_a_distribution_over_the_source_for_every_token_that_is_written(learned):
    translator, pair = learned.result(), TEST[0]
    found = attention_of(translator, pair)
    assert found.source == [*pair.source.split(), "[EOS]"]
    assert found.target == [*pair.target.split(), "[EOS]"]
    assert found.weights.shape == (len(found.target), len(found.source))
    np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, atol=1e-6)
    heads = [attention_of(translator, pair, layer=0, head=h).weights for h in range(2)]
    np.testing.assert_allclose(found.weights, np.mean(heads, axis=0), atol=1e-7)
    assert np.abs(heads[0] - heads[1]).max() > 0.01


@pytest.mark.guide("G38")
def test_its_links_are_near_the_true_ones_of_sentences_it_has_not_read(learned):
    translator = learned.result()
    rates = [
        alignment_error_rate(attention_links(translator, TEST, head=head), TEST_LINKS)
        for head in (None, 0, 1)
    ]
    assert min(rates) < 0.2
    diagonal = [
        {(min(t, len(pair.source.split()) - 1), t) for t in range(len(pair.target.split()))}
        for pair in TEST
    ]
    assert alignment_error_rate(diagonal, TEST_LINKS) > 0.5  # the words stand in another order


@pytest.mark.guide("G38")
def test_links_are_the_largest_weights_and_the_ends_have_none():
    weights = np.array([[0.1, 0.7, 0.2], [0.3, 0.2, 0.5], [0.0, 0.0, 1.0]])
    attention = Attention(["a", "b", "[EOS]"], ["x", "y", "[EOS]"], weights)
    assert links_of(attention) == {(1, 0), (0, 1)}
    assert links_of(Attention(["[EOS]"], ["[EOS]"], np.ones((1, 1)))) == frozenset()


def test_a_layer_or_head_that_is_not_there_is_refused(learned):
    for asked in ({"layer": 1}, {"layer": -2}, {"head": 2}):
        with pytest.raises(ValueError, match=f"{next(iter(asked))} must be in 0"):
            attention_of(learned.result(), TEST[0], **asked)
