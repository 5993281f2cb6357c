"""Padding on the left changes nothing: positions are counted from the first real token."""

import numpy as np
import pytest

from minillm.autograd import check_module, gradients_of
from minillm.ops import IGNORE
from tests.models.small_bert import (
    CLASSES,
    IDS,
    MASK,
    TARGETS,
    on_strict_double,
    small_bert,
    small_classifier,
    small_masked_model,
)
from tests.strict import SYNCS, strict

LEFT_IDS = np.array([[0, 2, 7, 5, 12, 3], [0, 0, 0, 2, 7, 3]])
LEFT_MASK = np.array([[False] + [True] * 5, [False] * 3 + [True] * 3])


def padded_on_the_left(extra, junk=0):
    """The batch with its padding, and ``extra`` more, in front."""
    ids, mask = np.full((2, 5 + extra), junk), np.zeros((2, 5 + extra), dtype=bool)
    for row, length in enumerate(MASK.sum(axis=1)):
        ids[row, 5 + extra - length :] = IDS[row, :length]
        mask[row, 5 + extra - length :] = True
    return ids, mask


@pytest.mark.parametrize("junk", [0, 12])
@pytest.mark.parametrize("extra", [0, 1, 6])
def test_padding_on_the_left_gives_the_vectors_that_padding_on_the_right_gives(extra, junk):
    bert = small_bert()
    ids, mask = padded_on_the_left(extra, junk)
    np.testing.assert_allclose(bert(ids, mask).data[mask], bert(IDS, MASK).data[MASK], atol=1e-12)
    looked = zip(bert.attention_weights(ids, mask), bert.attention_weights(IDS, MASK), strict=True)
    for left, right in looked:
        np.testing.assert_allclose(left[1, :, -3:, -3:], right[1, :, :3, :3], atol=1e-12)
        assert not left[1, :, :, : 2 + extra].any()


def test_gradients_are_the_same_padded_on_the_left_and_on_the_right():
    bert = small_bert()
    parameters, found = bert.parameters(), []
    for ids, mask in (padded_on_the_left(2), (IDS, MASK)):
        real = bert(ids, mask) * mask[..., None]
        found.append(gradients_of((real * real).sum(), parameters))
    for left, right in zip(*found, strict=True):
        np.testing.assert_allclose(left, right, rtol=0, atol=1e-11)


def test_a_mask_on_the_device_is_not_looked_at():
    bert = small_bert()
    here = [bert(*batch).data for batch in (padded_on_the_left(1), (IDS, MASK))]
    on_strict_double(bert)
    for (ids, mask), expected in zip((padded_on_the_left(1), (IDS, MASK)), here, strict=True):
        SYNCS.clear()
        there = bert(strict.asarray(ids), strict.asarray(mask), strict.asarray(0 * ids)).data
        assert SYNCS == []
        np.testing.assert_allclose(there.get()[mask], expected[mask], rtol=0, atol=1e-12)


def test_a_sentence_padded_on_the_left_gets_the_logits_that_it_gets_alone():
    model = small_classifier()
    logits = model(LEFT_IDS, LEFT_MASK)
    np.testing.assert_allclose(logits.data, model(IDS, MASK).data, rtol=0, atol=1e-12)
    rng = np.random.default_rng(1)
    error = check_module(model, lambda: model.loss(LEFT_IDS, LEFT_MASK, CLASSES), rng=rng)
    assert error < 1e-6
    with_a_sentence_of_padding = np.array([LEFT_MASK[0], [False] * 6])
    assert np.isfinite(model(LEFT_IDS, with_a_sentence_of_padding).data).all()


def test_the_masked_model_asks_the_same_of_a_batch_padded_on_the_left():
    model = small_masked_model()
    targets = np.array([[IGNORE, IGNORE, 9, IGNORE, 12, IGNORE], [IGNORE] * 4 + [4, IGNORE]])
    left = float(model.loss(LEFT_IDS, LEFT_MASK, targets))
    assert left == pytest.approx(float(model.loss(IDS, MASK, TARGETS)), abs=1e-13)
