"""What the decoder looks at: numbers of the picture, and links beside the known ones."""

import numpy as np
import pytest

from minillm.tasks.metrics import alignment_error_rate
from minillm.tasks.translation import Attention, attention_of
from minillm.text.parallel_files import Pair
from tests.tasks.translation.little import TEST, TEST_LINKS


@pytest.mark.guide("G38")
def test_attention_is_a_distribution_over_the_source_for_every_token_that_is_written(learned):
    translator = learned.result()
    everything = attention_of(translator, TEST)
    for found, pair in zip(everything, TEST, strict=True):
        assert found.source == [*pair.source.split(), "[EOS]"]
        assert found.target == [*pair.target.split(), "[EOS]"]
        assert found.weights.shape == (1, 2, len(found.target), len(found.source))
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1.0, atol=1e-6)
    (alone,) = attention_of(translator, TEST[3:4])
    np.testing.assert_allclose(alone.weights, everything[3].weights, atol=1e-6)
    heads = [alone.of(0, head) for head in range(2)]
    np.testing.assert_array_equal(heads, alone.weights[0])
    np.testing.assert_allclose(alone.of(), np.mean(heads, axis=0), atol=1e-7)
    assert np.abs(heads[0] - heads[1]).max() > 0.01


@pytest.mark.guide("G38")
def test_its_links_are_near_the_true_ones_of_sentences_it_has_not_read(learned):
    found = attention_of(learned.result(), TEST)
    rates = [
        alignment_error_rate([one.links(head=head) for one in found], TEST_LINKS)
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
    attention = Attention(["a", "b", "[EOS]"], ["x", "y", "[EOS]"], weights[None, None])
    assert attention.links() == {(1, 0), (0, 1)}
    assert Attention(["[EOS]"], ["[EOS]"], np.ones((1, 1, 1, 1))).links() == frozenset()


def test_a_layer_or_head_that_is_not_there_is_refused(learned):
    (attention,) = attention_of(learned.result(), TEST[:1])
    for asked in ({"layer": 1}, {"layer": -2}, {"head": 2}, {"head": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(asked))} must be in 0"):
            attention.of(**asked)
    with pytest.raises(ValueError, match="sentence 1 is over-long"):
        attention_of(learned.result(), [Pair("cat " * 20, "kato")])
