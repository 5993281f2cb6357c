"""Texts of unequal lengths, added up over several batches: the gradient, and the memory, of one."""

import numpy as np
import pytest

from minillm import stream
from minillm.models import Gpt, gpt2_style, next_tokens
from minillm.nn.recomputing import recompute_blocks
from minillm.ops import IGNORE
from minillm.training import mean_gradients
from tests.models.costs.peaks import measured_peak
from tests.training.test_accumulation import cut


def texts_of_unequal_lengths():
    """Eight texts, 3 to 17 real tokens each, padded on the right."""
    lengths = [17, 3, 9, 4, 16, 5, 3, 12]
    ids = stream(0, "texts").integers(23, size=(8, 18))
    mask = np.arange(18) < np.array(lengths)[:, None] + 1
    return ids, mask


@pytest.mark.parametrize("pieces", [[4, 4], [1, 7], [3, 1, 2, 2], [1] * 8])
@pytest.mark.parametrize("recompute", [0, 1])
def test_uneven_batches_of_padded_texts_have_the_gradient_of_all_in_one(pieces, recompute):
    """Each counts by its targets: a mean of means would favour the tokens of short texts."""
    model = Gpt(gpt2_style(23, width=8, n_layers=2, n_heads=2, max_length=18), rng=stream(0, "w"))
    recompute_blocks(model.to_dtype(np.float64), recompute)
    ids, mask = texts_of_unequal_lengths()
    parameters = model.parameters()

    def loss_of(batch):
        inputs, targets = next_tokens(*batch)
        return model.loss(inputs, targets, batch[1][:, :-1])

    def count(batch):
        return (next_tokens(*batch)[1] != IGNORE).sum()

    parts = list(zip(cut(ids, pieces), cut(mask, pieces), strict=True))
    counts = [float(count(part)) for part in parts]
    loss, whole = mean_gradients(loss_of, [(ids, mask)], parameters, counts=[1.0])
    summed, many = mean_gradients(loss_of, parts, parameters, counts=counts)
    assert float(summed) == pytest.approx(float(loss), rel=1e-13)
    for a, b in zip(many, whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)
    _, unweighed = mean_gradients(loss_of, parts, parameters, counts=[1.0] * len(parts))
    assert max(np.abs(a - b).max() for a, b in zip(unweighed, whole, strict=True)) > 1e-4


def test_the_peak_of_an_update_is_that_of_one_batch_and_one_more_set_of_gradients():
    config = gpt2_style(30, width=32, n_layers=2, n_heads=2, max_length=48)

    def peak(batch, accumulate):
        measured = measured_peak(config, batch, 48, accumulate=accumulate)
        return measured - 3 * 4 * config.parameter_count()

    whole, small, many = peak(8, 1), peak(2, 1), peak(2, 4)
    assert whole > 2.5 * small
    assert many == pytest.approx(small + 4 * config.parameter_count(), rel=0.05)
